package tables

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeFiles makes empty files below a new folder and returns it.
func writeFiles(t *testing.T, paths ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "[a]*b") // characters that are special in globs
	for _, path := range paths {
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(path), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestListLocalFiles(t *testing.T) {
	dir := writeFiles(t,
		"data/b.parquet", "data/a/z.parquet", "data/a-b.parquet", "data/A.PARQUET", "data/date=2024-01-02/p.parquet",
		"data/_SUCCESS", "data/.p.parquet.crc", "data/_temporary/x.parquet", "data/.hidden/x.parquet", "data/_x.parquet", "data/notes.txt",
		"raw/000000_0", "raw/_SUCCESS", "empty/_SUCCESS", "csv/b.csv", "csv/a.csv")
	store := LocalStore{Dir: dir}
	list := func(path string, want ...string) {
		t.Helper()
		files, err := store.List(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			got = append(got, f.Path)
			if relative := strings.TrimPrefix(strings.TrimPrefix(f.Path, dir), "/"); int(f.Size) != len(filepath.Clean(relative)) {
				t.Errorf("%s has size %d", f.Path, f.Size)
			}
			if file, err := store.Open(t.Context(), f); err != nil {
				t.Error(err)
			} else {
				file.Close()
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s lists %q, want %q", path, got, want)
		}
	}
	all := []string{"data/A.PARQUET", "data/a-b.parquet", "data/a/z.parquet", "data/b.parquet", "data/date=2024-01-02/p.parquet"}
	list("data", all...)
	list("data/", all...)
	list("./data", "./data/A.PARQUET", "./data/a-b.parquet", "./data/a/z.parquet", "./data/b.parquet", "./data/date=2024-01-02/p.parquet")
	list(dir+"/data/a", dir+"/data/a/z.parquet")
	list("data/b.parquet", "data/b.parquet")
	list("raw/000000_0", "raw/000000_0")
	list("raw/*", "raw/000000_0")
	list("data/*", "data/A.PARQUET", "data/a-b.parquet", "data/a/z.parquet", "data/b.parquet", "data/date=2024-01-02/p.parquet", "data/notes.txt")
	list("data/date=2024-*/*.parquet", "data/date=2024-01-02/p.parquet")
	list("data/*/*.parquet", "data/a/z.parquet", "data/date=2024-01-02/p.parquet")
	list("./data/../data/*/*.parquet", "data/a/z.parquet", "data/date=2024-01-02/p.parquet")
	list("data/_temporary/*", "data/_temporary/x.parquet")
	list("data/_*.parquet", "data/_x.parquet")

	fault := func(path string, want ...string) {
		t.Helper()
		_, err := store.List(t.Context(), path)
		wantFault(t, err, want...)
	}
	fault("", "no path given")
	fault("nowhere", "nowhere: no such file or folder")
	fault("nowhere/*.parquet", "nowhere/*.parquet: no file matches")
	fault("data/[", "data/[: bad glob", "close each [")
	fault("empty", "no .parquet files in empty")
	fault("csv", "no .parquet files in csv, but 2 other files such as csv/a.csv")
	fault("s3://bucket/x", "no store for s3:// here", "copy the files")

	files, _ := store.List(t.Context(), "data/date=2024-01-02")
	if len(files) != 1 || len(files[0].Folders) != 1 || files[0].Folders[0].Value != "2024-01-02" {
		t.Errorf("folders of %+v", files)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.List(ctx, "data"); err != context.Canceled {
		t.Errorf("after cancelling: %v", err)
	}
}

func TestListFollowsLinks(t *testing.T) {
	dir := writeFiles(t, "data/a.parquet", "elsewhere/b.parquet")
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Skip("no symbolic links here")
		}
	}
	link("..", "data/loop")
	link("../elsewhere", "data/more")
	link("../elsewhere/b.parquet", "data/c.parquet")
	store := LocalStore{Dir: dir}
	files, err := store.List(t.Context(), "data")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Path)
	}
	// The loop leads to a folder above the one that is listed, and from there to its neighbour.
	if want := []string{"data/a.parquet", "data/c.parquet", "data/loop/elsewhere/b.parquet", "data/more/b.parquet"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	link("nowhere", "data/d.parquet")
	_, err = store.List(t.Context(), "data")
	wantFault(t, err, "data/d.parquet: no such file")
}

func TestOpenChangedFile(t *testing.T) {
	dir := writeFiles(t, "a.parquet")
	store := LocalStore{Dir: dir}
	_, err := store.Open(t.Context(), File{Path: "a.parquet", Size: 3})
	wantFault(t, err, "had 3 bytes when it was listed and now has 9")
	_, err = store.Open(t.Context(), File{Path: "b.parquet"})
	wantFault(t, err, "no such file")
	_, err = store.Open(t.Context(), File{Path: "."})
	wantFault(t, err, "not a regular file")
	_, err = ColumnNames(t.Context(), store, File{Path: "b.parquet"})
	wantFault(t, err, "read b.parquet: no such file")
}
