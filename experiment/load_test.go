package experiment

import (
	"errors"
	"flag"
	"fmt"
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
	if err == nil || err.Error() != "metrics: cannot be read: permission denied" || unread(err) != 1 {
		t.Errorf("error %v, %d unread", err, unread(err))
	}
	if p == nil || len(p.Experiments) != 0 || len(p.Faulty) != 1 {
		t.Errorf("project %+v", p)
	}
}

// unread returns how many of the faults are those of files that could not be read.
func unread(err error) int {
	faults, _ := errors.AsType[Errors](err)
	return faults.Unread()
}

// brokenFile is a project one of whose files cannot be read to its end.
type brokenFile struct {
	fstest.MapFS
	file string
}

func (b brokenFile) Open(name string) (fs.File, error) {
	file, err := b.MapFS.Open(name)
	if name == b.file {
		file = brokenReader{file, name}
	}
	return file, err
}

type brokenReader struct {
	fs.File
	name string
}

func (b brokenReader) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: b.name, Err: errors.New("input/output error")}
}

// What cannot be read is told from what is wrong in a file, or in the place of one.
func TestLoadUnread(t *testing.T) {
	button := "name: button\nvariants: {control: {traffic: 50}, big: {traffic: 50}}\nschedule: {start: 2026-01-05, end: 2026-01-31}\n"
	project := func() fstest.MapFS {
		fsys := archiveFS(t, &txtar.Archive{})
		fsys["experiments/button.yaml"] = &fstest.MapFile{Data: []byte(button)}
		return fsys
	}
	asFile := project()
	asFile["templates"] = &fstest.MapFile{Data: []byte("x")}
	asFolder := project()
	delete(asFolder, "readout.yaml")
	asFolder["readout.yaml/x"] = &fstest.MapFile{Data: []byte("x")}
	many := func(folder string) fstest.MapFS {
		fsys := project()
		for i := range maxFiles {
			fsys[fmt.Sprintf("%s/%d.yaml", folder, i)] = &fstest.MapFile{}
		}
		fsys[folder+"/more.yaml"] = &fstest.MapFile{}
		return fsys
	}
	manyMetrics := many("metrics")
	manyMetrics["experiments/button.yaml"].Data = []byte(button + "scorecard: {primary: [bought]}\n")
	for _, c := range []struct {
		fsys   fs.FS
		want   string
		unread int
	}{
		{brokenFile{project(), "experiments/button.yaml"}, "experiments/button.yaml: cannot be read: input/output error", 1},
		{brokenFile{project(), "readout.yaml"}, "readout.yaml: cannot be read: input/output error", 1},
		{closedFolder{project(), "experiments"}, "experiments: cannot be read: permission denied", 1},
		{many("experiments"), "experiments: 10002 files, at most 10000 are allowed", 0},
		{manyMetrics, "metrics: 10001 files, at most 10000 are allowed", 0},
		{asFile, "templates: not a folder", 0},
		{asFolder, "readout.yaml: not a regular file", 0},
	} {
		p, err := LoadFS(c.fsys)
		if err == nil || err.Error() != c.want || unread(err) != c.unread {
			t.Errorf("error %v with %d unread, want %s with %d", err, unread(err), c.want, c.unread)
		}
		if folder := strings.HasPrefix(c.want, "experiments: "); p != nil && p.Unlisted != folder {
			t.Errorf("%s: unlisted %v", c.want, p.Unlisted)
		}
	}
}
