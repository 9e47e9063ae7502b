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
func (e *evaluator) grow(v *visit, fixed, s *columnState, pending metricSet) {
	if len(e.later) == 0 && pending&v.program.changing == 0 {
		return
	}
	s.reset()
	e.last = e.last[:len(v.program.metrics)]
	clear(e.last)
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
		if e.last[i] != (metricState{}) {
			e.turn(v, i, v.gone, &e.last[i], nil)
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

// exchange brings pending metrics up to a look. It returns those that do not count the
// member yet, and the look at which the next of them does.
func (e *evaluator) exchange(v *visit, s, fixed *columnState, look int, pending metricSet) (later metricSet, next int) {
	next = len(e.looks)
	growing := pending & v.program.changing
	for i := growing.next(0); i < len(v.program.metrics); i = growing.next(i + 1) {
		p := &v.program.metrics[i]
		if !p.growing {
			continue
		}
		if at := e.entries[p.clock]; at > look {
			next = min(next, at)
			later |= metricBit(i)
			continue
		}
		last := &e.last[i]
		if *last == (metricState{}) {
			if e.numbers(p, s, fixed, last); *last != (metricState{}) {
				e.turn(v, i, look, nil, last)
			}
			continue
		}
		now := *last
		if e.outcomes(p, s, &now) {
			e.turn(v, i, look, last, &now)
			*last = now
		}
	}
	return later, next
}

// outcomes brings the outcomes of a metric up to date, and reports whether any has changed.
func (e *evaluator) outcomes(p *metricProgram, outcomes *columnState, s *metricState) (changed bool) {
	if converted := outcomes.acc[p.converted] > 0; converted != s.converted {
		s.converted, changed = converted, true
	}
	for i, c := range p.columns[:p.outcomes] {
		if x := outcomes.number(c); x != s.x[i] {
			s.x[i], changed = x, true
		}
	}
	return changed
}
