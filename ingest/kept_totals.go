package ingest

import (
	"slices"

	"readout/ingest/raw"
)

// keptTotals is what the users of an experiment added up to in an earlier run, so that a run
// need only exchange the users of whom something has changed. Sums are exact: a user can be
// taken out without a trace.
type keptTotals struct {
	// Key is all of the query that the numbers depend on, but for looks.
	Key string
	// Files are the files of kept rows, and the places there, whose rows are added up.
	Files []keptSource
	// Looks are those of the run, with the one at the end of time. Numbers by look are of
	// those from Skip on.
	Looks []int64
	Skip  int
	// History is the time of the earliest conversion.
	History int64

	Arms            keptArms
	Exposed, Before []int64
	Entering        [][]int64
	Crosses         []raw.KeptCross
	// Segments are, by column, the values with users, in order.
	Segments [][]keptSegment
	Caps     []keptCaps // by bundle
}

// keptSource stands for the rows kept of a file, wherever they are kept: the XXH3 of what tells
// versions of the file apart, and of which of its rows were left out as too early.
type keptSource struct{ Hi, Lo uint64 }

// keptArms is armTotals.
type keptArms struct {
	Users, Several []int64
	Clocks         [][]int64
	Bundles        []raw.KeptCells
}

// keptSegment is the arms of a slot; the value of null is empty.
type keptSegment struct {
	Value string
	Arms  keptArms
}

// keepArms returns arms as they are kept.
func keepArms(t *armTotals) keptArms {
	k := keptArms{Users: t.users, Several: t.several, Clocks: t.clocks}
	for _, m := range t.bundles {
		k.Bundles = append(k.Bundles, m.Keep())
	}
	return k
}

// keepSegments returns the totals of the slots of a column that have any users: nobody is
// counted in without a number in one of these.
func keepSegments(t *armTotals, slots namedSlots) []keptSegment {
	var kept []keptSegment
	for value, text := range slots.texts {
		arms := t.slot(slots.slot[value], len(slots.values))
		if slices.ContainsFunc(slices.Concat(arms.users, arms.several), func(n int64) bool { return n != 0 }) {
			kept = append(kept, keptSegment{text, keepArms(&arms)})
		}
	}
	return kept
}

// keepTotals returns the totals of an experiment without caps and values, and shares their
// memory.
func keepTotals(t *experimentTotals, segments []namedSlots) keptTotals {
	k := keptTotals{
		Arms:    keepArms(&t.armTotals),
		Exposed: t.exposed, Before: t.before, Entering: t.entering,
	}
	for column := range t.segments {
		k.Segments = append(k.Segments, keepSegments(&t.segments[column], segments[column]))
	}
	for _, c := range t.crosses {
		k.Crosses = append(k.Crosses, c.Keep())
	}
	return k
}

// give puts the kept totals into fresh ones, whose looks are others: to says of each look
// then which it is now, or -1 for one at which there was nothing. Slots may have been added.
// It reports whether the kept totals fit.
func (k *keptTotals) give(t *experimentTotals, to []int, own ownLooks, segments []namedSlots) bool {
	looks := k.ownNow(to, own)
	ok := k.Arms.give(&t.armTotals, looks) &&
		looks.Ints(t.exposed, k.Exposed, 1) && looks.Ints(t.before, k.Before, 1) &&
		len(k.Entering) == len(t.entering) && len(k.Crosses) == len(t.crosses) && len(k.Segments) == len(t.segments)
	for i := 0; ok && i < len(t.entering); i++ {
		ok = looks.Ints(t.entering[i], k.Entering[i], 1)
	}
	for i := 0; ok && i < len(t.segments); i++ {
		ok = giveSegments(&t.segments[i], k.Segments[i], segments[i], looks)
	}
	for i := 0; ok && i < len(t.crosses); i++ {
		ok = k.Crosses[i].Give(t.crosses[i], looks)
	}
	return ok
}

// give puts the kept arms into fresh ones. It reports whether they fit.
func (k *keptArms) give(t *armTotals, looks raw.Move) bool {
	ok := looks.Ints(t.users, k.Users, 1) && looks.Ints(t.several, k.Several, 1) &&
		len(k.Clocks) == len(t.clocks) && len(k.Bundles) == len(t.bundles)
	for i := 0; ok && i < len(t.clocks); i++ {
		ok = looks.Ints(t.clocks[i], k.Clocks[i], 1)
	}
	for i := 0; ok && i < len(t.bundles); i++ {
		ok = k.Bundles[i].Give(t.bundles[i], looks)
	}
	return ok
}

// giveSegments puts the kept segments of a column into the slots that their values have now. It
// reports whether they fit.
func giveSegments(t *armTotals, kept []keptSegment, slots namedSlots, looks raw.Move) bool {
	for i := range kept {
		value, found := slices.BinarySearch(slots.texts, kept[i].Value)
		if !found || i > 0 && kept[i].Value <= kept[i-1].Value {
			return false
		}
		arms := t.slot(slots.slot[value], len(slots.values))
		if !kept[i].Arms.give(&arms, looks) {
			return false
		}
	}
	return true
}
