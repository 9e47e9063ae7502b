package experiment

import (
	"slices"
	"time"
)

// A Phase is a span in which an experiment was served from one definition. It
// lasts until the next one begins.
type Phase struct {
	From time.Time `json:"from"`
	Hash string    `json:"hash"` // of the definition, see Definition
	// Changed names what began the phase: the fields that differ from those of
	// the phase before, and "stopped" when a variant was stopped. It is empty
	// for the first phase.
	Changed []string `json:"changed,omitempty"`
	// Traffic is how new users are split, in file order: in proportion to the
	// shares, which sum to less than Whole once a variant is stopped. The share
	// of a stopped variant is 0.
	Traffic []VariantTraffic `json:"traffic"`
}

// changedStopped is what a phase names that a stopped variant began.
const changedStopped = "stopped"

// Phases returns the phases of an experiment, the first from its start. What
// changed before the start is part of the first phase, and of several changes at
// one instant the last one counts. It is empty for a Draft, and for a log in
// which no definition was recorded yet.
func (s State) Phases() []Phase {
	var phases []Phase
	for _, fact := range s.phases {
		if fact.From.Before(s.Start) {
			fact.From = s.Start
		}
		n := len(phases)
		if n == 0 || fact.From.After(phases[n-1].From) {
			phases = append(phases, fact)
			continue
		}
		last := &phases[n-1]
		last.Hash, last.Traffic = fact.Hash, fact.Traffic
		if n > 1 {
			last.Changed = union(last.Changed, fact.Changed)
		}
	}
	return phases
}

// TrafficPhases is Phases with those joined that split new users alike: the
// phases that an analysis must keep apart, because the mix of users differs
// between variants. Coverage alone begins none.
func (s State) TrafficPhases() []Phase {
	return slices.CompactFunc(s.Phases(), func(a, b Phase) bool { return slices.Equal(a.Traffic, b.Traffic) })
}

// union returns the texts of both lists, each once, in order of appearance.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, text := range b {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// record returns s with the definition that an entry brings. The first one is
// taken to have held from the beginning.
func (s State) record(entry Entry) State {
	first := s.Definition == nil || entry.Action != ActionPublish
	s.Definition = entry.Definition
	if !first {
		return s.phase(entry.At, entry.Changed)
	}
	s.phases = nil
	stopped := s.Stopped
	s.Stopped = nil
	s = s.phase(time.Time{}, nil)
	for _, v := range stopped {
		s.Stopped = append(s.Stopped, v)
		s = s.phase(v.At, []string{changedStopped})
	}
	return s
}

// phase returns s with one more phase, of the definition and the stopped
// variants that s has now.
func (s State) phase(from time.Time, changed []string) State {
	traffic := slices.Clone(s.Definition.Traffic)
	for i, v := range traffic {
		if _, stopped := s.VariantStopped(v.Variant); stopped {
			traffic[i].Share = 0
		}
	}
	s.phases = append(s.phases, Phase{from, s.Definition.Hash, changed, traffic})
	return s
}
