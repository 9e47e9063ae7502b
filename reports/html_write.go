package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"readout/internal/atomicfile"
	"readout/internal/parallel"
)

// Names of the pages.
const (
	pagesDir  = "reports"
	indexName = "index"
	pageEnd   = ".html"
	indexFile = indexName + pageEnd
)

// pageMark stands near the beginning of every page: only files that have it are ever removed.
const pageMark = `<meta name="generator" content="Readout">`

// pageHead is how many bytes of a file are searched for the mark.
const pageHead = 512

// PagesDir returns where the pages of a state directory lie.
func PagesDir(state string) string { return filepath.Join(state, pagesDir) }

// pageFile returns the name of an experiment's file. An experiment called index would take
// the place of the index, so its file has a name that no experiment can have.
func pageFile(name string) string {
	if strings.EqualFold(name, indexName) {
		return name + ".experiment" + pageEnd
	}
	return name + pageEnd
}

// files returns the names of the index and of all pages.
func (s *Site) files() (map[string]bool, error) {
	files := map[string]bool{indexFile: true}
	for i := range s.Pages {
		name := s.Pages[i].name()
		if !experimentName.MatchString(name) {
			return nil, fmt.Errorf("experiment %q: want letters, digits, - and _", name)
		}
		if files[pageFile(name)] {
			return nil, fmt.Errorf("experiment %s is there twice", name)
		}
		files[pageFile(name)] = true
	}
	return files, nil
}

// CheckDir returns an error when a file in dir has the name of a page and is none, such as the
// index of a site of somebody's own, which WritePages would replace.
func (s *Site) CheckDir(dir string) error {
	files, err := s.files()
	if err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		switch ours, err := isPage(path); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("write pages: %w", err)
		case !ours:
			return fmt.Errorf("%s is no page of Readout and would be replaced: move it away, or name another directory", path)
		}
	}
	return nil
}

// WritePages writes the index and a page per experiment to dir, each whole or not at all,
// and removes the pages of experiments that are no more. Files whose content does not
// change are left alone, and so are other files than pages, unless they have the name of
// one; changed says whether anything was written or removed.
//
// As many pages are in memory at a time as there are processors.
func (s *Site) WritePages(dir string) (changed bool, err error) {
	changed, err = s.writePages(dir)
	if err != nil {
		return changed, fmt.Errorf("write pages: %w", err)
	}
	return changed, nil
}

func (s *Site) writePages(dir string) (changed bool, err error) {
	t, err := templates()
	if err != nil {
		return false, err
	}
	files, err := s.files()
	if err != nil {
		return false, err
	}
	rows, wrote := make([]indexRow, len(s.Pages)), make([]bool, len(s.Pages))
	errs := parallel.Each(len(s.Pages), func(i int) error {
		p, err := s.complete(i)
		if err != nil {
			return err
		}
		html, err := s.html(t, p)
		if err != nil {
			return err
		}
		rows[i] = s.indexRow(p)
		wrote[i], err = atomicfile.WriteFile(filepath.Join(dir, pageFile(p.name())), html)
		return err
	})
	changed = slices.Contains(wrote, true)
	for _, err := range errs {
		if err != nil {
			return changed, err
		}
	}
	html, err := s.indexHTML(t, rows)
	if err != nil {
		return changed, err
	}
	wroteIndex, err := atomicfile.WriteFile(filepath.Join(dir, indexFile), html)
	if err != nil {
		return changed, err
	}
	removed, err := removePages(dir, files)
	return changed || wroteIndex || removed, err
}

// removePages removes the pages in dir that are not among files.
func removePages(dir string, files map[string]bool) (removed bool, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("remove old pages: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if files[e.Name()] || !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), pageEnd) {
			continue
		}
		ours, err := isPage(path)
		if err != nil {
			return removed, fmt.Errorf("remove old pages: %w", err)
		}
		if !ours {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("remove old pages: %w", err)
		}
		removed = true
	}
	return removed, nil
}

// isPage reports whether a file begins like a page.
func isPage(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	head, err := io.ReadAll(io.LimitReader(f, pageHead))
	return bytes.Contains(head, []byte(pageMark)), errors.Join(err, f.Close())
}

// OpenPage reads one of the pages in dir, by the name of its file. The error is
// fs.ErrNotExist for a file that is none.
func OpenPage(dir, name string) (*bytes.Reader, error) {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(data[:min(len(data), pageHead)], []byte(pageMark)) {
		return nil, fmt.Errorf("%s is not a page: %w", name, fs.ErrNotExist)
	}
	return bytes.NewReader(data), nil
}
