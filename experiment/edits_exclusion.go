package experiment

import (
	"cmp"
	"slices"
	"time"
)

// exclusion refuses to change what an experiment reserves of a group while others are under way whose ranges
// depend on it: each gets the lowest that is free when it begins, so they would get others, and users who
// are in one experiment of the group would come into a second.
func (c *editChecker) exclusion(log *Log, now time.Time) {
	before := c.state.Definition
	if before == nil || !before.differs(c.e.Definition(), "exclusion") {
		return
	}
	for _, other := range log.Experiments() {
		s, _ := log.Recorded(other)
		if s.Definition == nil || s.Definition.Exclusion == nil || !beginsAfter(other, s.Start, c.e.Name, c.state.Start) {
			continue
		}
		group, status := s.Definition.Exclusion.Group, s.At(now)
		if !status.underWay() || !before.Exclusion.in(group) && !c.e.Exclusion.in(group) {
			continue
		}
		c.refuse(c.e.Line, "exclusion was changed while %s is %s, which could get another range of group %q: put it back, coverage says how many of a range come in",
			other, status, group)
		return
	}
}

// in reports whether it is of a group; nil is of none.
func (x *Exclusion) in(group string) bool { return x != nil && x.Group == group }

// compareBegin compares two experiments by when they are given their ranges of a group.
func compareBegin(name string, start time.Time, other string, otherStart time.Time) int {
	return cmp.Or(start.Compare(otherStart), cmp.Compare(name, other))
}

// beginsAfter reports whether the ranges of a group are given to an experiment after another one has its own.
func beginsAfter(name string, start time.Time, other string, otherStart time.Time) bool {
	return compareBegin(name, start, other, otherStart) > 0
}

// rangesHeld returns the names of the experiments, among those published, on whose ranges others under way
// depend: a range is the lowest that was free when its experiment began.
func rangesHeld(all []PublishedExperiment) map[string]bool {
	var begun []*PublishedExperiment
	for i := range all {
		if e := &all[i]; e.Exclusion != nil && e.Start != nil {
			begun = append(begun, e)
		}
	}
	// Who began last comes first: whether a range is held is known from those that began later.
	slices.SortFunc(begun, func(a, b *PublishedExperiment) int {
		return compareBegin(b.Name, *b.Start, a.Name, *a.Start)
	})
	held := make(map[string]bool)
	for i, e := range begun {
		if !e.Status.underWay() && !held[e.Name] {
			continue
		}
		for _, earlier := range begun[i+1:] {
			if e.foundTaken(earlier) {
				held[earlier.Name] = true
			}
		}
	}
	return held
}

// foundTaken reports whether another experiment of its group had its range when e began.
func (e *PublishedExperiment) foundTaken(other *PublishedExperiment) bool {
	return other.Exclusion.in(e.Exclusion.Group) && other.Start != nil && beginsAfter(e.Name, *e.Start, other.Name, *other.Start) &&
		(other.Decision == nil || other.Decision.At.After(*e.Start))
}
