//go:build unix && !solaris && !illumos && !aix

package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile takes the exclusive lock of an open file, which ends when the file
// is closed, also by the end of the process.
func lockFile(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		case !errors.Is(err, syscall.EINTR):
			return explainLock(err)
		}
	}
}

// explainLock says what to do where a file system lends no locks, as some that are shared over
// a network do not.
func explainLock(err error) error {
	if errors.Is(err, syscall.ENOLCK) || errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("%w: this file system lends no locks, put the directory on a disk or mount it with locks", err)
	}
	return err
}
