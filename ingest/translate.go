package ingest

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
