package experiment

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// LoadWith is [Load] as if some more files were there: their contents by path
// relative to the directory, with slashes. So a file can be checked before it
// is written.
func LoadWith(dir string, files map[string][]byte) (*Project, error) {
	return LoadFS(overlayFS{os.DirFS(dir), files})
}

// An overlayFS is a file system with more files in its folders.
type overlayFS struct {
	fs.FS
	files map[string][]byte
}

// Open implements [fs.FS].
func (o overlayFS) Open(name string) (fs.File, error) {
	if data, ok := o.files[name]; ok {
		return memoryFile{bytes.NewReader(data), memoryInfo{path.Base(name), int64(len(data))}}, nil
	}
	return o.FS.Open(name)
}

// ReadDir implements [fs.ReadDirFS].
func (o overlayFS) ReadDir(folder string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, name := range sortedKeys(o.files) {
		if path.Dir(name) != folder {
			continue
		}
		err = nil
		base := path.Base(name)
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == base })
		entries = append(entries, fs.FileInfoToDirEntry(memoryInfo{base, int64(len(o.files[name]))}))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// A memoryFile is an open file of an overlay.
type memoryFile struct {
	*bytes.Reader
	info memoryInfo
}

func (f memoryFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (memoryFile) Close() error                 { return nil }

// A memoryInfo describes a file of an overlay.
type memoryInfo struct {
	name string
	size int64
}

func (i memoryInfo) Name() string     { return i.name }
func (i memoryInfo) Size() int64      { return i.size }
func (memoryInfo) Mode() fs.FileMode  { return 0o444 }
func (memoryInfo) ModTime() time.Time { return time.Time{} }
func (memoryInfo) IsDir() bool        { return false }
func (memoryInfo) Sys() any           { return nil }
