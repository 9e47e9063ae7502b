package ingest

import (
	"math"
	"slices"
	"time"

	"readout/ingest/raw"
)

// evaluator turns partitions into totals. Each worker has its own.
type evaluator struct {
	looks  lookTable
	cursor lookCursor // for conversions
	index  *lookIndex // for members
	// end is how many looks have moments: all but one at the end of time, which only counts rows
	// and users that no look of the query sees yet.
	end     int
	days    calendar
	history history
	// dates says that conversions may have dates: for those that no look sees yet, this is not
	// known.
	dates    bool
	programs []*program
	totals   []*experimentTotals
	grouped  grouped

	// sign is raw.Enter to add members to the totals. It is raw.Leave to take out what was added for
	// members just like these, except for values.
	sign int
	// wholeFits says that whole numbers are summed as such, see raw.MaxRows.
	wholeFits bool

	fixed, growing []*columnState // by experiment
	anyGrowing     bool
	ranks          *segmentRanks    // nil without segments
	slots          [][]segmentSlots // by experiment and segment column
	// visits are of members taken together, said the bundles that may have something to say of
	// each, and saying those of them that a bundle has something to say of.
	visits   []visit
	said     []bundleSet
	saying   []int32
	last     []raw.Numbers // by bundle, if it grows and is not of counts: what it says of a member
	counted  []countState  // by bundle of counts that grows
	lastLook []int32       // by event
	eventOf  []int         // by kind
	// near and later are the conversions that the fixed and the growing columns take in.
	near, later []int32
	ordered     []bool       // by user of the partition, see orderByLook; only if anyGrowing
	merging     []conversion // the first run, see sortByLook
}

func newEvaluator(looks lookTable, location *time.Location, h history, programs []*program, kinds *eventKinds, segments experimentSegments, wholeFits bool) *evaluator {
	e := &evaluator{
		looks:     looks,
		cursor:    newLookCursor(looks),
		index:     newLookIndex(looks),
		end:       looks.asked(),
		days:      calendar{location: location},
		history:   h,
		dates:     h.dates || looks.asked() < len(looks),
		programs:  programs,
		sign:      raw.Enter,
		wholeFits: wholeFits,
		lastLook:  make([]int32, len(kinds.wheres)),
		eventOf:   kinds.eventsFrom(0),
		ranks:     segments.ranks,
		slots:     segments.slots,
		visits:    make([]visit, batchMembers),
		said:      make([]bundleSet, batchMembers),
		saying:    make([]int32, batchMembers),
	}
	for i, p := range programs {
		var slots []segmentSlots
		if e.ranks != nil {
			slots = e.slots[i]
		}
		e.totals = append(e.totals, newExperimentTotals(p, slots, wholeFits))
		e.fixed = append(e.fixed, newColumnState(&p.fixed))
		e.growing = append(e.growing, newColumnState(&p.growing))
		e.anyGrowing = e.anyGrowing || p.hasGrowing
		e.last = slices.Grow(e.last, len(p.bundles))
		e.counted = slices.Grow(e.counted, len(p.bundles))
	}
	return e
}

