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
	cursor   lookCursor // for conversions
	index    *lookIndex // for members
	days     calendar
	history  history
	programs []*program
	totals   []*experimentTotals
	grouped  grouped

	// sign is enter to add members to the totals. It is leave to take out what was added for
	// members just like these, except for spells and values.
	sign int
	// wholeFits says that whole numbers are summed as such, see maxWholeRows.
	wholeFits bool

	fixed, growing []*columnState // by experiment
	anyGrowing     bool
	ranks          *segmentRanks    // nil without segments
	slots          [][]segmentSlots // by experiment and segment column
	offsets        []int            // of the member in segment totals, by column
	entries        []int            // looks at which the member begins to count, by clock
	last           []bundleState    // by bundle
	lastLook       []int32          // by event
	eventOf        []int            // by kind
	// near and later are the conversions that the fixed and the growing columns take in.
	near, later []int32
	ordered     []bool // by user of the partition, see orderByLook; only if anyGrowing
	missing     []bool // by place in program.lookbacks: it reaches before the history
}

// bundleState is what a bundle says of a member.
type bundleState struct {
	// said is false if all is 0.
	said      bool
	converted marks
	x         [maxColumns]float64 // or
	y         [maxColumns]int64   // if all columns hold whole numbers
}

func newEvaluator(looks lookTable, location *time.Location, h history, programs []*program, kinds *eventKinds, segments experimentSegments, wholeFits bool) *evaluator {
	e := &evaluator{
		looks:     looks,
		cursor:    newLookCursor(looks),
		index:     newLookIndex(looks),
		days:      calendar{location: location},
		history:   h,
		programs:  programs,
		sign:      enter,
		wholeFits: wholeFits,
		lastLook:  make([]int32, len(kinds.wheres)),
		eventOf:   kinds.eventsFrom(0),
		ranks:     segments.ranks,
		slots:     segments.slots,
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
		e.last = slices.Grow(e.last, len(p.bundles))
		e.missing = slices.Grow(e.missing, len(p.lookbacks))
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
	g.convert(events, values, looks, &e.days)
	e.addMembers()
}

// addMembers adds the users that have been grouped to the totals.
func (e *evaluator) addMembers() {
	g := &e.grouped
	if e.anyGrowing {
		e.ordered = slices.Grow(e.ordered[:0], g.users())[:g.users()]
		for user := range e.ordered {
			e.ordered[user] = e.orderByLook(g.of(user))
		}
	}
	g.arrange(len(e.programs))
	start := 0
	for x, end := range g.ends {
		e.members(x, g.order[start:end])
		start = end
	}
}

// members adds those of an experiment to the totals.
func (e *evaluator) members(experiment int, members []int32) {
	v := visit{program: e.programs[experiment], totals: e.totals[experiment]}
	fixed, growing := e.fixed[experiment], e.growing[experiment]
	for _, i := range members {
		v.member = &e.grouped.members[i]
		v.conversions = e.grouped.of(int(v.user))
		e.member(&v, fixed, growing)
	}
}

// visit is a member on the way through its experiment.
type visit struct {
	*member
	program     *program
	totals      *experimentTotals
	conversions []conversion
	day         int64 // of the first exposure
	from        exposedAt
	enter, gone int // looks: the first that counts the member, the first that no longer does
	cells       int // index of the arm's first cell
	// segments are, by segment column, the index of the arm's first cell in the totals of
	// the member's segments.
	segments []int
}

// member adds a user's part in an experiment to the totals.
func (e *evaluator) member(v *visit, fixed, growing *columnState) {
	v.day = e.days.day(v.first)
	v.from = exposedAt{v.first, v.day * usDay}
	v.enter, v.gone = e.index.of(v.first), len(e.looks)
	e.count(v)
	e.takeIn(v, fixed)
	e.enter(v)
	if v.program.hasValues {
		for i := range v.program.metrics {
			if v.program.metrics[i].values != nil {
				e.keepValues(v, i)
			}
		}
	}
	said := fixed.touched | e.lacking(v)
	steady := said & v.program.steady
	for i := steady.next(0); i < len(v.program.bundles); i = steady.next(i + 1) {
		b := &v.program.bundles[i]
		at := e.entries[b.clock]
		if b.growing || at >= v.gone {
			continue
		}
		var s bundleState
		if b.counts && e.wholeFits {
			e.countsOf(b, fixed, fixed, &s)
			e.addCounts(v, i, at, &s, int64(e.sign))
			if v.gone < len(e.looks) {
				e.addCounts(v, i, v.gone, &s, -int64(e.sign))
			}
			continue
		}
		e.numbers(b, fixed, fixed, &s)
		e.turn(v, i, at, nil, &s)
		if v.gone < len(e.looks) {
			e.turn(v, i, v.gone, &s, nil)
		}
	}
	if v.program.hasGrowing {
		e.grow(v, fixed, growing, said)
	}
}

// takeIn counts the conversions that matter to the experiment and adds them to its columns.
func (e *evaluator) takeIn(v *visit, fixed *columnState) {
	fixed.reset()
	near, all, before := v.program.fixed.spans.survey(e.near, v.conversions, &v.from, v.program.wanted)
	e.near = near
	v.totals.before[v.enter] += int64(e.sign) * before
	if len(e.looks) == 1 {
		v.totals.exposed[0] += int64(e.sign) * all
	} else {
		for i := range v.conversions {
			c := &v.conversions[i]
			v.totals.exposed[max(int(c.look), v.enter)] += int64(e.sign) * int64(v.program.wanted[c.code&^dateOnlyFlag])
		}
	}
	fixed.take(v.conversions, near, &v.from, &e.days)
	if v.program.hasGrowing {
		e.later = v.program.growing.spans.inside(e.later, v.conversions, &v.from)
	}
}

// enter finds the looks at which the member begins to count, and counts it.
func (e *evaluator) enter(v *visit) {
	e.entries = e.entries[:0]
	for i, clock := range v.program.clocks {
		look := v.enter
		if clock > 0 {
			look = e.index.of(v.first + clock - 1)
		}
		e.entries = append(e.entries, look)
		if look < v.gone {
			e.countOn(v.totals.clocks[i][v.cells:], look, v.gone)
			for s, at := range v.segments {
				e.countOn(v.totals.segments[s].clocks[i][at:], look, v.gone)
			}
			if v.totals.entering != nil {
				v.totals.entering[i][v.cells+look] += int64(e.sign)
			}
		}
	}
}

// countOn counts one more from a look on until the member is gone.
func (e *evaluator) countOn(byLook []int64, look, gone int) {
	byLook[look] += int64(e.sign)
	if gone < len(e.looks) {
		byLook[gone] -= int64(e.sign)
	}
}

// lacking returns the bundles whose look-back reaches before the history.
func (e *evaluator) lacking(v *visit) bundleSet {
	var s bundleSet
	e.missing = e.missing[:len(v.program.lookbacks)]
	for i := range v.program.lookbacks {
		l := &v.program.lookbacks[i]
		e.missing[i] = e.history.lacks(v.first, v.day, l.length)
		if e.missing[i] {
			s |= l.bundles
		}
	}
	return s
}

// count counts the user and finds when exclusion sets in, and the arm's cells.
func (e *evaluator) count(v *visit) {
	sign := int64(e.sign)
	phase := 0
	for phase < len(v.program.phases) && v.first >= v.program.phases[phase] {
		phase++
	}
	v.cells = (phase*len(v.program.variants) + v.rank()) * len(e.looks)
	if e.ranks != nil {
		e.segments(v)
	}
	v.totals.users[v.cells+v.enter] += sign
	for i, at := range v.segments {
		v.totals.segments[i].users[at+v.enter] += sign
	}
	if v.second != latestTime {
		look := e.index.of(v.second)
		v.totals.several[v.cells+look] += sign
		for i, at := range v.segments {
			v.totals.segments[i].several[at+look] += sign
		}
		if v.program.several == Exclude {
			v.gone = look
			v.totals.users[v.cells+look] -= sign
			for i, at := range v.segments {
				v.totals.segments[i].users[at+look] -= sign
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

// numbers fills s with the columns of a bundle: outcomes from one state, covariates from
// another.
func (e *evaluator) numbers(b *bundle, outcomes, covariates *columnState, s *bundleState) {
	s.converted = outcomes.marks(b)
	for i, c := range b.columns[:b.outcomes] {
		s.x[i] = outcomes.number(c)
	}
	if b.lookback > 0 {
		if e.missing[b.missing] {
			s.x[len(b.columns)] = 1
		} else {
			for i, c := range b.columns[b.outcomes:] {
				s.x[b.outcomes+i] = covariates.number(c)
			}
		}
	}
	s.said = s.converted != 0 || s.x != [maxColumns]float64{}
}

// countsOf is numbers for a bundle of counts.
func (e *evaluator) countsOf(b *bundle, outcomes, covariates *columnState, s *bundleState) {
	s.converted = outcomes.marks(b)
	outcomes.counts(b.columns[:b.outcomes], s.y[:])
	if b.lookback > 0 {
		if e.missing[b.missing] {
			s.y[len(b.columns)] = 1
		} else {
			covariates.counts(b.columns[b.outcomes:], s.y[b.outcomes:])
		}
	}
	s.said = s.converted != 0 || s.y != [maxColumns]int64{}
}

// addCounts lets a member with counts enter a bundle at a look, or leave.
func (e *evaluator) addCounts(v *visit, bundle, look int, s *bundleState, sign int64) {
	v.totals.bundles[bundle].addCounts(v.cells+look, &s.y, s.converted, sign)
	for i, first := range v.segments {
		v.totals.segments[i].bundles[bundle].addCounts(first+look, &s.y, s.converted, sign)
	}
}

// changeCounts puts counts in the place of others at a look.
func (e *evaluator) changeCounts(v *visit, bundle, look int, before, now *bundleState) {
	sign := int64(e.sign)
	v.totals.bundles[bundle].changeCounts(v.cells+look, &before.y, &now.y, before.converted, now.converted, sign)
	for i, first := range v.segments {
		v.totals.segments[i].bundles[bundle].changeCounts(first+look, &before.y, &now.y, before.converted, now.converted, sign)
	}
}

// turn notes that what a bundle says of the member changes at a look: before is what it
// said, nil if it said nothing; now is nil when the member leaves.
func (e *evaluator) turn(v *visit, bundle, look int, before, now *bundleState) {
	b := &v.program.bundles[bundle]
	e.turnCells(v.totals.bundles[bundle], v.cells+look, before, now)
	for i, at := range v.segments {
		e.turnCells(v.totals.segments[i].bundles[bundle], at+look, before, now)
	}
	width := len(b.whole)
	entered := look == e.entries[b.clock]
	if cross := v.totals.crosses[bundle]; cross != nil {
		switch {
		case now == nil:
			cross.left.add(v.cells+look, before.x[:width], 0, e.sign)
		case entered:
			cross.entered.add(v.cells+look, now.x[:width], 0, e.sign)
		case before != nil:
			cross.changed(v.cells+look, &before.x, &now.x, e.sign)
		}
	}
	if b.caps != nil {
		e.turnSpells(v, bundle, look, before, now, entered)
	}
}

// turnCells is turn for the moments.
func (e *evaluator) turnCells(cells *momentCells, cell int, before, now *bundleState) {
	width := len(cells.layout.whole)
	switch {
	case before == nil:
		cells.add(cell, now.x[:width], now.converted, e.sign)
	case now == nil:
		cells.add(cell, before.x[:width], before.converted, -e.sign)
	default:
		cells.change(cell, before.x[:width], now.x[:width], before.converted, now.converted, e.sign)
	}
}

// turnSpells is turn for the spells of a bundle with caps.
func (e *evaluator) turnSpells(v *visit, bundle, look int, before, now *bundleState, entered bool) {
	spells := &v.totals.spells[bundle]
	if before != nil {
		last := &(*spells)[len(*spells)-1]
		last.to, last.emptied = int32(look), now != nil && !now.said
	}
	if now != nil && now.said {
		*spells = append(*spells, spell{
			from: int32(look), to: math.MaxInt32, arm: int32(v.cells / len(e.looks)), set: v.set,
			follows: before != nil, entered: entered, x: now.x,
		})
	}
}
