package atomicfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// EachLine gives out the lines of ReadLines, also such as its buffer does not hold.
func TestEachLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := EachLine(path, func([]byte) error { return errors.New("a line of no file") }); err != nil {
		t.Error(err)
	}
	long := bytes.Repeat([]byte("0123456789"), 300_000)
	for name, content := range map[string][]byte{
		"nothing":             nil,
		"lines":               []byte("a\n\nbc\n"),
		"a cut line":          []byte("a\nb"),
		"a cut line alone":    []byte("b"),
		"long lines":          bytes.Join([][]byte{long, long[:7], long, nil}, []byte("\n")),
		"a long line, cut":    bytes.Join([][]byte{long[:9], long}, []byte("\n")),
		"as long as a buffer": append(long[:1<<20-1:1<<20-1], "\nx\n"...),
	} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		want, err := ReadLines(path)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		if err := EachLine(path, func(line []byte) error {
			got = append(append(got, line...), '\n')
			return nil
		}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s: %d bytes of lines, want %d", name, len(got), len(want))
		}
	}
	enough := errors.New("enough")
	calls := 0
	if err := os.WriteFile(path, []byte("a\nb\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := EachLine(path, func([]byte) error { calls++; return enough }); err != enough || calls != 1 {
		t.Errorf("%d calls, error %v, want one and the error of it", calls, err)
	}
}
