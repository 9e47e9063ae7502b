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

// grow follows the member's growing metrics from look to look: at each look where its
// numbers change, the old ones leave and the new ones enter. pending are the metrics that
// have something to say without any growing column.
func (e *evaluator) grow(v *visit, fixed *columnState, pending metricSet) {
	s := e.growing[v.experiment()]
	s.reset()
	e.last = e.last[:len(v.program.metrics)]
	clear(e.last)
	rest := v.conversions
	for look := v.enter; look < v.gone; {
		next := v.gone
		if v.ordered {
			for len(rest) > 0 && int(rest[0].look) <= look {
				e.addTo(s, v, &rest[0])
				rest = rest[1:]
			}
			if len(rest) > 0 {
				next = min(next, int(rest[0].look))
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
		if e.last[i] != (metricState{}) {
			e.turn(v, i, v.gone, &e.last[i], nil)
		}
	}
}

func (e *evaluator) addTo(s *columnState, v *visit, c *conversion) {
	kind := c.code &^ dateOnlyFlag
	if v.program.wants[kind] {
		s.add(int(kind), c, e.since(v, c), &e.days)
	}
}

// addUntil starts s anew with all conversions that a look sees, and returns the look that
// sees the next.
func (e *evaluator) addUntil(s *columnState, v *visit, look int) (next int) {
	next = len(e.looks)
	s.reset()
	for i := range v.conversions {
		if c := &v.conversions[i]; int(c.look) <= look {
			e.addTo(s, v, c)
		} else {
			next = min(next, int(c.look))
		}
	}
	return next
}

// exchange brings pending metrics up to a look. It returns those that do not count the
// member yet, and the look at which the next of them does.
func (e *evaluator) exchange(v *visit, s, fixed *columnState, look int, pending metricSet) (later metricSet, next int) {
	next = len(e.looks)
	for i := range v.program.metrics {
		p := &v.program.metrics[i]
		if !p.growing || !pending.has(i) {
			continue
		}
		if at := e.entries[p.clock]; at > look {
			next = min(next, at)
			later |= metricBit(i)
			continue
		}
		var now metricState
		e.numbers(v, p, s, fixed, &now)
		last := &e.last[i]
		if *last == now {
			continue
		}
		if *last == (metricState{}) {
			e.turn(v, i, look, nil, &now)
		} else {
			e.turn(v, i, look, last, &now)
		}
		*last = now
	}
	return later, next
}
