package experiment

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// TestExclusionEdits refuses what would move the ranges of others, and nothing else.
func TestExclusionEdits(t *testing.T) {
	first, second, third := "2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z", "2026-01-12T00:00:00Z"
	const now = "2026-01-15T00:00:00Z"
	group := func(name string, share Share) *Exclusion { return &Exclusion{name, share} }
	f := func(name string, change func(e *Experiment), which int, refused bool, moves ...Request) {
		t.Helper()
		log := &Log{states: make(map[string]State)}
		p := &Project{}
		for i, start := range []string{first, second, third} {
			e := checkout(t)
			e.Name = []string{"one", "two", "other"}[i]
			e.Exclusion = group([]string{"a", "a", "b"}[i], Whole/4)
			play(t, log, e, Request{Action: ActionStart, At: at(t, start)})
			p.Experiments = append(p.Experiments, e)
		}
		for _, r := range moves {
			e, _ := p.Experiment(r.By)
			r.Why = "time"
			play(t, log, e, r)
		}
		change(p.Experiments[which])
		if got := len(CheckEdits(p, log, at(t, now))) > 0; got != refused {
			t.Errorf("%s: refused %v, want %v", name, got, refused)
		}
	}
	share := func(e *Experiment) { e.Exclusion = group("a", Whole/2) }
	f("another share", share, 0, true)
	f("no share", func(e *Experiment) { e.Exclusion = nil }, 0, true)
	f("into another group", func(e *Experiment) { e.Exclusion = group("b", Whole/4) }, 1, true)
	f("out of a group", func(e *Experiment) { e.Exclusion = group("c", Whole/4) }, 0, true)
	f("the last of its group", share, 1, false)
	f("nothing of the kind", func(e *Experiment) { e.Coverage = Whole / 2 }, 0, false)

	stop := func(name string) Request {
		return Request{Action: ActionStop, At: at(t, "2026-01-13T00:00:00Z"), By: name}
	}
	decide := func(name string) Request {
		return Request{Action: ActionDecide, At: at(t, "2026-01-14T00:00:00Z"), Variant: "control", By: name}
	}
	f("decided, and others are not", share, 0, true, stop("one"), decide("one"))
	f("the other is to be decided", share, 0, true, stop("two"))
	f("the other is decided", share, 0, false, stop("two"), decide("two"))
}

// TestRangesHeld: a range depends on all that were held when its experiment began, and on what these depended on.
func TestRangesHeld(t *testing.T) {
	day := func(n int) *time.Time { d := time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC); return &d }
	x := func(name, group string, start, decided int) PublishedExperiment {
		e := PublishedExperiment{Name: name, Exclusion: &Exclusion{group, Whole / 4}, Status: Running, Start: day(start)}
		if decided > 0 {
			e.Status, e.Decision = Completed, &PublishedVariantAt{"control", *day(decided)}
		}
		return e
	}
	f := func(name string, want []string, all ...PublishedExperiment) {
		t.Helper()
		same(t, name, want, slices.Sorted(maps.Keys(rangesHeld(all))))
	}
	f("beside it", []string{"a"}, x("a", "g", 1, 10), x("b", "g", 5, 0))
	f("at the same time", []string{"a"}, x("a", "g", 1, 10), x("b", "g", 1, 0))
	f("after it", nil, x("a", "g", 1, 10), x("b", "g", 10, 0))
	f("before it", nil, x("a", "g", 5, 10), x("b", "g", 1, 0))
	f("another group", nil, x("a", "g", 1, 10), x("b", "h", 5, 0))
	f("through another", []string{"a", "b"}, x("c", "g", 15, 0), x("a", "g", 1, 10), x("b", "g", 5, 20))
	f("all are decided", nil, x("a", "g", 1, 10), x("b", "g", 5, 20))
	f("a Draft", nil, x("a", "g", 1, 10), PublishedExperiment{Name: "b", Exclusion: &Exclusion{"g", 1}, Status: Draft})
	f("no group", nil, x("a", "g", 1, 10), PublishedExperiment{Name: "b", Status: Running, Start: day(5)})
}
