package ingest

// steady adds a bundle that does not grow, of the members of whom it has something to say.
func (e *evaluator) steady(bundle int, visits []visit) {
	b := &visits[0].program.bundles[bundle]
	n, bit := 0, min(bundle, 63)
	for i, said := range e.said[:len(visits)] {
		e.saying[n] = int32(i)
		n += int(said >> bit & 1)
	}
	if b.counts && e.wholeFits {
		e.steadyCounts(bundle, visits, e.saying[:n])
		return
	}
	for _, i := range e.saying[:n] {
		v := &visits[i]
		at := v.entries[b.clock]
		if at >= v.gone {
			continue
		}
		var s bundleState
		e.numbers(v, b, v.fixed, &s)
		e.turn(v, bundle, at, nil, &s)
		if v.gone < e.end {
			e.turn(v, bundle, v.gone, &s, nil)
		}
	}
}

// steadyCounts is steady for a bundle of counts.
func (e *evaluator) steadyCounts(bundle int, visits []visit, saying []int32) {
	b := &visits[0].program.bundles[bundle]
	for _, i := range saying {
		v := &visits[i]
		at := v.entries[b.clock]
		if at >= v.gone {
			continue
		}
		var s countState
		e.counts(v, b, v.fixed, &s)
		e.addCounts(v, bundle, at, &s, int64(e.sign))
		if v.gone < e.end {
			e.addCounts(v, bundle, v.gone, &s, -int64(e.sign))
		}
	}
}
