package ingest

import (
	"slices"

	"readout/ingest/raw"
	"readout/ingest/scatter"
)

// delta brings totals of an earlier run up to date: members to whom rows have come since, or
// whom a look since then is the first to count, are taken out as they were and put in as
// they are. All others stay.
type delta struct {
	// then takes out, with the rows and looks of the earlier run, and now puts in. They share
	// totals, which come to the difference.
	then, now *evaluator
	// last is the last look then, and through the last one now. What no look saw then, the one
	// at the end of time did.
	last, through int64
	// whole are the experiments that are added up from nothing.
	whole []bool
	// newExposures and newConversions are the files since then, by place. The others are still
	// or quiet if all their exposures or conversions are so old that no look moves for them.
	newExposures, newConversions, still, quiet []bool

	// exposures and segmented are those of users who may have touched members.
	exposures []exposureTuple
	segmented []segmentedTuple
	from      []int  // first member of each user, and the end
	touched   []bool // by member
	marked    []bool // by user: some member is touched
	outside   []outsideRow
	rows      []markedRow
	screen    userScreen
}

// outsideRow is a new conversion that lies outside all windows of a member, or inside those
// for which it is too early to count the member.
type outsideRow struct {
	conversion
	member int
}

// markedRow is a conversion of a marked user.
type markedRow struct {
	conversion
	user  int32
	fresh bool
}

// newDelta makes a delta from two evaluators of the same programs, of which now alone knows of
// segments. added is the first look since then, lastExposures and lastConversions are the latest
// times of the files.
func newDelta(then, now *evaluator, added int, whole, newExposures, newConversions []bool, lastExposures, lastConversions []int64) *delta {
	then.sign, then.totals, then.ranks, then.slots = raw.Leave, now.totals, now.ranks, now.slots
	d := &delta{then: then, now: now, whole: whole, newExposures: newExposures, newConversions: newConversions}
	d.last, d.through = noTime, noTime
	if added > 0 {
		d.last = now.looks[added-1]
	}
	if n := len(now.looks); n > 1 {
		d.through = now.looks[n-2]
	}
	oldest := d.last
	for i, p := range now.programs {
		for _, clock := range p.clocks {
			oldest = min(oldest, max(d.last, noTime+clock)-clock)
		}
		if whole[i] {
			oldest = noTime
		}
	}
	for place, last := range lastExposures {
		d.still = append(d.still, !newExposures[place] && last < oldest)
	}
	for place, last := range lastConversions {
		d.quiet = append(d.quiet, !newConversions[place] && last < d.last)
	}
	return d
}

// looksThen returns the looks as they were, at the same places: those added since see
// nothing that the look before does not.
func looksThen(now lookTable, added int) lookTable {
	then := slices.Clone(now)
	last := int64(noTime)
	if added > 0 {
		last = now[added-1]
	}
	for i := added; i < len(then)-1; i++ {
		then[i] = last
	}
	return then
}

// moves reports whether what happens at an instant was seen by the look at the end of time
// then, and is by an earlier one now.
func (d *delta) moves(t int64) bool { return t >= d.last && t < d.through }

// partition adds the difference that the users of a partition make.
func (d *delta) partition(rows userRows) {
	g := &d.now.grouped
	d.screenUsers(rows)
	d.keepExposures(g, rows)
	g.expose(scatter.Of(d.exposures), scatter.Of(d.segmented), d.now.ranks)
	d.index(g)
	d.touch(g)
	eachRow(rows.events, d.quiet, func(t *eventTuple, place int) { d.conversion(g, t, d.newConversions[place]) })
	eachRow(rows.values, d.quiet, func(t *valueTuple, place int) { d.conversion(g, &t.eventTuple, d.newConversions[place]) })
	d.countOutside(g)
	d.mark(g)
	d.collect(g, rows)
	d.takeOut(g)
	d.putIn(g)
}

// screenUsers screens the users who may have touched members: those with new rows, and
// those for whose rows, be they first exposures or not, looks move.
func (d *delta) screenUsers(rows userRows) {
	clear(d.screen[:])
	eachRow(rows.exposures, d.still, func(t *exposureTuple, place int) {
		if d.newExposures[place] || d.moved(t) {
			d.screen.add(t.hi)
		}
	})
	eachRow(rows.segmented, d.still, func(t *segmentedTuple, place int) {
		if d.newExposures[place] || d.moved(&t.exposureTuple) {
			d.screen.add(t.hi)
		}
	})
	eachRow(rows.events, d.quiet, func(t *eventTuple, place int) {
		if d.newConversions[place] || d.moves(t.time) {
			d.screen.add(t.hi)
		}
	})
	eachRow(rows.values, d.quiet, func(t *valueTuple, place int) {
		if d.newConversions[place] || d.moves(t.time) {
			d.screen.add(t.hi)
		}
	})
}

