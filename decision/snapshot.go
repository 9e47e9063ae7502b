package decision

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"readout/experiment"
)

// Profiles is the table of attributes of known visitors.
type Profiles interface {
	// Attributes returns what is known of a visitor; nil for nothing.
	Attributes(id string) Attributes
}

// A Snapshot is the published state, compiled. It does not change, and is safe for use by
// several goroutines at once.
type Snapshot struct {
	published   *experiment.Published
	experiments []*Experiment
	bySelector  map[string][]*Experiment
	byGroup     map[string][]*Experiment
	override    map[string]bool
	profiles    Profiles
}

// Compile returns the snapshot of a published state, with the profiles or nil. What cannot
// be served is named in the errors and does not drop the rest: an experiment with a fault,
// and one that the state withholds, stay as they are in last, the snapshot before or nil.
func Compile(p *experiment.Published, profiles Profiles, last *Snapshot) (*Snapshot, []error) {
	s := &Snapshot{
		published: p, profiles: profiles,
		bySelector: make(map[string][]*Experiment), byGroup: make(map[string][]*Experiment),
		override: make(map[string]bool),
	}
	if p.Profiles != nil {
		for _, name := range p.Profiles.RequestMayOverride {
			s.override[name] = true
		}
	}
	var faults []error
	for i := range p.Experiments {
		x, err := compileExperiment(&p.Experiments[i])
		if err != nil {
			faults = append(faults, err)
			x = last.experiment(p.Experiments[i].Name)
		}
		if x != nil {
			s.experiments = append(s.experiments, x)
		}
	}
	for _, name := range p.Withheld {
		if x := last.experiment(name); x != nil {
			s.experiments = append(s.experiments, x)
		} else {
			faults = append(faults, fmt.Errorf("experiment %q is withheld because of a fault in its file, and nothing older is known of it", name))
		}
	}
	slices.SortFunc(s.experiments, func(a, b *Experiment) int { return a.before(b) })
	faults = append(faults, s.reserve(p.Holdouts)...)
	for _, x := range s.experiments {
		s.bySelector[x.def.Selector] = append(s.bySelector[x.def.Selector], x)
		for _, g := range x.def.Groups {
			s.byGroup[g] = append(s.byGroup[g], x)
		}
	}
	return s, faults
}

// experiment returns a copy of the experiment of that name, for another snapshot to keep; nil
// for none, also of no snapshot.
func (s *Snapshot) experiment(name string) *Experiment {
	if s == nil {
		return nil
	}
	x := s.Experiment(name)
	if x == nil {
		return nil
	}
	copied := *x
	return &copied
}

// Published returns the state that the snapshot was compiled from.
func (s *Snapshot) Published() *experiment.Published { return s.published }

// Served returns the published state with every experiment as it is served: one with a fault
// as it was before, or not at all. Compiled again it gives the same snapshot, without faults but
// those of exclusion groups that have no room.
func (s *Snapshot) Served() *experiment.Published {
	p := *s.published
	p.Experiments, p.Withheld = []experiment.PublishedExperiment{}, []string{}
	for _, x := range s.experiments {
		p.Experiments = append(p.Experiments, *x.def)
	}
	slices.SortFunc(p.Experiments, func(a, b experiment.PublishedExperiment) int { return cmp.Compare(a.Name, b.Name) })
	return &p
}

// All returns all experiments, those that are analysed first, each kind by name.
func (s *Snapshot) All() []*Experiment { return s.experiments }

// Selector returns the experiments that are asked for by a selector, in the order of All:
// of several the first that is shown answers.
func (s *Snapshot) Selector(name string) []*Experiment { return s.bySelector[name] }

// Group returns the experiments of a group, in the order of All.
func (s *Snapshot) Group(name string) []*Experiment { return s.byGroup[name] }

// Experiment returns the experiment of that name, nil for none.
func (s *Snapshot) Experiment(name string) *Experiment {
	for _, x := range s.experiments {
		if x.def.Name == name {
			return x
		}
	}
	return nil
}

// Known returns what is known of a visitor besides what the request says.
func (s *Snapshot) Known(id string, request Attributes) Known {
	k := Known{Request: request, override: s.override}
	if s.profiles != nil && id != "" {
		k.Profile = s.profiles.Attributes(id)
	}
	return k
}

// An Experiment is a published experiment or personalization, compiled.
type Experiment struct {
	def      *experiment.PublishedExperiment
	audience condition
	pages    pages
	forced   map[string]int // variant by visitor
	payloads []payload      // by variant
	stopped  map[int]time.Time
	draw     draw
	// remembers is computed once, since every request asks.
	remembers bool
	// reserved is the range of the exclusion group's hash; holdouts are those of the project.
	reserved span
	holdouts span
}

// span is a half-open range of millionths; the zero span is empty.
type span struct{ from, to experiment.Share }

func (s span) has(b experiment.Share) bool { return b >= s.from && b < s.to }

func compileExperiment(def *experiment.PublishedExperiment) (*Experiment, error) {
	if err := def.Check(); err != nil {
		return nil, err
	}
	x := &Experiment{def: def, remembers: remembers(def), forced: make(map[string]int), stopped: make(map[int]time.Time)}
	fault := func(err error) error { return fmt.Errorf("experiment %q: %w", def.Name, err) }
	var err error
	if x.audience, err = compileCondition(def.Audience); err != nil {
		return nil, fault(err)
	}
	if x.pages, err = compilePages(def.Pages); err != nil {
		return nil, fault(err)
	}
	if x.draw, err = drawOf(def.Hash); err != nil {
		return nil, fault(err)
	}
	for i, v := range def.Variants {
		p, err := compilePayload(v.Payload)
		if err != nil {
			return nil, fault(fmt.Errorf("variant %s: %w", v.Name, err))
		}
		x.payloads = append(x.payloads, p)
		if at, ok := def.StoppedAt(v.Name); ok {
			x.stopped[i] = at
		}
	}
	for _, f := range def.Forced {
		for _, user := range f.Users {
			x.forced[user] = x.variant(f.Variant)
		}
	}
	return x, nil
}

// before orders experiments before personalizations, each by name.
func (x *Experiment) before(y *Experiment) int {
	if x.def.Type != y.def.Type {
		if x.def.Type == experiment.TypeExperiment {
			return -1
		}
		return 1
	}
	return cmp.Compare(x.def.Name, y.def.Name)
}

// Definition returns the experiment as published.
func (x *Experiment) Definition() *experiment.PublishedExperiment { return x.def }

// variant returns the position of a variant, -1 for none.
func (x *Experiment) variant(name string) int {
	return slices.IndexFunc(x.def.Variants, func(v experiment.PublishedVariant) bool { return v.Name == name })
}

// Remembers reports whether decisions depend on earlier ones, so that a store has to be
// asked: only a personalization that is always shown, and to everybody in its audience since
// its start, does without.
func (x *Experiment) Remembers() bool { return x.remembers }

// remembers is what Remembers reports of a definition.
func remembers(d *experiment.PublishedExperiment) bool {
	return d.Type == experiment.TypeExperiment || d.Display != experiment.DisplayAlways ||
		d.Coverage != experiment.Whole || d.Exclusion != nil ||
		slices.ContainsFunc(d.Phases, func(p experiment.Phase) bool {
			return slices.Contains(p.Changed, "coverage") || slices.Contains(p.Changed, "exclusion")
		})
}
