package ingest

// translation brings tuples that an earlier run has kept up to date: files may have gone or
// stand elsewhere in path order, and numbers may stand for other names.
type translation[T any] struct {
	// place is, by file of the earlier run, its place in path order; -1 if it is not read any
	// more.
	place []int64
	// whole says that all files are still read and all numbers stand for what they did.
	whole bool
	// recode changes the numbers of a tuple and reports whether it is wanted at all; nil if
	// all stand for what they did.
	recode func(*T) bool
}

// apply translates a partition in place.
func (x *translation[T]) apply(p *scatterPart[T]) {
	kept, tuples := p.runs[:0], p.open
	p.open = tuples[:0]
	for _, r := range p.runs {
		place := x.place[r.order>>32]
		if place < 0 {
			continue
		}
		r.order = place<<32 | r.order&(1<<32-1)
		if x.whole {
			kept = append(kept, r)
			continue
		}
		start := len(p.open)
		for i := r.start; i < r.end; i++ {
			t := tuples[i]
			if x.recode == nil || x.recode(&t) {
				p.open = append(p.open, t)
			}
		}
		if len(p.open) > start {
			kept = append(kept, groupRun{r.order, start, len(p.open)})
		}
	}
	if x.whole {
		p.open = tuples
	}
	p.runs = kept
}

// recodeExposures returns how exposures of an earlier run are recoded, given by the number of
// an experiment then its number now (-1 if it is not wanted).
func recodeExposures(experiments []int) func(*exposureTuple) bool {
	if unchanged(experiments) {
		return nil
	}
	return func(t *exposureTuple) bool {
		now := experiments[t.arm>>16]
		t.arm = uint32(now)<<16 | t.arm&0xffff
		return now >= 0
	}
}

// recodeSegmented does the same for exposures with segments, whose sets have other numbers
// too.
func recodeSegmented(experiments, sets []int) func(*segmentedTuple) bool {
	if unchanged(experiments) && unchanged(sets) {
		return nil
	}
	return func(t *segmentedTuple) bool {
		now := experiments[t.arm>>16]
		t.arm = uint32(now)<<16 | t.arm&0xffff
		t.set = uint32(sets[t.set])
		return now >= 0
	}
}

// recodeUnknown does the same for exposures to unknown variants, which have other codes too.
func recodeUnknown(experiments, variants []int) func(*unknownTuple) bool {
	if unchanged(experiments) && unchanged(variants) {
		return nil
	}
	return func(t *unknownTuple) bool {
		now := experiments[t.experiment]
		t.unknownArm = unknownArm{uint32(now), uint32(variants[t.variant])}
		return now >= 0
	}
}

// recodeEvents does so for conversions, given by the number of a kind then its number now.
func recodeEvents(kinds []int) func(*eventTuple) bool {
	if unchanged(kinds) {
		return nil
	}
	return func(t *eventTuple) bool {
		now := kinds[t.code&^dateOnlyFlag]
		t.code = uint32(now) | t.code&dateOnlyFlag
		return now >= 0
	}
}

// recodeValues does the same for conversions with values.
func recodeValues(kinds []int) func(*valueTuple) bool {
	recode := recodeEvents(kinds)
	if recode == nil {
		return nil
	}
	return func(t *valueTuple) bool { return recode(&t.eventTuple) }
}

// unchanged reports whether every number stands for itself.
func unchanged(numbers []int) bool {
	for i, n := range numbers {
		if i != n {
			return false
		}
	}
	return true
}
