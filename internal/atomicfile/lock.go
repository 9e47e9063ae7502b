package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrLocked says that another process holds the lock.
var ErrLocked = errors.New("locked by another process")

// A FileLock is held until it is released or the process ends. The file itself
// stays: removing it would let two processes hold locks of the same name.
type FileLock struct{ file *os.File }

// TryLock takes the lock of a file, which it creates with its directories when
// they do not exist. It does not wait: when another holder has the lock, also
// inside the same process, the error wraps [ErrLocked].
func TryLock(path string) (*FileLock, error) {
	// Durably: what the lock guards is written to a directory that is there by then.
	if err := makeDir(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := lockFile(file); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, errors.Join(err, file.Close()))
	}
	return &FileLock{file}, nil
}

// Release gives the lock up.
func (l *FileLock) Release() error { return l.file.Close() }
