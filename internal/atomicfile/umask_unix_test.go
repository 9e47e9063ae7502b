//go:build unix

package atomicfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestMaskOfTheProcess: who runs the process so that others cannot read what it writes is heeded,
// and a file that is there keeps what somebody gave it.
func TestMaskOfTheProcess(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "old")
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(old, 0o644); err != nil {
		t.Fatal(err)
	}
	defer syscall.Umask(syscall.Umask(0o077))
	for _, name := range []string{"old", "new"} {
		if _, err := WriteFile(filepath.Join(dir, name), []byte("text")); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteDir(filepath.Join(dir, "day"), File{Name: "one"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"old": 0o644, "new": 0o600, "day/one": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: mode %v, want %v; error %v", name, info.Mode(), want, err)
		}
	}
}
