package ingest

import "readout/ingest/raw"

// steady adds a bundle that does not grow, of the members of whom it has something to say.
func (e *evaluator) steady(bundle int, visits []visit) {
	b := &visits[0].program.bundles[bundle]
	n, bit := 0, min(bundle, 63)
	for i, said := range e.said[:len(visits)] {
		e.saying[n] = int32(i)
		n += int(said >> bit & 1)
	}
	counts := b.counts && e.wholeFits
	for _, i := range e.saying[:n] {
		v := &visits[i]
		at := v.entries[b.clock]
		switch {
		case at >= v.gone:
		case counts:
			e.sayCounts(v, b, bundle, at)
		default:
			e.sayNumbers(v, b, bundle, at)
		}
	}
}

// sayNumbers adds what a bundle, the one at a place, says of a member from a look on.
func (e *evaluator) sayNumbers(v *visit, b *bundle, place, at int) {
	var s raw.Numbers
	if e.numbers(v, b, v.fixed, &s); s == (raw.Numbers{}) {
		return
	}
	e.turn(v, place, at, nil, &s)
	if v.gone < e.end {
		e.turn(v, place, v.gone, &s, nil)
	}
}

// sayCounts is sayNumbers for a bundle of counts.
func (e *evaluator) sayCounts(v *visit, b *bundle, place, at int) {
	var s countState
	e.counts(v, b, v.fixed, &s)
	e.addCounts(v, place, at, &s, int64(e.sign))
	if v.gone == e.end {
		return
	}
	e.addCounts(v, place, v.gone, &s, -int64(e.sign))
	if cross := v.totals.crosses[place]; cross != nil {
		s.Converted = 0
		cross.Left.AddCounts(v.cells+v.gone, &s.Counts, int64(e.sign))
	}
}
