package ingest

import (
	"slices"
	"time"
)

// maxColumns is how many columns a cell has at most: value, denominator, their covariates
// and the indicator of missing history.
const maxColumns = 5

// evaluator turns partitions into totals. Each worker has its own.
type evaluator struct {
	looks    lookTable
	cursor   lookCursor
	days     calendar
	history  history
	programs []*program
	totals   []*experimentTotals
	grouped  grouped

	fixed, growing []*columnState // by experiment
	anyGrowing     bool
	entries        []int         // looks at which the member begins to count, by clock
	last           []metricState // by metric
	lastLook       []int32       // by event
}

// metricState is what a metric says of a member; the zero value is nothing.
type metricState struct {
	converted bool
	x         [maxColumns]float64
}

func newEvaluator(looks lookTable, location *time.Location, h history, programs []*program, wholeFits bool) *evaluator {
	e := &evaluator{
		looks:    looks,
		cursor:   newLookCursor(looks),
		days:     calendar{location: location},
		history:  h,
		programs: programs,
	}
	for _, p := range programs {
		e.totals = append(e.totals, newExperimentTotals(p, len(looks), wholeFits))
		e.fixed = append(e.fixed, newColumnState(&p.fixed))
		e.growing = append(e.growing, newColumnState(&p.growing))
		e.anyGrowing = e.anyGrowing || p.hasGrowing
		e.entries = slices.Grow(e.entries, len(p.clocks))
		e.last = slices.Grow(e.last, len(p.metrics))
		e.lastLook = slices.Grow(e.lastLook[:0], len(p.wants))[:len(p.wants)]
	}
	return e
}

// partition adds the users of a partition to the totals.
func (e *evaluator) partition(exposures partition[exposureTuple], events partition[eventTuple], values partition[valueTuple]) {
	g := &e.grouped
	g.expose(exposures)
	looks := &e.cursor
	if len(e.looks) == 1 {
		looks = nil
	}
	g.convert(events, values, looks)
	for user := range g.head {
		conversions := g.of(user)
		ordered := true
		if e.anyGrowing {
			ordered = e.orderByLook(conversions)
		}
		for i := g.head[user]; i >= 0; i = g.members[i].next {
			e.member(&g.members[i], conversions, ordered)
		}
	}
}

// visit is a member on the way through its experiment.
type visit struct {
	*member
	program     *program
	totals      *experimentTotals
	conversions []conversion
	ordered     bool
	day         int64 // of the first exposure
	enter, gone int   // looks: the first that counts the member, the first that no longer does
	cells       int   // index of the arm's first cell
}

// member adds a user's part in an experiment to the totals.
func (e *evaluator) member(m *member, conversions []conversion, ordered bool) {
	v := visit{
		member:      m,
		program:     e.programs[m.experiment()],
		totals:      e.totals[m.experiment()],
		conversions: conversions,
		ordered:     ordered,
		day:         e.days.day(m.first),
		enter:       e.cursor.of(m.first),
		gone:        len(e.looks),
	}
	e.count(&v)
	fixed := e.fixed[m.experiment()]
	e.takeIn(&v, fixed)
	e.enter(&v)
	lacking := e.lacking(&v)
	for i := range v.program.metrics {
		p := &v.program.metrics[i]
		at := e.entries[p.clock]
		if p.growing || at >= v.gone || !(fixed.touched | lacking).has(i) {
			continue
		}
		var s metricState
		e.numbers(&v, p, fixed, fixed, &s)
		e.change(&v, i, at, &s, enter)
		if v.gone < len(e.looks) {
			e.change(&v, i, v.gone, &s, leave)
		}
	}
	if v.program.hasGrowing {
		e.grow(&v, fixed, fixed.touched|lacking)
	}
}

// takeIn counts the conversions that matter to the experiment and adds them to its columns.
func (e *evaluator) takeIn(v *visit, fixed *columnState) {
	fixed.reset()
	for i := range v.conversions {
		c := &v.conversions[i]
		event := c.code &^ dateOnlyFlag
		if !v.program.wants[event] {
			continue
		}
		dt := e.since(v, c)
		v.totals.exposed[max(int(c.look), v.enter)]++
		if dt < 0 {
			v.totals.before[v.enter]++
		}
		fixed.add(int(event), c, dt, &e.days)
	}
}

// enter finds the looks at which the member begins to count, and counts it.
func (e *evaluator) enter(v *visit) {
	e.entries = e.entries[:0]
	for i, clock := range v.program.clocks {
		look := v.enter
		if clock > 0 {
			look = e.cursor.of(v.first + clock - 1)
		}
		e.entries = append(e.entries, look)
		if look < v.gone {
			n := v.totals.clocks[i][v.cells:]
			n[look]++
			if v.gone < len(e.looks) {
				n[v.gone]--
			}
		}
	}
}

// lacking returns the metrics whose look-back reaches before the history.
func (e *evaluator) lacking(v *visit) metricSet {
	var s metricSet
	for i := range v.program.metrics {
		if l := v.program.metrics[i].lookback; l > 0 && e.history.lacks(v.first, v.day, l) {
			s |= metricBit(i)
		}
	}
	return s
}

// count counts the user and finds when exclusion sets in, and the arm's cells.
func (e *evaluator) count(v *visit) {
	looks := len(e.looks)
	arm := v.rank() * looks
	v.totals.users[arm+v.enter]++
	if v.second != latestTime {
		look := e.cursor.of(v.second)
		v.totals.several[arm+look]++
		if v.program.several == Exclude {
			v.gone = look
			v.totals.users[arm+look]--
		}
	}
	phase := 0
	for phase < len(v.program.phases) && v.first >= v.program.phases[phase] {
		phase++
	}
	v.cells = (phase*len(v.program.variants) + v.rank()) * looks
}

// since returns how long after the first exposure a conversion was; a date is that many
// days after the day of the first exposure.
func (e *evaluator) since(v *visit, c *conversion) int64 {
	if c.code&dateOnlyFlag != 0 {
		return (e.days.day(c.time) - v.day) * usDay
	}
	return c.time - v.first
}

// numbers fills s with the columns of a metric: outcomes from one state, covariates from
// another.
func (e *evaluator) numbers(v *visit, p *metricProgram, outcomes, covariates *columnState, s *metricState) {
	s.converted = outcomes.acc[p.converted] > 0
	for i, c := range p.columns[:p.outcomes] {
		s.x[i] = outcomes.number(c)
	}
	if p.lookback == 0 {
		return
	}
	if e.history.lacks(v.first, v.day, p.lookback) {
		s.x[len(p.columns)] = 1
		return
	}
	for i, c := range p.columns[p.outcomes:] {
		s.x[p.outcomes+i] = covariates.number(c)
	}
}

// change lets what a metric says of the member enter or leave at a look.
func (e *evaluator) change(v *visit, metric, look int, s *metricState, sign int) {
	v.totals.metrics[metric].add(v.cells+look, s.x[:len(v.program.metrics[metric].whole)], s.converted, sign)
}
