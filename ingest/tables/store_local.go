package tables

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// LocalStore is the local file system.
//
// In a folder, files count whose name ends in .parquet, whatever its case; a file named
// itself, or by a glob, counts whatever it is called. Names that begin with _ or . are
// skipped at every level, unless the path spells out that beginning. Links are followed,
// except back into a folder that is being listed.
type LocalStore struct {
	// Dir is what relative paths are relative to; empty is the working directory.
	Dir string
}

// Open implements Store.
func (s LocalStore) Open(_ context.Context, f File) (ReadAtCloser, error) {
	file, err := os.Open(s.resolve(f.Path))
	if err != nil {
		return nil, withoutPath(err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		err = withoutPath(err)
	case !info.Mode().IsRegular():
		err = errors.New("not a regular file")
	case info.Size() != f.Size:
		err = fmt.Errorf("the file had %d bytes when it was listed and now has %d: it is being written", f.Size, info.Size())
	default:
		return file, nil
	}
	file.Close()
	return nil, err
}

// List implements Store.
func (s LocalStore) List(ctx context.Context, path string) ([]File, error) {
	if path == "" {
		return nil, errors.New("no path given")
	}
	if scheme, _, ok := strings.Cut(path, "://"); ok {
		return nil, fmt.Errorf("%s: no store for %s:// here, only local files: copy the files to a folder, or mount them", path, scheme)
	}
	l := listing{ctx: ctx, store: s}
	err := l.root(filepath.ToSlash(path))
	if err != nil {
		return nil, err
	}
	if len(l.files) == 0 {
		return nil, l.nothing(path)
	}
	slices.SortFunc(l.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(l.files, func(a, b File) bool { return a.Path == b.Path }), nil
}

func (s LocalStore) resolve(path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.Dir, path)
}

// listing is one call of List under way.
type listing struct {
	ctx   context.Context
	store LocalStore
	files []File
	// open are the folders being listed, outermost first: a link back to one is a loop.
	open []fs.FileInfo
	// other counts files of other kinds; otherName is the first of them by name.
	other     int
	otherName string
}

// root lists the path as configured, or what matches it as a glob if there is no such file.
func (l *listing) root(path string) error {
	info, err := os.Stat(l.store.resolve(path))
	if err == nil {
		return l.entry(path, info)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, withoutPath(err))
	}
	if !strings.ContainsAny(path, "*?[") {
		return fmt.Errorf("%s: no such file or folder", path)
	}
	return l.glob(path)
}

// glob lists all that a pattern matches.
func (l *listing) glob(pattern string) error {
	matches, err := filepath.Glob(LocalStore{Dir: quoteGlob(l.store.Dir)}.resolve(pattern))
	if err != nil {
		return fmt.Errorf("%s: bad glob: %w: close each [ by a ], and write \\[ for one in a name", pattern, err)
	}
	if len(matches) == 0 {
		return fmt.Errorf("%s: no file matches", pattern)
	}
	slices.Sort(matches)
	for _, match := range matches {
		file := match
		if !filepath.IsAbs(filepath.FromSlash(pattern)) && l.store.Dir != "" {
			if file, err = filepath.Rel(l.store.Dir, match); err != nil {
				return fmt.Errorf("%s: %w", pattern, err)
			}
		}
		file = filepath.ToSlash(file)
		if skipped(pattern, file) {
			continue
		}
		info, err := os.Stat(match)
		if err != nil {
			return fmt.Errorf("%s: %w", file, withoutPath(err))
		}
		if err := l.entry(file, info); err != nil {
			return err
		}
	}
	return nil
}

// skipped reports whether a wildcard has matched a hidden name at some level. As in a shell, a
// pattern has to spell out how such a name begins.
func skipped(pattern, file string) bool {
	parts, names := strings.Split(path.Clean(pattern), "/"), strings.Split(path.Clean(file), "/")
	for i := 1; i <= min(len(parts), len(names)); i++ {
		if hidden(names[len(names)-i]) && !hidden(parts[len(parts)-i]) {
			return true
		}
	}
	return false
}

// quoteGlob takes the special meaning off the characters of a folder's own name.
func quoteGlob(dir string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(dir)
}

// entry lists a file, or a folder and what is in it.
func (l *listing) entry(path string, info fs.FileInfo) error {
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s: not a regular file", path)
		}
		l.files = append(l.files, File{
			Path: path, Size: info.Size(), Version: strconv.FormatInt(info.ModTime().UnixNano(), 10), Folders: hiveFolders(path),
		})
		return nil
	}
	if slices.ContainsFunc(l.open, func(o fs.FileInfo) bool { return os.SameFile(o, info) }) {
		return nil
	}
	l.open = append(l.open, info)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	return l.folder(strings.TrimRight(path, "/"))
}

// folder lists what is in a folder.
func (l *listing) folder(path string) error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
	dir := l.store.resolve(path + "/")
	names, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", path, withoutPath(err))
	}
	for _, entry := range names {
		if hidden(entry.Name()) {
			continue
		}
		sub := path + "/" + entry.Name()
		info, err := os.Stat(filepath.Join(dir, entry.Name()))
		if err != nil {
			return fmt.Errorf("%s: %w", sub, withoutPath(err))
		}
		if !info.IsDir() && !strings.EqualFold(filepath.Ext(entry.Name()), ".parquet") {
			if l.other++; l.otherName == "" {
				l.otherName = sub
			}
			continue
		}
		if err := l.entry(sub, info); err != nil {
			return err
		}
	}
	return nil
}

// nothing says that no file was found, and what was there instead.
func (l *listing) nothing(path string) error {
	if l.other == 0 {
		return fmt.Errorf("no .parquet files in %s", path)
	}
	return fmt.Errorf("no .parquet files in %s, but %d other files such as %s: name them by a glob if they are Parquet",
		path, l.other, l.otherName)
}

// hidden reports whether the name is one of those that writers use for their own
// bookkeeping, such as _SUCCESS, _delta_log and .part-0.parquet.crc.
func hidden(name string) bool {
	return strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".")
}

// withoutPath takes operation and path off a file system error: both would be repeated.
func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
