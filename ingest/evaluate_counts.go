package ingest

import "readout/ingest/raw"

// countState is what a bundle of counts says of a member.
type countState struct {
	raw.Counts
	said bool // of a bundle that grows: some number is not 0
}

// counts fills s with the columns of a bundle of counts, the outcomes among the numbers
// given.
func (e *evaluator) counts(v *visit, b *bundle, outcomes userNumbers, s *countState) {
	s.Converted = outcomes.marks(b)
	outcomes.counts(b.columns[:b.outcomes], s.Y[:])
	if b.lookback == 0 {
		return
	}
	v.fixed.counts(b.columns[b.outcomes:], s.Y[b.outcomes:])
	if v.missing[b.missing] {
		s.Y[len(b.columns)] = 1
	}
}

// addCounts lets a member with counts enter a bundle at a look, or leave.
func (e *evaluator) addCounts(v *visit, bundle, look int, s *countState, sign int64) {
	v.totals.bundles[bundle].AddCounts(v.cells+look, &s.Counts, sign)
	for i, first := range v.segments {
		v.totals.segments[i].bundles[bundle].AddCounts(first+look, &s.Counts, sign)
	}
}

// exchangeCounts is exchangeNumbers for a bundle of counts.
func (e *evaluator) exchangeCounts(v *visit, bundle int, outcomes userNumbers, look int) {
	b, last := &v.program.bundles[bundle], &e.counted[bundle]
	if !last.said {
		*last = countState{}
		e.counts(v, b, outcomes, last)
		if last.said = last.Counts != (raw.Counts{}); last.said {
			e.addCounts(v, bundle, look, last, int64(e.sign))
		}
		return
	}
	now := *last
	now.Converted = outcomes.marks(b)
	outcomes.counts(b.columns[:b.outcomes], now.Y[:])
	if now.Counts == last.Counts {
		return
	}
	sign := int64(e.sign)
	v.totals.bundles[bundle].ChangeCounts(v.cells+look, &last.Counts, &now.Counts, sign)
	for i, first := range v.segments {
		v.totals.segments[i].bundles[bundle].ChangeCounts(first+look, &last.Counts, &now.Counts, sign)
	}
	*last = now
}
