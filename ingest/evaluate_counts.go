package ingest

// countState is bundleState for a bundle of counts.
type countState struct {
	said      bool // of a bundle that grows: some number is not 0
	converted marks
	y         [maxColumns]int64
}

// counts fills s with the columns of a bundle of counts, the outcomes among the numbers
// given.
func (e *evaluator) counts(v *visit, b *bundle, outcomes userNumbers, s *countState) {
	s.converted = outcomes.marks(b)
	outcomes.counts(b.columns[:b.outcomes], s.y[:])
	if b.lookback == 0 {
		return
	}
	v.fixed.counts(b.columns[b.outcomes:], s.y[b.outcomes:])
	if v.missing[b.missing] {
		s.y[len(b.columns)] = 1
	}
}

// addCounts lets a member with counts enter a bundle at a look, or leave.
func (e *evaluator) addCounts(v *visit, bundle, look int, s *countState, sign int64) {
	v.totals.bundles[bundle].addCounts(v.cells+look, s, sign)
	for i, first := range v.segments {
		v.totals.segments[i].bundles[bundle].addCounts(first+look, s, sign)
	}
}

// exchangeCounts is exchangeNumbers for a bundle of counts.
func (e *evaluator) exchangeCounts(v *visit, bundle int, outcomes userNumbers, look int) {
	b, last := &v.program.bundles[bundle], &e.counted[bundle]
	if !last.said {
		*last = countState{}
		e.counts(v, b, outcomes, last)
		if last.said = last.converted != 0 || last.y != [maxColumns]int64{}; last.said {
			e.addCounts(v, bundle, look, last, int64(e.sign))
		}
		return
	}
	now := *last
	now.converted = outcomes.marks(b)
	outcomes.counts(b.columns[:b.outcomes], now.y[:])
	if now.y == last.y && now.converted == last.converted {
		return
	}
	sign := int64(e.sign)
	v.totals.bundles[bundle].changeCounts(v.cells+look, last, &now, sign)
	for i, first := range v.segments {
		v.totals.segments[i].bundles[bundle].changeCounts(first+look, last, &now, sign)
	}
	*last = now
}
