package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"readout/internal/atomicfile"
	"readout/internal/parallel"
)

// Names of the pages.
const (
	pagesDir  = "reports"
	indexName = "index"
	pageEnd   = ".html"
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

// WritePages writes the index and a page per experiment to dir, each whole or not at all,
// and removes the pages of experiments that are no more. Files whose content does not
// change are left alone, and so are files that are not pages; changed says whether
// anything was written or removed.
func (s *Site) WritePages(dir string) (changed bool, err error) {
	t, err := templates()
	if err != nil {
		return false, fmt.Errorf("write pages: %w", err)
	}
	pages := make([][]byte, len(s.Pages))
	errs := parallel.Each(len(s.Pages), func(i int) (err error) {
		p := &s.Pages[i]
		if !experimentName.MatchString(p.name()) {
			return fmt.Errorf("experiment %q: want letters, digits, - and _", p.name())
		}
		pages[i], err = s.html(t, p)
		return err
	})
	files := make(map[string][]byte, len(s.Pages)+1)
	order := []string{}
	for i := range s.Pages {
		if errs[i] != nil {
			return false, fmt.Errorf("write pages: %w", errs[i])
		}
		name := pageFile(s.Pages[i].name())
		if files[name] != nil {
			return false, fmt.Errorf("write pages: experiment %s is there twice", s.Pages[i].name())
		}
		files[name] = pages[i]
		order = append(order, name)
	}
	index := indexName + pageEnd
	if files[index], err = s.indexHTML(t); err != nil {
		return false, fmt.Errorf("write pages: %w", err)
	}
	for _, name := range append(order, index) {
		wrote, err := atomicfile.WriteFile(filepath.Join(dir, name), files[name])
		if err != nil {
			return changed, fmt.Errorf("write pages: %w", err)
		}
		changed = changed || wrote
	}
	removed, err := removePages(dir, files)
	return changed || removed, err
}

// removePages removes the pages in dir that are not among files.
func removePages(dir string, files map[string][]byte) (removed bool, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("remove old pages: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if files[e.Name()] != nil || !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), pageEnd) {
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
