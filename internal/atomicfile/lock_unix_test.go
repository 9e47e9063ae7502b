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
