package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func read(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// names returns the files of a directory.
func names(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return strings.Join(list, " ")
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "file")
	f := func(data string, wantChanged bool) {
		t.Helper()
		changed, err := WriteFile(path, []byte(data))
		if err != nil || changed != wantChanged || read(t, path) != data {
			t.Errorf("write %.10q: changed %v, error %v, content %.10q", data, changed, err, read(t, path))
		}
		if got := names(t, filepath.Dir(path)); got != "file" {
			t.Errorf("directory holds %s", got)
		}
	}
	f("one", true)
	f("one", false)
	f("two", true)
	f("two and more", true)
	f("two", true)
	f("", true)
	f("", false)
	big := strings.Repeat("x", 200_000)
	f(big, true)
	f(big, false)
	f(big[:len(big)-1]+"y", true)
}

// TestSameContentKeepsTime leaves a file alone whose content does not change, and its
// directory, in which an unfinished file would be seen.
func TestSameContentKeepsTime(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if _, err := WriteFile(path, []byte("same")); err != nil {
		t.Fatal(err)
	}
	past := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, name := range []string{path, dir} {
		if err := os.Chtimes(name, past, past); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := WriteFile(path, []byte("same")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, dir} {
		info, err := os.Stat(name)
		if err != nil || !info.ModTime().Equal(past) {
			t.Errorf("%s modified at %v, error %v", name, info.ModTime(), err)
		}
	}
	// What is not a byte slice is written to be compared.
	changed, err := Replace(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "same")
		return err
	})
	info, statErr := os.Stat(path)
	if changed || err != nil || statErr != nil || !info.ModTime().Equal(past) {
		t.Errorf("replaced by the same: changed %v, modified at %v, errors %v, %v", changed, info.ModTime(), err, statErr)
	}
}

func TestReplaceKeepsPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteFile(path, []byte("b")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

// TestReplaceFails leaves the old content and nothing else.
func TestReplaceFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if _, err := WriteFile(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	changed, err := Replace(path, func(w io.Writer) error {
		if _, err := w.Write(bytes.Repeat([]byte("new"), 100_000)); err != nil {
			return err
		}
		return broken
	})
	if changed || !errors.Is(err, broken) || read(t, path) != "old" || names(t, dir) != "file" {
		t.Errorf("changed %v, error %v, content %.10q, directory %s", changed, err, read(t, path), names(t, dir))
	}
	// A directory in the place of the file cannot be replaced.
	if err := os.MkdirAll(filepath.Join(dir, "folder", "inside"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := WriteFile(filepath.Join(dir, "folder"), []byte("x")); err == nil {
		t.Error("a directory was replaced")
	}
	if got := names(t, dir); got != "file folder" {
		t.Errorf("directory holds %s", got)
	}
}

// TestReplaceSaysSo: what cannot be written is an error and never the same content.
func TestReplaceSaysSo(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if _, err := WriteFile(file, []byte("a")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		filepath.Join(dir, strings.Repeat("x", 255)), // the temporary file's name is longer still
		filepath.Join(file, "below a file"),
	} {
		if changed, err := WriteFile(path, []byte("b")); err == nil || changed {
			t.Errorf("%.40s: changed %v, error %v", path, changed, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind %v, error %v", entries, err)
	}
}

func TestRemoveTemps(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".file.123.readout-tmp", "sub/.other.4.readout-tmp", "sub/.hidden", "plain.readout-tmp"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := RemoveTemps(dir); err != nil {
		t.Fatal(err)
	}
	if a, b := names(t, dir), names(t, filepath.Join(dir, "sub")); a != "plain.readout-tmp sub" || b != ".hidden" {
		t.Errorf("left: %s, sub: %s", a, b)
	}
	if err := RemoveTemps(filepath.Join(dir, "not there")); err != nil {
		t.Error(err)
	}
}

func TestWriteDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "above", "dir")
	files := []File{{"one", []byte("1")}, {"none", nil}}
	if err := WriteDir(dir, files...); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); got != "none one" {
		t.Errorf("holds %s", got)
	}
	if got := read(t, filepath.Join(dir, "one")); got != "1" {
		t.Errorf("one holds %q", got)
	}
	if info, err := os.Stat(filepath.Join(dir, "one")); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o644 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if err := WriteDir(dir, File{"two", nil}, File{"one", []byte("2")}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v for a file that is there", err)
	}
	if got := read(t, filepath.Join(dir, "one")); got != "1" {
		t.Errorf("one was changed to %q", got)
	}
}

func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "log")
	if data, err := ReadLines(path); err != nil || len(data) != 0 {
		t.Errorf("missing log: %q, %v", data, err)
	}
	f := func(want string, lines ...string) {
		t.Helper()
		var raw [][]byte
		for _, line := range lines {
			raw = append(raw, []byte(line))
		}
		if err := AppendLines(path, raw...); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != want {
			t.Errorf("log %q, want %q", got, want)
		}
	}
	f("one\n", "one")
	f("one\ntwo\nthree\n", "two", "three")
	f("one\ntwo\nthree\n")
	if err := AppendLines(path, []byte("a\nb")); err == nil {
		t.Error("a line with a newline was taken")
	}
	f("one\ntwo\nthree\nfour\n", "four")
}

// TestTornLine ignores and then drops what a crash has left, however long.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.SampledFrom([]string{"", "one\n", "one\ntwo\n", strings.Repeat("x", 5000) + "\n"}).Draw(t, "whole")
		torn := strings.Repeat("t", rapid.SampledFrom([]int{0, 1, 4095, 4096, 4097, 9000}).Draw(t, "torn"))
		if err := os.WriteFile(path, []byte(whole+torn), 0o644); err != nil {
			t.Fatal(err)
		}
		data, err := ReadLines(path)
		if err != nil || string(data) != whole {
			t.Fatalf("read %.20q, error %v", data, err)
		}
		if err := AppendLines(path, []byte("next")); err != nil {
			t.Fatal(err)
		}
		data, err = os.ReadFile(path)
		if err != nil || string(data) != whole+"next\n" {
			t.Fatalf("after appending %.20q, error %v", data, err)
		}
	})
}

// needsFlock skips a test where lock_other.go is built.
func needsFlock(t *testing.T) {
	t.Helper()
	switch runtime.GOOS {
	case "windows", "plan9", "js", "wasip1", "solaris", "illumos", "aix":
		t.Skip("no flock on this system")
	}
}

func TestLock(t *testing.T) {
	needsFlock(t)
	path := filepath.Join(t.TempDir(), "state", "lock")
	first, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TryLock(path); !errors.Is(err, ErrLocked) {
		t.Fatalf("error %v, want locked", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	second, err := TryLock(path)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
}

// lockHolderEnv makes the test binary hold a lock until it is killed.
const lockHolderEnv = "ATOMICFILE_TEST_HOLD"

func TestMain(m *testing.M) {
	if path := os.Getenv(lockHolderEnv); path != "" {
		if _, err := TryLock(path); err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("held\n")
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestLockOfDeadProcess is free again when its holder is killed.
func TestLockOfDeadProcess(t *testing.T) {
	needsFlock(t)
	path := filepath.Join(t.TempDir(), "lock")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	holder := exec.Command(self)
	holder.Env = append(os.Environ(), lockHolderEnv+"="+path)
	if _, err := holder.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(output, make([]byte, len("held\n"))); err != nil {
		t.Fatal(err)
	}
	_, lockErr := TryLock(path)
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // it was killed: the error is expected
	if !errors.Is(lockErr, ErrLocked) {
		t.Errorf("error %v, want locked", lockErr)
	}
	lock, err := TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Error("the lock file is gone")
	}
}
