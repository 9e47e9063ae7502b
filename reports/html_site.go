package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"readout/analysis"
	"readout/experiment"
)

// SiteOf returns the pages of a project as they stand at an instant: each experiment with
// its definition, its lifecycle and its last stored scorecard, which is read when its page is
// written: there is one for every experiment that there ever was. One that is in the log and has
// no definition, since its file has an error or is gone, stays until it is archived. A
// scorecard that should be newer, or cannot be read, makes a sentence on its page; failure
// says why the last daily run failed, and is empty when it did not. Scorecards that are at
// hand, as [WriteDay] has stored them, need not be decoded again; they may be more than those
// shown.
func SiteOf(p *experiment.Project, log *experiment.Log, state string, at time.Time, failure string, atHand ...analysis.Scorecard) *Site {
	site := &Site{Organization: p.Organization, Project: p.Name, Location: p.Location, At: at}
	stored := &storedCards{state: state, failure: failure, atHand: atHand}
	for _, e := range p.Experiments {
		lifecycle := log.State(e)
		site.Pages = append(site.Pages, Page{Experiment: e.Name, Definition: e, State: &lifecycle, stored: stored})
	}
	for _, name := range log.Experiments() {
		lifecycle, _ := log.Recorded(name)
		if _, defined := p.Experiment(name); defined || lifecycle.Status == experiment.Draft || lifecycle.Archived {
			continue
		}
		site.Pages = append(site.Pages, Page{Experiment: name, State: &lifecycle, stored: stored})
	}
	return site
}

// storedCards is where the pages of a project find their scorecards.
type storedCards struct {
	state, failure string
	atHand         []analysis.Scorecard
}

// complete returns page i with its scorecard, and the sentence about one that lacks.
func (s *Site) complete(i int) (*Page, error) {
	p := s.Pages[i]
	if p.stored == nil {
		return &p, nil
	}
	stored := p.stored
	p.stored = nil
	if err := p.read(stored); err != nil {
		return nil, err
	}
	switch {
	case p.Definition == nil:
		p.Stale = list(" ", pageFaulty, p.Stale)
	case p.Stale == "":
		p.Stale = stale(&p, s.At, s.Location, stored.failure)
	}
	return &p, nil
}

// read sets the latest stored scorecard, or says in Stale why it cannot be read.
func (p *Page) read(stored *storedCards) error {
	days, err := Days(stored.state, p.Experiment)
	if err != nil || len(days) == 0 {
		return err
	}
	last := days[len(days)-1]
	switch card, err := readDay(stored.state, p.Experiment, last, stored.atHand); {
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
	if !due.Before(startOfDay(final.Add(-1), location)) {
		due = minTime(due, experiment.EndOfDay(final.Add(-1), location))
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
