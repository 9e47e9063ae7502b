package experiment

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeProfiles writes files below a new directory and returns their paths.
func writeProfiles(t *testing.T, files ...[2]string) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f[0]))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f[1]), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// snapshots returns the names below state/profiles.
func snapshots(t *testing.T, state string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(state, "profiles"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestSnapshotProfiles(t *testing.T) {
	state := t.TempDir()
	files := writeProfiles(t, [2]string{"country=AT/z.parquet", "one"}, [2]string{"country=DE/a.parquet", "two"})
	sum, err := SnapshotProfiles(t.Context(), state, files)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ProfileFiles(state, sum)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(state, "profiles", sum)
	same(t, "files", []string{filepath.Join(dir, "country=AT", "00000.parquet"), filepath.Join(dir, "country=DE", "00001.parquet")}, read)
	content, err := os.ReadFile(read[1])
	if err != nil || string(content) != "two" {
		t.Errorf("content %q, error %v", content, err)
	}

	was, err := os.Stat(read[0])
	if err != nil {
		t.Fatal(err)
	}
	again, err := SnapshotProfiles(t.Context(), state, files)
	if err != nil || again != sum {
		t.Errorf("snapshot %s, want %s, error %v", again, sum, err)
	}
	if is, err := os.Stat(read[0]); err != nil || !os.SameFile(was, is) {
		t.Errorf("the snapshot was written again, error %v", err)
	}

	// The same table elsewhere is the same snapshot; other content, order or
	// folders make another one.
	f := func(name string, want bool, files ...[2]string) {
		t.Helper()
		got, err := SnapshotProfiles(t.Context(), state, writeProfiles(t, files...))
		if err != nil || (got == sum) != want {
			t.Errorf("%s: the same %v, want %v, error %v", name, got == sum, want, err)
		}
	}
	f("moved", true, [2]string{"x/country=AT/b.parquet", "one"}, [2]string{"x/country=DE/b.parquet", "two"})
	f("content", false, [2]string{"country=AT/z.parquet", "one"}, [2]string{"country=DE/a.parquet", "tw0"})
	f("order", false, [2]string{"country=DE/a.parquet", "two"}, [2]string{"country=AT/z.parquet", "one"})
	f("folder", false, [2]string{"country=CH/z.parquet", "one"}, [2]string{"country=DE/a.parquet", "two"})
	f("split", false, [2]string{"country=AT/z.parquet", "on"}, [2]string{"country=DE/a.parquet", "etwo"})

	if err := os.Mkdir(filepath.Join(state, "profiles", ".unfinished-123"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := RemoveProfiles(state, sum, ""); err != nil {
		t.Fatal(err)
	}
	same(t, "left", []string{sum}, snapshots(t, state))
}

// A snapshot of which a file is missing or cut, as after a removal that was killed, is written
// again.
func TestSnapshotThatIsNotWhole(t *testing.T) {
	state := t.TempDir()
	files := writeProfiles(t, [2]string{"a.parquet", "one"}, [2]string{"b.parquet", ""}, [2]string{"c.parquet", "two"})
	sum, err := SnapshotProfiles(t.Context(), state, files)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(state, "profiles", sum)
	for name, harm := range map[string]func() error{
		"missing":       func() error { return os.Remove(filepath.Join(dir, "00002.parquet")) },
		"empty missing": func() error { return os.Remove(filepath.Join(dir, "00001.parquet")) },
		"cut":           func() error { return os.Truncate(filepath.Join(dir, "00000.parquet"), 2) },
		"all missing":   func() error { return os.RemoveAll(dir) },
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		if again, err := SnapshotProfiles(t.Context(), state, files); err != nil || again != sum {
			t.Errorf("%s: snapshot %s, error %v", name, again, err)
		}
		if _, err := ProfileFiles(state, sum); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if names := snapshots(t, state); len(names) != 1 {
		t.Errorf("left behind %v", names)
	}
}

func TestSnapshotFaults(t *testing.T) {
	state := t.TempDir()
	if _, err := SnapshotProfiles(t.Context(), state, nil); err == nil {
		t.Error("a snapshot of nothing")
	}
	files := writeProfiles(t, [2]string{"a.parquet", "one"})
	if _, err := SnapshotProfiles(t.Context(), state, append(files, files[0]+"x")); err == nil || !strings.Contains(err.Error(), "a.parquetx") {
		t.Errorf("error %v", err)
	}
	if err := RemoveProfiles(state); err != nil {
		t.Error(err)
	}
	sum, err := SnapshotProfiles(t.Context(), state, files)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(state, "profiles", sum, "00000.parquet"), []byte("two"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ProfileFiles(state, sum); err == nil || !strings.Contains(err.Error(), "was damaged") {
		t.Errorf("error %v", err)
	}
	for _, name := range []string{"", "..", strings.Repeat("0", 64)} {
		if _, err := ProfileFiles(state, name); err == nil {
			t.Errorf("files of %q", name)
		}
	}
}

// TestSnapshotOfChangingFiles names what was copied, not what was there before.
func TestSnapshotOfChangingFiles(t *testing.T) {
	state := t.TempDir()
	files := writeProfiles(t, [2]string{"a.parquet", "one"})
	folder := filepath.Join(state, "profiles")
	reads := 0
	names := snapshotNames(files)
	sum, err := copySnapshot(folder, names, func(string) (io.ReadCloser, error) {
		reads++
		return os.Open(files[0])
	})
	if err != nil || reads != 1 {
		t.Fatalf("%d reads, error %v", reads, err)
	}
	if _, err := ProfileFiles(state, sum); err != nil {
		t.Error(err)
	}
	// The same again: the snapshot is there already.
	again, err := copySnapshot(folder, names, func(string) (io.ReadCloser, error) { return os.Open(files[0]) })
	if err != nil || again != sum {
		t.Errorf("snapshot %s, want %s, error %v", again, sum, err)
	}
	same(t, "left", []string{sum}, snapshots(t, state))
}

// A countdown is a context that ends once it was asked so often.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// An interrupted copy ends, wherever it is, and leaves nothing.
func TestSnapshotInterrupted(t *testing.T) {
	state := t.TempDir()
	files := writeProfiles(t, [2]string{"a.parquet", strings.Repeat("one", 100_000)}, [2]string{"b.parquet", "two"})
	for asked := 0; ; asked++ {
		_, err := SnapshotProfiles(&countdown{t.Context(), asked}, state, files)
		left, _ := os.ReadDir(filepath.Join(state, "profiles"))
		if err == nil {
			if asked < 20 || len(left) != 1 {
				t.Errorf("copied after %d questions, with %d snapshots", asked, len(left))
			}
			return
		}
		if !errors.Is(err, context.Canceled) || len(left) != 0 {
			t.Fatalf("after %d questions: error %v, left %v", asked, err, left)
		}
	}
}
