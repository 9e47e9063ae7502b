//go:build unix && !solaris && !illumos && !aix

package atomicfile

import (
	"errors"
	"strings"
	"syscall"
	"testing"
)

// Where there are no locks it is said what to do; what else goes wrong stays as it is.
func TestExplainLock(t *testing.T) {
	for err, explained := range map[syscall.Errno]bool{
		syscall.ENOLCK: true, syscall.EOPNOTSUPP: true, syscall.ENOSYS: true, syscall.EIO: false,
	} {
		got := explainLock(err)
		if !errors.Is(got, err) || strings.Contains(got.Error(), "lends no locks") != explained {
			t.Errorf("%v: %v", err, got)
		}
	}
}

// Where there can be no lock, the error names the path once.
func TestLockNamesItsPathOnce(t *testing.T) {
	path := t.TempDir()
	if _, err := TryLock(path); err == nil || strings.Count(err.Error(), path) != 1 {
		t.Errorf("error %v, want one about a directory", err)
	}
}
