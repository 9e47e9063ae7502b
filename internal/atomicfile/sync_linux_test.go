package atomicfile

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// TestSyncDir: directories of file systems that sync none are no error, missing ones are.
func TestSyncDir(t *testing.T) {
	const unsynced = "/proc"
	d, err := os.Open(unsynced)
	if err != nil {
		t.Skip(err)
	}
	if err := d.Sync(); !errors.Is(err, syscall.EINVAL) {
		t.Skipf("sync %s: %v", unsynced, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := SyncDir(unsynced); err != nil {
		t.Error(err)
	}
	if err := SyncDir(t.TempDir() + "/missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory that is missing: %v", err)
	}
}
