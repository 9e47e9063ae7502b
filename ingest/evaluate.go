package ingest

import (
	"math"
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
	ranks          *segmentRanks    // nil without segments
	slots          [][]segmentSlots // by experiment and segment column
	offsets        []int            // of the member in segment totals, by column
	entries        []int            // looks at which the member begins to count, by clock
	last           []metricState    // by metric
	lastLook       []int32          // by event
	eventOf        []int            // by kind
}

// metricState is what a metric says of a member; the zero value is nothing.
type metricState struct {
	converted bool
	x         [maxColumns]float64
}

func newEvaluator(looks lookTable, location *time.Location, h history, programs []*program, kinds *eventKinds, segments experimentSegments, wholeFits bool) *evaluator {
	e := &evaluator{
		looks:    looks,
		cursor:   newLookCursor(looks),
		days:     calendar{location: location},
		history:  h,
		programs: programs,
		lastLook: make([]int32, len(kinds.wheres)),
		eventOf:  kinds.eventsFrom(0),
		ranks:    segments.ranks,
		slots:    segments.slots,
	}
	for i, p := range programs {
		var slots []segmentSlots
		if e.ranks != nil {
			slots = e.slots[i]
		}
		e.totals = append(e.totals, newExperimentTotals(p, slots, len(looks), wholeFits))
		e.fixed = append(e.fixed, newColumnState(&p.fixed))
		e.growing = append(e.growing, newColumnState(&p.growing))
		e.anyGrowing = e.anyGrowing || p.hasGrowing
		e.entries = slices.Grow(e.entries, len(p.clocks))
		e.last = slices.Grow(e.last, len(p.metrics))
	}
	return e
}

// partition adds the users of a partition to the totals.
func (e *evaluator) partition(exposures partition[exposureTuple], segmented partition[segmentedTuple], events partition[eventTuple], values partition[valueTuple]) {
	g := &e.grouped
	g.expose(exposures, segmented, e.ranks)
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
	// segments are, by segment column, the index of the arm's first cell in the totals of
	// the member's segments.
	segments []int
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
	if v.program.hasValues {
		for i := range v.program.metrics {
			if v.program.metrics[i].values != nil {
				e.keepValues(&v, i)
			}
		}
	}
	lacking := e.lacking(&v)
	for i := range v.program.metrics {
		p := &v.program.metrics[i]
		at := e.entries[p.clock]
		if p.growing || at >= v.gone || !(fixed.touched | lacking).has(i) {
			continue
		}
		var s metricState
		e.numbers(&v, p, fixed, fixed, &s)
		e.turn(&v, i, at, nil, &s)
		if v.gone < len(e.looks) {
			e.turn(&v, i, v.gone, &s, nil)
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
		kind := c.code &^ dateOnlyFlag
		if !v.program.wants[kind] {
			continue
		}
		dt := e.since(v, c)
		v.totals.exposed[max(int(c.look), v.enter)]++
		if dt < 0 {
			v.totals.before[v.enter]++
		}
		fixed.add(int(kind), c, dt, &e.days)
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
			e.countOn(v.totals.clocks[i][v.cells:], look, v.gone)
			for s, at := range v.segments {
				e.countOn(v.totals.segments[s].clocks[i][at:], look, v.gone)
			}
			if v.totals.entering != nil {
				v.totals.entering[i][v.cells+look]++
			}
		}
	}
}

// countOn counts one more from a look on until the member is gone.
func (e *evaluator) countOn(byLook []int64, look, gone int) {
	byLook[look]++
	if gone < len(e.looks) {
		byLook[gone]--
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
	phase := 0
	for phase < len(v.program.phases) && v.first >= v.program.phases[phase] {
		phase++
	}
	v.cells = (phase*len(v.program.variants) + v.rank()) * len(e.looks)
	if e.ranks != nil {
		e.segments(v)
	}
	v.totals.users[v.cells+v.enter]++
	for i, at := range v.segments {
		v.totals.segments[i].users[at+v.enter]++
	}
	if v.second != latestTime {
		look := e.cursor.of(v.second)
		v.totals.several[v.cells+look]++
		for i, at := range v.segments {
			v.totals.segments[i].several[at+look]++
		}
		if v.program.several == Exclude {
			v.gone = look
			v.totals.users[v.cells+look]--
			for i, at := range v.segments {
				v.totals.segments[i].users[at+look]--
			}
		}
	}
}

// segments finds the member's place in the totals of segments.
func (e *evaluator) segments(v *visit) {
	e.offsets = e.offsets[:0]
	for i, value := range e.ranks.values[v.set] {
		slot := e.slots[v.experiment()][i].slot[value]
		e.offsets = append(e.offsets, slot*v.program.arms()*len(e.looks)+v.cells)
	}
	v.segments = e.offsets
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

// turn notes that what a metric says of the member changes at a look: before is what it
// said, nil if it said nothing; now is nil when the member leaves.
func (e *evaluator) turn(v *visit, metric, look int, before, now *metricState) {
	p, cells := &v.program.metrics[metric], v.totals.metrics[metric]
	width := len(p.whole)
	if before != nil {
		cells.add(v.cells+look, before.x[:width], before.converted, leave)
	}
	if now != nil {
		cells.add(v.cells+look, now.x[:width], now.converted, enter)
	}
	for i, at := range v.segments {
		cells := v.totals.segments[i].metrics[metric]
		if before != nil {
			cells.add(at+look, before.x[:width], before.converted, leave)
		}
		if now != nil {
			cells.add(at+look, now.x[:width], now.converted, enter)
		}
	}
	entered := look == e.entries[p.clock]
	if cross := v.totals.crosses[metric]; cross != nil {
		switch {
		case now == nil:
			cross.left.add(v.cells+look, before.x[:width], false, enter)
		case entered:
			cross.entered.add(v.cells+look, now.x[:width], false, enter)
		case before != nil:
			cross.changed(v.cells+look, &before.x, &now.x)
		}
	}
	if p.caps != nil {
		spells := &v.totals.spells[metric]
		if before != nil {
			last := &(*spells)[len(*spells)-1]
			last.to, last.emptied = int32(look), now != nil && *now == (metricState{})
		}
		if now != nil && *now != (metricState{}) {
			*spells = append(*spells, spell{
				from: int32(look), to: math.MaxInt32, arm: int32(v.cells / len(e.looks)), set: v.set,
				follows: before != nil, entered: entered, x: now.x,
			})
		}
	}
}