// moved reports whether a look moves for a member first exposed by the row.
func (d *delta) moved(t *exposureTuple) bool {
	experiment := int(t.arm >> 16)
	if d.whole[experiment] || d.moves(t.time) {
		return true
	}
	for _, clock := range d.now.programs[experiment].clocks {
		if clock > 0 && d.moves(t.time+clock-1) {
			return true
		}
	}
	return false
}

// keepExposures keeps the exposures of screened users, and which of them are new.
func (d *delta) keepExposures(g *grouped, rows userRows) {
	exposures, segmented, fresh := d.exposures[:0], d.segmented[:0], g.fresh[:0]
	rows.exposures.Runs(func(order int64, tuples []exposureTuple) {
		for i := range tuples {
			if d.screen.has(tuples[i].hi) {
				exposures, fresh = append(exposures, tuples[i]), append(fresh, d.newExposures[order>>32])
			}
		}
	})
	rows.segmented.Runs(func(order int64, tuples []segmentedTuple) {
		for i := range tuples {
			if d.screen.has(tuples[i].hi) {
				segmented, fresh = append(segmented, tuples[i]), append(fresh, d.newExposures[order>>32])
			}
		}
	})
	d.exposures, d.segmented, g.fresh = exposures, segmented, fresh
}

// index notes where the members of each user are.
func (d *delta) index(g *grouped) {
	n := g.users() + 1
	d.from = slices.Grow(d.from[:0], n)[:n]
	user := 0
	for i := range g.members {
		for ; user <= int(g.members[i].user); user++ {
			d.from[user] = i
		}
	}
	for ; user < n; user++ {
		d.from[user] = len(g.members)
	}
	d.touched = slices.Grow(d.touched[:0], len(g.members))[:len(g.members)]
	clear(d.touched)
}

// touch finds the members whom exposures or looks change.
func (d *delta) touch(g *grouped) {
	for user := range g.users() {
		for i := g.starts[user]; i < g.starts[user+1]; i++ {
			if !g.freshRows[i] {
				continue
			}
			r := &g.rows[i]
			at := d.member(g, user, int(r.arm>>16))
			m := &g.members[at]
			// Most exposures repeat what is known: they come after the first.
			if r.arm == m.arm && r.time <= m.first || r.arm != m.arm && r.time <= m.second {
				d.touched[at] = true
			}
		}
	}
	for i := range g.members {
		m := &g.members[i]
		moves := d.whole[m.experiment()] || d.moves(m.first) || m.second != latestTime && d.moves(m.second)
		for _, clock := range d.now.programs[m.experiment()].clocks {
			moves = moves || clock > 0 && d.moves(m.first+clock-1)
		}
		d.touched[i] = d.touched[i] || moves
	}
}

// member returns the place of a user's member in an experiment.
func (d *delta) member(g *grouped, user, experiment int) int {
	i := d.from[user]
	for g.members[i].experiment() != experiment {
		i++
	}
	return i
}

// conversion finds the members whom a conversion changes.
func (d *delta) conversion(g *grouped, t *eventTuple, fresh bool) {
	if !fresh && !d.moves(t.time) {
		return
	}
	user := g.table.find(t.hi, t.lo)
	if user < 0 {
		return
	}
	c := conversion{time: t.time, at: t.time, code: t.code}
	if t.code&dateOnlyFlag != 0 {
		c.at = d.now.days.day(t.time) * usDay
	}
	kind := t.code &^ dateOnlyFlag
	for i := d.from[user]; i < d.from[user+1]; i++ {
		m := &g.members[i]
		p := d.now.programs[m.experiment()]
		if d.touched[i] || !p.wants[kind] {
			continue
		}
		from := exposedAt{m.first, d.now.days.day(m.first) * usDay}
		since := from.since(&c)
		switch {
		case !fresh || d.counts(&p.fixed, m, kind, since) || d.counts(&p.growing, m, kind, since):
			d.touched[i] = true
		default:
			d.outside = append(d.outside, outsideRow{c, i})
		}
	}
}

// counts reports whether a conversion of a kind may be in a window of bundles that count the
// member by now.
func (d *delta) counts(p *columnProgram, m *member, kind uint32, since int64) bool {
	for i := range p.kinds[kind] {
		if w := &p.kinds[kind][i]; since >= w.lo && since < w.hi && d.now.entry(m, w.clock) < d.now.end {
			return true
		}
	}
	return false
}

