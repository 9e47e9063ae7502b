package ingest

import (
	"cmp"
	"slices"

	"readout/ingest/raw"
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
	e.sortByLook(conversions)
	return true
}

// sortByLook sorts by look and leaves conversions of the same look in their order. Most users
// have two runs in order, one of conversions without values and one of those with, which are
// merged.
func (e *evaluator) sortByLook(conversions []conversion) {
	at := inOrderOfLook(conversions)
	if at == len(conversions) {
		return
	}
	if second := conversions[at:]; inOrderOfLook(second) < len(second) {
		slices.SortStableFunc(conversions, func(a, b conversion) int { return cmp.Compare(a.look, b.look) })
		return
	}
	e.merging = append(e.merging[:0], conversions[:at]...)
	to := 0
	for i := range e.merging {
		first := &e.merging[i]
		for at < len(conversions) && conversions[at].look < first.look {
			conversions[to] = conversions[at]
			to++
			at++
		}
		conversions[to] = *first
		to++
	}
}

// inOrderOfLook returns how many conversions from the first on are in the order of looks.
func inOrderOfLook(conversions []conversion) int {
	for i := 1; i < len(conversions); i++ {
		if conversions[i].look < conversions[i-1].look {
			return i
		}
	}
	return len(conversions)
}

// grow follows the member's growing bundles from look to look: at each look where its
// numbers change, the old ones leave and the new ones enter. pending are the bundles that
// may have something to say without any growing column.
func (e *evaluator) grow(v *visit, s *columnState, pending bundleSet) {
	if len(e.later) == 0 && pending&v.program.changing == 0 {
		return
	}
	s.reset(s.acc)
	e.last = e.last[:len(v.program.bundles)]
	clear(e.last)
	e.counted = e.counted[:len(v.program.bundles)]
	for i := range e.counted {
		e.counted[i].said = false
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
			pending, entry = e.exchange(v, s.acc, look, pending)
			next = min(next, entry)
		}
		look = next
	}
	if v.gone == e.end {
		return
	}
	for i := range e.last {
		if e.last[i] != (raw.Numbers{}) {
			e.turn(v, i, v.gone, &e.last[i], nil)
		}
		if e.counted[i].said {
			e.addCounts(v, i, v.gone, &e.counted[i], -int64(e.sign))
		}
	}
}

// addUntil starts s anew with all conversions that a look sees, and returns the look that
// sees the next.
func (e *evaluator) addUntil(s *columnState, v *visit, look int) (next int) {
	next = e.end
	s.reset(s.acc)
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
func (e *evaluator) exchange(v *visit, now userNumbers, look int, pending bundleSet) (later bundleSet, next int) {
	next = e.end
	growing := pending & v.program.changing
	for i := growing.next(0); i < len(v.program.bundles); i = growing.next(i + 1) {
		b := &v.program.bundles[i]
		if !b.growing {
			continue
		}
		if at := v.entries[b.clock]; at > look {
			next = min(next, at)
			later |= bundleBit(i)
			continue
		}
		if b.counts && e.wholeFits {
			e.exchangeCounts(v, i, now, look)
		} else {
			e.exchangeNumbers(v, i, now, look)
		}
	}
	return later, next
}

// exchangeNumbers brings a bundle up to a look.
func (e *evaluator) exchangeNumbers(v *visit, bundle int, outcomes userNumbers, look int) {
	b, last := &v.program.bundles[bundle], &e.last[bundle]
	if *last == (raw.Numbers{}) {
		if e.numbers(v, b, outcomes, last); *last != (raw.Numbers{}) {
			e.turn(v, bundle, look, nil, last)
		}
		return
	}
	now := *last
	if now.Converted = outcomes.marks(b); e.outcomes(b, outcomes, &now) || now.Converted != last.Converted {
		e.turn(v, bundle, look, last, &now)
		*last = now
	}
}

// outcomes brings the outcomes of a bundle up to date, and reports whether any has changed.
func (e *evaluator) outcomes(b *bundle, outcomes userNumbers, s *raw.Numbers) (changed bool) {
	for i, c := range b.columns[:b.outcomes] {
		if x := outcomes.number(c); x != s.X[i] {
			s.X[i], changed = x, true
		}
	}
	return changed
}
