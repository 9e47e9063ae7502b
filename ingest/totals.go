package ingest

import "readout/ingest/raw"

// armTotals is numbers by arm and look; an arm is phase × variants + rank. They hold the
// changes at each of the experiment's own looks, all looks of the first arm, then of the next.
type armTotals struct {
	users, several []int64
	clocks         [][]int64 // users that count, by clock
	bundles        []*raw.Cells
}

// newArmTotals makes empty totals of so many cells: arms by look, for each slot.
func newArmTotals(p *program, cells int, wholeFits bool) armTotals {
	t := armTotals{users: make([]int64, cells), several: make([]int64, cells)}
	for range p.clocks {
		t.clocks = append(t.clocks, make([]int64, cells))
	}
	for i := range p.bundles {
		b := &p.bundles[i]
		t.bundles = append(t.bundles, raw.NewCells(b.wholeIf(wholeFits), len(b.converted), cells))
	}
	return t
}

func (t *armTotals) merge(o *armTotals) {
	raw.AddInts(t.users, o.users)
	raw.AddInts(t.several, o.several)
	for i := range t.clocks {
		raw.AddInts(t.clocks[i], o.clocks[i])
	}
	for i := range t.bundles {
		t.bundles[i].Merge(o.bundles[i])
	}
}

// slot returns the totals of a slot where t has those of so many, and shares their memory.
func (t *armTotals) slot(slot, slots int) armTotals {
	out := armTotals{users: raw.Part(t.users, slot, slots), several: raw.Part(t.several, slot, slots)}
	for _, n := range t.clocks {
		out.clocks = append(out.clocks, raw.Part(n, slot, slots))
	}
	for _, m := range t.bundles {
		out.bundles = append(out.bundles, m.Part(slot, slots))
	}
	return out
}

// experimentTotals is one worker's part of an ExperimentResult.
type experimentTotals struct {
	armTotals
	exposed, before []int64         // conversions of exposed users, and before their exposure; by look
	spells          [][]spell       // of bundles with caps
	taken           [][]spell       // those of members who were taken out
	capped          [][]cappedLook  // of bundles with caps, by look asked for; nil until known
	values          [][]valueRecord // by metric
	entering        [][]int64       // users that begin to count, as clocks; nil where nobody leaves and nothing is to be linked
	// crosses links the looks of bundles without caps; nil for those not to be linked.
	crosses []*raw.Cross
	// segments has, by column, the arms of each slot, one slot after the other.
	segments []armTotals
}

// newExperimentTotals makes empty totals; slots are those of the segment columns.
func newExperimentTotals(p *program, slots []segmentSlots, wholeFits bool) *experimentTotals {
	cells := p.arms() * p.looks
	t := &experimentTotals{
		armTotals: newArmTotals(p, cells, wholeFits),
		exposed:   make([]int64, p.looks),
		before:    make([]int64, p.looks),
		spells:    make([][]spell, len(p.bundles)),
		taken:     make([][]spell, len(p.bundles)),
		capped:    make([][]cappedLook, len(p.bundles)),
		values:    make([][]valueRecord, len(p.metrics)),
	}
	for range p.clocks {
		if p.hasCross || p.several == Exclude {
			t.entering = append(t.entering, make([]int64, cells))
		}
	}
	for i := range p.bundles {
		var cross *raw.Cross
		if b := &p.bundles[i]; b.cross && b.caps == nil {
			cross = raw.NewCross(b.wholeIf(wholeFits), b.growing, cells)
		}
		t.crosses = append(t.crosses, cross)
	}
	for i := range slots {
		t.segments = append(t.segments, newArmTotals(p, len(slots[i].values)*cells, wholeFits))
	}
	return t
}

// merge adds the totals of another worker, or a difference.
func (t *experimentTotals) merge(o *experimentTotals) {
	t.armTotals.merge(&o.armTotals)
	raw.AddInts(t.exposed, o.exposed)
	raw.AddInts(t.before, o.before)
	for i := range t.entering {
		raw.AddInts(t.entering[i], o.entering[i])
	}
	for i := range t.values {
		t.values[i] = mergeValues(t.values[i], o.values[i])
	}
	for i := range t.spells {
		t.spells[i] = append(t.spells[i], o.spells[i]...)
		t.taken[i] = append(t.taken[i], o.taken[i]...)
		if t.crosses[i] != nil {
			t.crosses[i].Merge(o.crosses[i])
		}
	}
	for i := range t.segments {
		t.segments[i].merge(&o.segments[i])
	}
}
