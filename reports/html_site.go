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
	"time"

	"readout/analysis"
	"readout/experiment"
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

// SiteOf returns the pages of a project as they stand at an instant: each experiment with
// its definition, its lifecycle and its last stored scorecard. One that is in the log and has
// no definition, since its file has an error or is gone, stays until it is archived. A
// scorecard that should be newer, or cannot be read, makes a sentence on its page; failure
// says why the last daily run failed, and is empty when it did not. Scorecards that are at
// hand, as [WriteDay] has stored them, need not be decoded again; they may be more than those
// shown.
func SiteOf(p *experiment.Project, log *experiment.Log, state string, at time.Time, failure string, atHand ...analysis.Scorecard) (*Site, error) {
	site := &Site{Organization: p.Organization, Project: p.Name, Location: p.Location, At: at}
	for _, e := range p.Experiments {
		lifecycle := log.State(e)
		site.Pages = append(site.Pages, Page{Experiment: e.Name, Definition: e, State: &lifecycle})
	}
	for _, name := range log.Experiments() {
		lifecycle, _ := log.Recorded(name)
		if _, defined := p.Experiment(name); defined || lifecycle.Status == experiment.Draft || lifecycle.Archived {
			continue
		}
		site.Pages = append(site.Pages, Page{Experiment: name, State: &lifecycle})
	}
	errs := parallel.Each(len(site.Pages), func(i int) error {
		page := &site.Pages[i]
		if err := page.read(state, atHand); err != nil {
			return err
		}
		switch {
		case page.Definition == nil:
			page.Stale = list(" ", pageFaulty, page.Stale)
		case page.Stale == "":
			page.Stale = stale(page, at, p.Location, failure)
		}
		return nil
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return site, nil
}

// read sets the latest stored scorecard, or says in Stale why it cannot be read.
func (p *Page) read(state string, atHand []analysis.Scorecard) error {
	days, err := Days(state, p.Experiment)
	if err != nil {
		return fmt.Errorf("make pages: %w", err)
	}
	if len(days) == 0 {
		return nil
	}
	last := days[len(days)-1]
	switch card, err := readDay(state, p.Experiment, last, atHand); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		p.Stale = fmt.Sprintf(pageUnreadable, last, err)
	default:
		p.Card = &card
	}
	return nil
}

// stale returns a sentence when a scorecard of a later day should be there.
func stale(p *Page, at time.Time, location *time.Location, failure string) string {
	due, ok := lastDue(p, at, location)
	if !ok || p.Card != nil && !p.Card.Through.Before(due) {
		return ""
	}
	zone := zone{location: location}
	date := zone.date(due.Add(-1))
	sentence := fmt.Sprintf(pageNever, date)
	if p.Card != nil {
		sentence = fmt.Sprintf(pageStale, p.Card.Date, date)
	}
	if failure != "" {
		sentence += " " + fmt.Sprintf(pageFailure, failure)
	}
	return sentence
}

// lastDue returns the end of the last day of which an experiment should have a scorecard
// at an instant: days are analysed from its start until its last metric is final, or until
// it is decided. Of one that is archived nothing is missed, nor of days that an extension
// came after.
func lastDue(p *Page, at time.Time, location *time.Location) (time.Time, bool) {
	if p.State.Status == experiment.Draft || p.State.Archived || p.Definition.Type == experiment.TypePersonalization {
		return time.Time{}, false
	}
	due := startOfDay(at, location)
	final := analysis.FinalOf(p.Definition.Scorecard, p.State.EndAt(due))
	if end := startOfDay(final.Add(-1), location); !due.Before(end) {
		y, m, d := end.Date()
		due = minTime(due, experiment.StartOfDay(y, m, d+1, location))
	}
	if d := p.State.Decision; d != nil {
		due = minTime(due, startOfDay(d.At, location))
	}
	return due, due.After(p.State.Start)
}

// startOfDay returns the beginning of the day of an instant.
func startOfDay(t time.Time, location *time.Location) time.Time {
	y, m, d := t.In(location).Date()
	return experiment.StartOfDay(y, m, d, location)
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Missing returns a sentence when the experiment should have a scorecard of a later day at an
// instant, and is empty otherwise.
func (p *Page) Missing(at time.Time, location *time.Location) string {
	return stale(p, at, location, "")
}