// countOutside counts such conversions of members whom nothing else touches: they change no
// more than how many conversions there were.
func (d *delta) countOutside(g *grouped) {
	for i := range d.outside {
		o := &d.outside[i]
		if d.touched[o.member] {
			continue
		}
		m := &g.members[o.member]
		p := d.now.programs[m.experiment()]
		if o.time < p.since {
			continue
		}
		totals, skip := d.now.totals[m.experiment()], p.skip
		enter := d.now.index.of(m.first)
		totals.exposed[max(d.now.index.of(o.time), enter)-skip]++
		from := exposedAt{m.first, d.now.days.day(m.first) * usDay}
		if from.since(&o.conversion) < 0 {
			totals.before[enter-skip]++
		}
	}
	d.outside = d.outside[:0]
}

// mark finds the users of touched members.
func (d *delta) mark(g *grouped) {
	d.marked = slices.Grow(d.marked[:0], g.users())[:g.users()]
	clear(d.marked)
	for i, touched := range d.touched {
		if touched {
			d.marked[g.members[i].user] = true
		}
	}
}

// collect finds the conversions of marked users, in the order of grouped.conversions.
func (d *delta) collect(g *grouped, rows userRows) {
	d.rows = d.rows[:0]
	d.screen.reset(&g.table, d.marked)
	add := func(t *eventTuple, value float64, order int64) {
		user := g.table.find(t.hi, t.lo)
		if user < 0 || !d.marked[user] {
			return
		}
		c := conversion{time: t.time, at: t.time, value: value, code: t.code}
		if t.code&dateOnlyFlag != 0 {
			c.at = d.now.days.day(t.time) * usDay
		}
		d.rows = append(d.rows, markedRow{c, user, d.newConversions[order>>32]})
	}
	rows.events.RunsInOrder(func(order int64, tuples []eventTuple) {
		for i := range tuples {
			if d.screen.has(tuples[i].hi) {
				add(&tuples[i], 0, order)
			}
		}
	})
	rows.values.RunsInOrder(func(order int64, tuples []valueTuple) {
		for i := range tuples {
			if d.screen.has(tuples[i].hi) {
				add(&tuples[i].eventTuple, tuples[i].value, order)
			}
		}
	})
}

// group gives users their conversions, the new ones or not, with the looks that see them.
func (d *delta) group(g *grouped, fresh bool, looks *lookIndex) {
	g.resetStarts()
	for i := range d.rows {
		if r := &d.rows[i]; fresh || !r.fresh {
			g.starts[r.user]++
		}
	}
	total := g.sumStarts()
	g.conversions = slices.Grow(g.conversions[:0], total)[:total]
	for i := range d.rows {
		r := &d.rows[i]
		if r.fresh && !fresh {
			continue
		}
		c := &g.conversions[g.starts[r.user]]
		*c = r.conversion
		c.look = int32(looks.of(c.time))
		g.starts[r.user]++
	}
	g.started()
}

// takeOut takes out the touched members as they were.
func (d *delta) takeOut(now *grouped) {
	g := &d.then.grouped
	g.table = now.table
	g.starts = append(g.starts[:0], 0)
	g.rows = g.rows[:0]
	for user, marked := range d.marked {
		for i := now.starts[user]; marked && i < now.starts[user+1]; i++ {
			r := &now.rows[i]
			x := int(r.arm >> 16)
			if !now.freshRows[i] && !d.whole[x] && d.touched[d.member(now, user, x)] {
				g.rows = append(g.rows, *r)
			}
		}
		g.starts = append(g.starts, len(g.rows))
	}
	g.findMembers()
	d.group(g, false, d.then.index)
	d.then.addMembers()
}

// putIn puts in the touched members as they are.
func (d *delta) putIn(g *grouped) {
	kept := g.members[:0]
	for i, touched := range d.touched {
		if touched {
			kept = append(kept, g.members[i])
		}
	}
	g.members = kept
	d.group(g, true, d.now.index)
	d.now.addMembers()
}

// eachRow calls f with the tuples of files that are not quiet, and the file's place.
func eachRow[T any](rows scatter.Partition[T], quiet []bool, f func(t *T, place int)) {
	rows.Runs(func(order int64, tuples []T) {
		place := int(order >> 32)
		if quiet[place] {
			return
		}
		for i := range tuples {
			f(&tuples[i], place)
		}
	})
}