// partition adds the users of a partition to the totals.
func (e *evaluator) partition(rows userRows) {
	g := &e.grouped
	g.expose(rows.exposures, rows.segmented, e.ranks)
	looks := &e.cursor
	if len(e.looks) == 1 {
		looks = nil
	}
	g.convert(rows.events, rows.values, looks, &e.days)
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

// batchMembers is how many members of an experiment are taken together: few enough for what
// is known of them to stay in a core's first caches.
const batchMembers = 128

// members adds those of an experiment to the totals, some at a time: first what each did is
// taken in, then one steady bundle after the other is added up. The loop over the members of
// a bundle has no choices to make that the processor could guess wrong, which otherwise takes
// longer than the sums do.
func (e *evaluator) members(experiment int, members []int32) {
	p := e.programs[experiment]
	fixed, growing := e.fixed[experiment], e.growing[experiment]
	for len(members) > 0 {
		visits := e.visits[:min(len(members), batchMembers)]
		// In a loop of its own, these wait for memory together.
		for i := range visits {
			v := &visits[i]
			v.member = &e.grouped.members[members[i]]
			v.conversions = e.grouped.of(int(v.user))
		}
		members = members[len(visits):]
		for i := range visits {
			v := &visits[i]
			v.program, v.totals = p, e.totals[experiment]
			e.said[i] = e.member(v, fixed, growing)
		}
		for i := range p.bundles {
			if !p.bundles[i].growing {
				e.steady(i, visits)
			}
		}
	}
}

// visit is a member on the way through its experiment.
type visit struct {
	*member
	program     *program
	totals      *experimentTotals
	conversions []conversion
	day         int64 // of the first exposure, where conversions may have dates
	from        exposedAt
	enter, gone int // looks: the first that counts the member, the first that no longer does
	arm         int // phase × variants + rank
	cells       int // index of the arm's cell at look 0, where its own first one is at skip
	// segments are, by segment column, the same index in the totals of the member's segments.
	segments []int
	entries  []int       // looks at which the member begins to count, by clock
	missing  []bool      // by place in program.lookbacks: it reaches before the history
	fixed    userNumbers // of the fixed columns
}

// member takes in a user's part in an experiment, and adds all but steady bundles to the
// totals. It returns the bundles that may have something to say.
func (e *evaluator) member(v *visit, fixed, growing *columnState) bundleSet {
	if e.dates {
		v.day = e.days.day(v.first)
	}
	v.from = exposedAt{v.first, v.day * usDay}
	v.enter, v.gone = e.index.of(v.first), e.end
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
	if v.program.hasGrowing {
		e.grow(v, growing, said)
	}
	return said
}

// takeIn counts the conversions of kinds that the experiment wants, and adds those that matter
// to its columns. Those that no look of the query sees are only counted: where clocks are set back
// a date may begin when the window that it lies in is over, and whether there are dates is not
// known of them.
func (e *evaluator) takeIn(v *visit, fixed *columnState) {
	fixed.reset(v.fixed)
	v.fixed = fixed.acc
	near, all, before := v.program.fixed.spans.survey(e.near, v.conversions, &v.from, v.program.wanted, v.program.since)
	e.near = near
	v.totals.before[v.enter-v.program.skip] += int64(e.sign) * before
	if len(e.looks) == 1 {
		v.totals.exposed[0] += int64(e.sign) * all
	} else {
		for i := range v.conversions {
			if c := &v.conversions[i]; c.time >= v.program.since {
				v.totals.exposed[max(int(c.look), v.enter)-v.program.skip] += int64(e.sign) * int64(v.program.wanted[c.code&^dateOnlyFlag])
			}
		}
	}
	if e.end < len(e.looks) {
		near = slices.DeleteFunc(near, func(i int32) bool { return int(v.conversions[i].look) == e.end })
	}
	fixed.take(v.conversions, near, &v.from, &e.days)
	if v.program.hasGrowing {
		e.later = v.program.growing.spans.inside(e.later, v.conversions, &v.from)
	}
}

// enter finds the looks at which the member begins to count, and counts it.
func (e *evaluator) enter(v *visit) {
	v.entries = v.entries[:0]
	for i, clock := range v.program.clocks {
		look := e.entry(v.member, clock)
		v.entries = append(v.entries, look)
		if look < v.gone {
			e.countOn(v.totals.clocks[i], v.cells, look, v.gone)
			for s, at := range v.segments {
				e.countOn(v.totals.segments[s].clocks[i], at, look, v.gone)
			}
			if v.totals.entering != nil {
				v.totals.entering[i][v.cells+look] += int64(e.sign)
			}
		}
	}
}

// entry returns the look at which a member begins to count by a clock.
func (e *evaluator) entry(m *member, clock int64) int {
	if clock == 0 {
		return e.index.of(m.first)
	}
	return e.index.of(m.first + clock - 1)
}

// countOn counts one more in the cells of an arm, from a look on until the member is gone.
func (e *evaluator) countOn(byLook []int64, cells, look, gone int) {
	byLook[cells+look] += int64(e.sign)
	if gone < e.end {
		byLook[cells+gone] -= int64(e.sign)
	}
}

// lacking returns the bundles whose look-back reaches before the history.
func (e *evaluator) lacking(v *visit) bundleSet {
	var s bundleSet
	v.missing = v.missing[:0]
	for i := range v.program.lookbacks {
		l := &v.program.lookbacks[i]
		missing := e.history.lacks(v.first, v.day, l.length)
		v.missing = append(v.missing, missing)
		if missing {
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
	v.arm = phase*len(v.program.variants) + v.rank()
	v.cells = v.arm*v.program.looks - v.program.skip
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
	v.segments = v.segments[:0]
	for i, value := range e.ranks.values[v.set] {
		slot := e.slots[v.experiment()][i].slot[value]
		v.segments = append(v.segments, slot*v.program.arms()*v.program.looks+v.cells)
	}
}

// numbers fills s with the columns of a bundle, the outcomes among the numbers given.
func (e *evaluator) numbers(v *visit, b *bundle, outcomes userNumbers, s *raw.Numbers) {
	s.Converted = outcomes.marks(b)
	for i, c := range b.columns[:b.outcomes] {
		s.X[i] = outcomes.number(c)
	}
	if b.lookback > 0 {
		for i, c := range b.columns[b.outcomes:] {
			s.X[b.outcomes+i] = v.fixed.number(c)
		}
		if v.missing[b.missing] {
			s.X[len(b.columns)] = 1
		}
	}
}

// turn notes that what a bundle says of the member changes at a look: before is what it
// said, nil if it said nothing; now is nil when the member leaves.
func (e *evaluator) turn(v *visit, bundle, look int, before, now *raw.Numbers) {
	b := &v.program.bundles[bundle]
	e.turnCells(v.totals.bundles[bundle], v.cells+look, before, now)
	for i, at := range v.segments {
		e.turnCells(v.totals.segments[i].bundles[bundle], at+look, before, now)
	}
	entered := look == v.entries[b.clock]
	if cross := v.totals.crosses[bundle]; cross != nil {
		cross.Turn(v.cells+look, before, now, entered, e.sign)
	}
	if b.caps != nil {
		e.turnSpells(v, bundle, look, before, now, entered)
	}
}

// turnCells is turn for the moments.
func (e *evaluator) turnCells(cells *raw.Cells, cell int, before, now *raw.Numbers) {
	switch {
	case before == nil:
		cells.Add(cell, &now.X, now.Converted, e.sign)
	case now == nil:
		cells.Add(cell, &before.X, before.Converted, -e.sign)
	default:
		cells.Change(cell, before, now, e.sign)
	}
}

// turnSpells is turn for the spells of a bundle with caps.
func (e *evaluator) turnSpells(v *visit, bundle, look int, before, now *raw.Numbers, entered bool) {
	spells := &v.totals.spells[bundle]
	if e.sign == raw.Leave {
		spells = &v.totals.taken[bundle]
	}
	if before != nil {
		last := &(*spells)[len(*spells)-1]
		last.to, last.emptied = int32(look), now != nil && *now == (raw.Numbers{})
	}
	if now != nil && *now != (raw.Numbers{}) {
		*spells = append(*spells, spell{
			from: int32(look), to: math.MaxInt32, arm: int32(v.arm), set: v.set,
			follows: before != nil, entered: entered, x: now.X,
		})
	}
}
