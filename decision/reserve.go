package decision

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"readout/experiment"
)

// Crowded returns an error for every experiment of a published state that is to have users and
// for which no range of its exclusion group is left. Drafts take none from others, and of a
// decided one everybody gets the winner.
func Crowded(p *experiment.Published) []error {
	s := &Snapshot{}
	for i := range p.Experiments {
		if def := &p.Experiments[i]; def.Status != experiment.Draft {
			s.experiments = append(s.experiments, &Experiment{def: def})
		}
	}
	s.reserve(p.Holdouts)
	var crowded []error
	for _, x := range s.experiments {
		if g := x.def.Exclusion; g != nil && g.Share > 0 && x.reserved == (span{}) && x.def.Decision == nil {
			crowded = append(crowded, x.noRange())
		}
	}
	return crowded
}

// reserve gives every experiment with an exclusion group its range of the group's hash, and
// all of them the holdouts of the project.
//
// Within a group the experiments are taken in the order of their starts, Drafts last. Each
// gets the lowest range of its share that none holds which began before it and was not decided
// by then. So what was reserved never moves, whatever is added later, and ranges of decided
// experiments are free for new ones. An experiment for which no range is left gets no users
// and is named in an error.
func (s *Snapshot) reserve(holdouts []experiment.Holdout) []error {
	var held experiment.Share
	for _, h := range holdouts {
		held += h.Share
	}
	groups := make(map[string][]*Experiment)
	var names []string
	for _, x := range s.experiments {
		x.holdouts, x.reserved = span{0, held}, span{}
		if g := x.def.Exclusion; g != nil {
			if groups[g.Group] == nil {
				names = append(names, g.Group)
			}
			groups[g.Group] = append(groups[g.Group], x)
		}
	}
	slices.Sort(names)
	var faults []error
	for _, name := range names {
		members := groups[name]
		slices.SortStableFunc(members, func(a, b *Experiment) int {
			return cmp.Or(a.begins().Compare(b.begins()), cmp.Compare(a.def.Name, b.def.Name))
		})
		for i, x := range members {
			var taken []span
			for _, y := range members[:i] {
				if d := y.def.Decision; d == nil || d.At.After(x.begins()) {
					taken = append(taken, y.reserved)
				}
			}
			var ok bool
			if x.reserved, ok = lowest(taken, x.def.Exclusion.Share); !ok {
				faults = append(faults, x.noRange())
			}
		}
	}
	return faults
}

// noRange says that no range is left for an experiment. What others give up comes too late for
// one that has begun.
func (x *Experiment) noRange() error {
	g, unless := x.def.Exclusion, "its share is lowered"
	if x.def.Status == experiment.Draft || x.def.Status == experiment.Scheduled {
		unless += " or another one of the group is decided before it begins"
	}
	return fmt.Errorf("experiment %q: exclusion group %q has no %s left: it gets no users, unless %s", x.def.Name, g.Group, g.Share, unless)
}

// begins returns the start, or for a Draft a time after every start: what its file says of a
// start is no promise, may have passed, and must move nobody.
func (x *Experiment) begins() time.Time {
	if x.def.Status == experiment.Draft || x.def.Start == nil {
		return time.Unix(1<<40, 0)
	}
	return *x.def.Start
}

// lowest returns the lowest free range of a share.
func lowest(taken []span, share experiment.Share) (span, bool) {
	slices.SortFunc(taken, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	from := experiment.Share(0)
	for _, t := range taken {
		if t.from-from >= share {
			break
		}
		from = max(from, t.to)
	}
	if from+share > experiment.Whole {
		return span{}, false
	}
	return span{from, from + share}, true
}
