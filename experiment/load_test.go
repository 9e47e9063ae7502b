package experiment

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected messages of testdata/load")

// archiveFS returns the files of an archive, except the one that holds the
// expected messages. A project without readout.yaml gets the one of base.txtar.
func archiveFS(t testing.TB, archive *txtar.Archive) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	base, err := txtar.ParseFile(filepath.Join("testdata", "base.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(base.Files, archive.Files...) {
		if file.Name == "want" {
			continue
		}
		fsys[file.Name] = &fstest.MapFile{Data: file.Data}
	}
	return fsys
}

// TestLoadFiles loads every project of testdata/load and compares the messages
// with those in its file "want"; a project without that file must load.
func TestLoadFiles(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "load", "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if _, err := LoadFS(archiveFS(t, archive)); err != nil {
				got = err.Error() + "\n"
			}
			want := ""
			for _, file := range archive.Files {
				if file.Name == "want" {
					want = string(file.Data)
				}
			}
			if *update && want != got {
				rewrite(t, path, archive, got)
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

// rewrite replaces the expected messages of an archive.
func rewrite(t *testing.T, path string, archive *txtar.Archive, want string) {
	t.Helper()
	kept := archive.Files[:0]
	for _, file := range archive.Files {
		if file.Name != "want" {
			kept = append(kept, file)
		}
	}
	archive.Files = kept
	if want != "" {
		archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(want)})
	}
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// loadFiles loads a project that must be right.
func loadFiles(t testing.TB, path string) *Project {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var fsys fs.FS = archiveFS(t, archive)
	p, err := LoadFS(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A pipe in the place of a file is a fault of that file, and is not waited for.
func TestLoadPipe(t *testing.T) {
	fsys := archiveFS(t, &txtar.Archive{})
	fsys["experiments/pipe.yaml"] = &fstest.MapFile{Mode: fs.ModeNamedPipe}
	if _, err := LoadFS(fsys); err == nil || !strings.Contains(err.Error(), "experiments/pipe.yaml: not a regular file") {
		t.Errorf("error %v", err)
	}
}

// closedFolder is a project one of whose folders cannot be read.
type closedFolder struct {
	fstest.MapFS
	folder string
}

func (c closedFolder) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == c.folder {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return c.MapFS.ReadDir(name)
}

// That the folder of metrics cannot be read is said once, and not at every metric used.
func TestLoadClosedMetrics(t *testing.T) {
	fsys := fstest.MapFS{
		"readout.yaml": {Data: []byte("organization: acme\nproject: shop\ntimezone: UTC\n" +
			"data: {exposures: {path: exposures}, conversions: {path: conversions}}\n")},
		"metrics/shop.yaml": {Data: []byte("bought: {event: purchase, window: 7d}\n")},
		"experiments/button.yaml": {Data: []byte("name: button\nvariants: {control: {traffic: 50}, big: {traffic: 50}}\n" +
			"scorecard: {primary: [bought]}\nstatistics: {mde: 5%}\nschedule: {start: 2026-01-05, end: 2026-01-31}\n")},
	}
	if _, err := LoadFS(fsys); err != nil {
		t.Fatal(err)
	}
	p, err := LoadFS(closedFolder{fsys, "metrics"})
	if err == nil || err.Error() != "metrics: permission denied" {
		t.Errorf("error %v", err)
	}
	if p == nil || len(p.Experiments) != 0 || len(p.Faulty) != 1 {
		t.Errorf("project %+v", p)
	}
}
