package ingest

import (
	"cmp"
	"slices"
)

// orderByLook brings a user's conversions into the order of the looks that see them, if
// that leaves the order of those of each event as it is: sums of one user are taken in
// path order, and must not depend on which looks are asked for.
func (e *evaluator) orderByLook(conversions []conversion) (ordered bool) {
	clear(e.lastLook)
	for i := range conversions {
		c := &conversions[i]
		event := e.eventOf[c.code&^dateOnlyFlag]
		if c.look < e.lastLook[event] {
			return false
		}
		e.lastLook[event] = c.look
	}
	byLook := func(a, b conversion) int { return cmp.Compare(a.look, b.look) }
	if !slices.IsSortedFunc(conversions, byLook) {
		slices.SortStableFunc(conversions, byLook)
	}
	return true
}

// grow follows the member's growing bundles from look to look: at each look where its
// numbers change, the old ones leave and the new ones enter. pending are the bundles that
// have something to say without any growing column.
func (e *evaluator) grow(v *visit, fixed, s *columnState, pending bundleSet) {
	if len(e.later) == 0 && pending&v.program.changing == 0 {
		return
	}
	s.reset()
	e.last = e.last[:len(v.program.bundles)]
	for i := range e.last {
		e.last[i].said = false
	}
	rest, ordered := e.later, e.ordered[v.user]
	for look := v.enter; look < v.gone; {
		next := v.gone
		if ordered {
			n := 0
			for n < len(rest) && int(v.conversions[rest[n]].look) <= look {
				n++
			}
			s.take(v.conversions, rest[:n], &v.from, &e.days)
			rest = rest[n:]
			if len(rest) > 0 {
				next = min(next, int(v.conversions[rest[0]].look))
			}
		} else {
			next = min(next, e.addUntil(s, v, look))
		}
		pending |= s.touched
		s.touched = 0
		if pending != 0 {
			var entry int
			pending, entry = e.exchange(v, s, fixed, look, pending)
			next = min(next, entry)
		}
		look = next
	}
	if v.gone == len(e.looks) {
		return
	}
	for i := range e.last {
		switch last := &e.last[i]; {
		case !last.said:
		case v.program.bundles[i].counts && e.wholeFits:
			e.addCounts(v, i, v.gone, last, -int64(e.sign))
		default:
			e.turn(v, i, v.gone, last, nil)
		}
	}
}

// addUntil starts s anew with all conversions that a look sees, and returns the look that
// sees the next.
func (e *evaluator) addUntil(s *columnState, v *visit, look int) (next int) {
	next = len(e.looks)
	s.reset()
	for n := range e.later {
		if seen := v.conversions[e.later[n]].look; int(seen) <= look {
			s.take(v.conversions, e.later[n:n+1], &v.from, &e.days)
		} else {
			next = min(next, int(seen))
		}
	}
	return next
}

// exchange brings pending bundles up to a look. It returns those that do not count the
// member yet, and the look at which the next of them does.
func (e *evaluator) exchange(v *visit, s, fixed *columnState, look int, pending bundleSet) (later bundleSet, next int) {
	next = len(e.looks)
	growing := pending & v.program.changing
	for i := growing.next(0); i < len(v.program.bundles); i = growing.next(i + 1) {
		b := &v.program.bundles[i]
		if !b.growing {
			continue
		}
		if at := e.entries[b.clock]; at > look {
			next = min(next, at)
			later |= bundleBit(i)
			continue
		}
		if b.counts && e.wholeFits {
			e.exchangeCounts(v, i, s, fixed, look)
		} else {
			e.exchangeNumbers(v, i, s, fixed, look)
		}
	}
	return later, next
}

// exchangeNumbers brings a bundle up to a look.
func (e *evaluator) exchangeNumbers(v *visit, bundle int, s, fixed *columnState, look int) {
	b, last := &v.program.bundles[bundle], &e.last[bundle]
	if !last.said {
		*last = bundleState{}
		if e.numbers(b, s, fixed, last); last.said {
			e.turn(v, bundle, look, nil, last)
		}
		return
	}
	now := *last
	if now.converted = s.marks(b); e.outcomes(b, s, &now) || now.converted != last.converted {
		now.said = now.converted != 0 || now.x != [maxColumns]float64{}
		e.turn(v, bundle, look, last, &now)
		*last = now
	}
}

// outcomes brings the outcomes of a bundle up to date, and reports whether any has changed.
func (e *evaluator) outcomes(b *bundle, outcomes *columnState, s *bundleState) (changed bool) {
	for i, c := range b.columns[:b.outcomes] {
		if x := outcomes.number(c); x != s.x[i] {
			s.x[i], changed = x, true
		}
	}
	return changed
}

// exchangeCounts is exchangeNumbers for a bundle of counts, the usual case.
func (e *evaluator) exchangeCounts(v *visit, bundle int, s, fixed *columnState, look int) {
	b, last := &v.program.bundles[bundle], &e.last[bundle]
	if !last.said {
		*last = bundleState{}
		if e.countsOf(b, s, fixed, last); last.said {
			e.addCounts(v, bundle, look, last, int64(e.sign))
		}
		return
	}
	now := *last
	now.converted = s.marks(b)
	s.counts(b.columns[:b.outcomes], now.y[:])
	if now != *last {
		e.changeCounts(v, bundle, look, last, &now)
		*last = now
	}
}
