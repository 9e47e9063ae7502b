package reports

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
)

func mustWritePages(t *testing.T, s *Site, dir string) bool {
	t.Helper()
	changed, err := s.WritePages(dir)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestWritePages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "reports")
	other := fullPage()
	other.Experiment = "INDEX"
	s := site(fullPage(), other)
	if !mustWritePages(t, s, dir) {
		t.Error("nothing changed at first")
	}
	if diff := cmp.Diff([]string{"INDEX.experiment.html", "checkout-button.html", "index.html"}, names(tree(t, dir))); diff != "" {
		t.Fatalf("files (-want +got):\n%s", diff)
	}
	if got := tree(t, dir)["checkout-button.html"]; got != string(pageOf(t, s, fullPage())) {
		t.Error("another page was written")
	}

	past := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for name := range tree(t, dir) {
		if err := os.Chtimes(filepath.Join(dir, name), past, past); err != nil {
			t.Fatal(err)
		}
	}
	if mustWritePages(t, s, dir) {
		t.Error("changed the second time")
	}
	for name := range tree(t, dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.ModTime().Equal(past) {
			t.Errorf("%s was written again, %v", name, err)
		}
	}

	// What is not a page stays when pages go.
	for name, content := range map[string]string{"mine.html": "<p>mine", "empty.html": "", "notes.txt": pageMark} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.Pages = s.Pages[:1]
	if !mustWritePages(t, s, dir) {
		t.Error("nothing changed when an experiment went")
	}
	if diff := cmp.Diff([]string{"checkout-button.html", "empty.html", "index.html", "mine.html", "notes.txt"}, names(tree(t, dir))); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWritePagesRefuses(t *testing.T) {
	for _, pages := range [][]Page{
		{{Experiment: "../evil"}},
		{{Experiment: ""}},
		{{Experiment: "a"}, {Experiment: "a"}},
	} {
		dir := filepath.Join(t.TempDir(), "reports")
		if changed, err := site(pages...).WritePages(dir); err == nil || changed {
			t.Errorf("%v: changed %v, error %v", pages, changed, err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v: something was written", pages)
		}
	}
}

func TestOpenPage(t *testing.T) {
	dir := t.TempDir()
	mustWritePages(t, site(fullPage()), dir)
	r, err := OpenPage(dir, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(r); err != nil || string(data) != tree(t, dir)["index.html"] {
		t.Errorf("another page, %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine.html"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mine.html", "none.html"} {
		if _, err := OpenPage(dir, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// projectOf returns a project of one experiment and the log of a life in which it was
// scheduled, and a state directory with the scorecard of the sample.
func projectOf(t *testing.T, withCard bool) (*experiment.Project, *experiment.Log, string) {
	t.Helper()
	state := t.TempDir()
	d := definitionSample()
	d.Scorecard.Guardrails, d.Scorecard.Secondary = nil, nil
	p := &experiment.Project{Organization: "acme", Name: "shop", Location: time.UTC, Experiments: []*experiment.Experiment{d}}
	if withCard {
		mustWriteDay(t, state, withHistory(full()))
	}
	log, err := experiment.ReadLog(filepath.Join(state, "lifecycle.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := experiment.Move(d, log.State(d), experiment.Request{Action: experiment.ActionSchedule, At: day("2026-01-01"), By: "ana"})
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Append(filepath.Join(state, "lifecycle.jsonl"), entry); err != nil {
		t.Fatal(err)
	}
	return p, log, state
}

// completed returns a site whose pages have what is stored of them.
func completed(t *testing.T, s *Site) *Site {
	t.Helper()
	out := *s
	out.Pages = nil
	for i := range s.Pages {
		p, err := s.complete(i)
		if err != nil {
			t.Fatal(err)
		}
		out.Pages = append(out.Pages, *p)
	}
	return &out
}

func TestSiteOf(t *testing.T) {
	noon := 12 * time.Hour
	f := func(withCard bool, at time.Time, failure, want string) {
		t.Helper()
		p, log, state := projectOf(t, withCard)
		s := completed(t, SiteOf(p, log, state, at, failure))
		if len(s.Pages) != 1 || s.Pages[0].Definition != p.Experiments[0] || s.Project != "shop" || (s.Pages[0].Card != nil) != withCard {
			t.Fatalf("site: %+v", s)
		}
		if got := s.Pages[0].Stale; got != want {
			t.Errorf("at %s: %q, want %q", at, got, want)
		}
	}
	const missing20 = "A scorecard of 2026-01-20 should be here and is not."
	f(true, day("2026-01-21"), "", "")
	f(true, day("2026-01-21").Add(noon), "", "")
	f(true, day("2026-01-22").Add(noon), "", "These numbers are from 2026-01-20: a scorecard of 2026-01-21 should be here and is not.")
	f(true, day("2026-01-23"), "part-3.parquet is damaged",
		"These numbers are from 2026-01-20: a scorecard of 2026-01-22 should be here and is not. The daily run failed: part-3.parquet is damaged")
	// The last day with a scorecard is the one at whose end the last window closes.
	f(true, day("2026-12-01"), "", "These numbers are from 2026-01-20: a scorecard of 2026-02-08 should be here and is not.")
	f(false, day("2026-01-21"), "", missing20)
	f(false, day("2026-01-21").Add(noon), "x", missing20+" The daily run failed: x")
	// On the first day there is nothing to miss yet, nor before.
	f(false, day("2026-01-05").Add(noon), "x", "")
	f(false, day("2026-01-02"), "", "")
}

// An experiment whose file has an error keeps its page, with the numbers that it has, until
// it is archived.
func TestSiteOfUndefined(t *testing.T) {
	p, log, state := projectOf(t, true)
	name := p.Experiments[0].Name
	p.Experiments = nil
	s := completed(t, SiteOf(p, log, state, day("2026-01-23"), ""))
	if len(s.Pages) != 1 || s.Pages[0].Experiment != name || s.Pages[0].Card == nil || s.Pages[0].Stale != pageFaulty {
		t.Fatalf("site: %+v", s)
	}
	if _, err := s.WritePages(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	for i, v := range variants(&s.Pages[0], zoneOf("UTC")).Rows {
		if want := seriesOf(s.Pages[0].Card)[i]; v.Color != want.Color || v.Glyph != want.Glyph {
			t.Errorf("variant %s is drawn as %q, %d, in pictures as %q, %d", v.Name, v.Color, v.Glyph, want.Color, want.Glyph)
		}
	}
	step := func(action experiment.Action, from, to experiment.Status) experiment.Entry {
		return experiment.Entry{Experiment: name, At: day("2026-12-02"), Action: action, From: from, To: to, By: "ana", Why: "done"}
	}
	begin, end := step(experiment.ActionBegin, experiment.Scheduled, experiment.Running), step(experiment.ActionEnd, experiment.Running, experiment.ReadyForReview)
	decide := step(experiment.ActionDecide, experiment.ReadyForReview, experiment.Completed)
	decide.Variant = experiment.Control
	archive := step(experiment.ActionArchive, experiment.Completed, experiment.Completed)
	if err := log.Append(filepath.Join(state, "lifecycle.jsonl"), begin, end, decide, archive); err != nil {
		t.Fatal(err)
	}
	if s = SiteOf(p, log, state, day("2026-12-03"), ""); len(s.Pages) != 0 {
		t.Errorf("archived: %+v", s)
	}
}

func TestSiteOfUnreadable(t *testing.T) {
	p, log, state := projectOf(t, true)
	dir, err := dayDir(state, "checkout-button", "2026-01-20")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "scorecard.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := completed(t, SiteOf(p, log, state, day("2026-01-21"), ""))
	if got := s.Pages[0]; got.Card != nil || !strings.HasPrefix(got.Stale, "The stored scorecard of 2026-01-20 cannot be read: ") {
		t.Errorf("page: %+v", got)
	}
}

// A card at hand is not decoded again, unless its stored form is another one.
func TestSiteOfCardAtHand(t *testing.T) {
	f := func(title, stored string, same bool) {
		t.Helper()
		p, log, state := projectOf(t, true)
		card := withHistory(full())
		card.Title = title
		mustWriteDay(t, state, card)
		other := card
		other.Date = "2026-01-19"
		s := completed(t, SiteOf(p, log, state, day("2026-01-21"), "", other, card))
		got := s.Pages[0].Card
		if got.Title != stored || got.Date != card.Date || (&got.Metrics[0] == &card.Metrics[0]) != same {
			t.Errorf("card at hand with title %q: title %q of %s", title, got.Title, got.Date)
		}
	}
	f("a", "a", true)
	f("a\xff", "a\ufffd", false)
}

// An experiment that is decided, a draft and a personalization miss nothing.
func TestNothingToMiss(t *testing.T) {
	decided := Page{Definition: definitionSample(), State: stateSample(experiment.Completed), Card: fullPage().Card}
	decided.State.Decision.At = day("2026-01-21").Add(time.Hour)
	served := Page{Definition: definitionSample(), State: stateSample(experiment.Running)}
	served.Definition.Type = experiment.TypePersonalization
	draft := Page{Definition: definitionSample(), State: stateSample(experiment.Draft)}
	for _, p := range []Page{decided, served, draft} {
		if got := stale(&p, day("2026-03-01"), time.UTC, ""); got != "" {
			t.Errorf("%s: %s", p.State.Status, got)
		}
	}
}
