package ingest

import (
	"slices"

	"readout/ingest/scatter"
)

// member is a user in an experiment.
type member struct {
	first  int64 // time of the first exposure
	second int64 // time of the first exposure to another variant; latestTime if there is none
	arm    uint32
	set    uint32 // rank of the segments, see segmentRanks
	user   int32
}

func (m *member) experiment() int { return int(m.arm >> 16) }

func (m *member) rank() int { return int(m.arm & 0xffff) }

// see takes in another exposure to the same experiment. The first is the earliest; of two
// at the same instant, the one whose variant sorts first, and of those with the same the
// one whose segments do.
func (m *member) see(t int64, arm, set uint32) {
	switch {
	case t == m.first && arm == m.arm:
		m.set = min(m.set, set)
	case t < m.first || t == m.first && arm < m.arm:
		if arm != m.arm {
			m.second = m.first
		}
		m.first, m.arm, m.set = t, arm, set
	case arm != m.arm:
		m.second = min(m.second, t)
	}
}

// grouped is the users of a partition with what they were exposed to and what they did.
type grouped struct {
	table   userTable
	numbers []int32 // users of tuples, in order; -1 for those never exposed
	starts  []int   // of each user in what is being grouped, and the end

	// fresh says of each exposure, in order, whether it is new; empty where nobody asks.
	fresh []bool

	// rows are the exposures of all users, one user after the other; freshRows says of each
	// what fresh does.
	rows      []exposureRow
	freshRows []bool
	// members are in the order of users; latest is the last one of each experiment.
	members []member
	latest  []int32
	// order are the members by experiment, then user; those of experiment x from ends[x-1]
	// to ends[x].
	order []int32
	ends  []int

	// conversions of all users, those of user u from starts[u] to starts[u+1]: first those
	// without values, then those with, each in path order, then row order.
	conversions []conversion
}

// exposureRow is an exposure of a known user.
type exposureRow struct {
	time     int64
	arm, set uint32
}

// expose takes in a partition's exposures, which have segments or not.
//
// They are sorted by user before first exposures are looked for: a user's members are then
// at hand, instead of one here and one there in as many places as the user has members.
func (g *grouped) expose(exposures scatter.Partition[exposureTuple], segmented scatter.Partition[segmentedTuple], ranks *segmentRanks) {
	n := exposures.Len() + segmented.Len()
	g.table.reset(n / 8)
	g.numbers = slices.Grow(g.numbers[:0], n)
	exposures.Each(func(tuples []exposureTuple) {
		for i := range tuples {
			g.numbers = append(g.numbers, g.table.add(tuples[i].hi, tuples[i].lo))
		}
	})
	segmented.Each(func(tuples []segmentedTuple) {
		for i := range tuples {
			g.numbers = append(g.numbers, g.table.add(tuples[i].hi, tuples[i].lo))
		}
	})
	g.start(g.numbers)
	g.rows = slices.Grow(g.rows[:0], n)[:n]
	g.freshRows = slices.Grow(g.freshRows[:0], len(g.fresh))[:len(g.fresh)]
	at := 0
	exposures.Each(func(tuples []exposureTuple) {
		for i := range tuples {
			g.place(at, &tuples[i], 0)
			at++
		}
	})
	segmented.Each(func(tuples []segmentedTuple) {
		for i := range tuples {
			g.place(at, &tuples[i].exposureTuple, ranks.rank[tuples[i].set])
			at++
		}
	})
	g.started()
	g.findMembers()
}

// users is how many there are.
func (g *grouped) users() int { return g.table.used }

// start makes starts of the users of tuples.
func (g *grouped) start(numbers []int32) (total int) {
	g.resetStarts()
	for _, user := range numbers {
		if user >= 0 {
			g.starts[user]++
		}
	}
	return g.sumStarts()
}

func (g *grouped) resetStarts() {
	n := g.users() + 1
	g.starts = slices.Grow(g.starts[:0], n)[:n]
	clear(g.starts)
}

// sumStarts turns how many each user has into where each user's begin.
func (g *grouped) sumStarts() (total int) {
	for user, n := range g.starts {
		g.starts[user] = total
		total += n
	}
	return total
}

// started brings starts back to where they were: while tuples were put in place, each has
// moved to the next user's.
func (g *grouped) started() {
	copy(g.starts[1:], g.starts)
	g.starts[0] = 0
}

// place puts the exposure at a place in path order among those of its user.
func (g *grouped) place(at int, t *exposureTuple, set uint32) {
	user := g.numbers[at]
	to := g.starts[user]
	g.starts[user]++
	r := &g.rows[to]
	r.time, r.arm, r.set = t.time, t.arm, set
	if len(g.freshRows) > 0 {
		g.freshRows[to] = g.fresh[at]
	}
}

// findMembers finds the first exposures of all users.
func (g *grouped) findMembers() {
	g.members = slices.Grow(g.members[:0], len(g.rows))
	clear(g.latest)
	for user := range g.users() {
		before := len(g.members)
		for i := g.starts[user]; i < g.starts[user+1]; i++ {
			r := &g.rows[i]
			x := int(r.arm >> 16)
			if x >= len(g.latest) {
				g.latest = append(g.latest, make([]int32, x+1-len(g.latest))...)
			}
			// One more than the place of the member, so that 0 is none.
			if at := int(g.latest[x]); at > before {
				g.members[at-1].see(r.time, r.arm, r.set)
				continue
			}
			n := len(g.members)
			g.members = g.members[:n+1]
			m := &g.members[n]
			m.first, m.second, m.arm, m.set, m.user = r.time, latestTime, r.arm, r.set, int32(user)
			g.latest[x] = int32(n + 1)
		}
	}
}

// arrange brings the members into order. An experiment's cells are then in the cache for
// all its members, and conversions come by as they lie in memory.
func (g *grouped) arrange(experiments int) {
	g.ends = slices.Grow(g.ends[:0], experiments)[:experiments]
	clear(g.ends)
	for i := range g.members {
		g.ends[g.members[i].experiment()]++
	}
	total := 0
	for x, n := range g.ends {
		g.ends[x] = total
		total += n
	}
	g.order = slices.Grow(g.order[:0], total)[:total]
	for i := range g.members {
		x := g.members[i].experiment()
		g.order[g.ends[x]] = int32(i)
		g.ends[x]++
	}
}

// convert groups a partition's conversions by user, dropping those of users who were never
// exposed. looks finds the look of each; nil where there is only one.
func (g *grouped) convert(events scatter.Partition[eventTuple], values scatter.Partition[valueTuple], looks *lookCursor, days *calendar) {
	g.numbers = slices.Grow(g.numbers[:0], events.Len()+values.Len())
	events.InOrder(func(tuples []eventTuple) {
		for i := range tuples {
			g.numbers = append(g.numbers, g.table.find(tuples[i].hi, tuples[i].lo))
		}
	})
	values.InOrder(func(tuples []valueTuple) {
		for i := range tuples {
			g.numbers = append(g.numbers, g.table.find(tuples[i].hi, tuples[i].lo))
		}
	})
	total := g.start(g.numbers)
	g.conversions = slices.Grow(g.conversions[:0], total)[:total]
	at := 0
	place := func(t *eventTuple, value float64) {
		user := g.numbers[at]
		at++
		if user < 0 {
			return
		}
		// Field by field: the processor waits when what was just written in parts is copied.
		c := &g.conversions[g.starts[user]]
		g.starts[user]++
		c.time, c.at, c.value, c.code, c.look = t.time, t.time, value, t.code, 0
		if t.code&dateOnlyFlag != 0 {
			c.at = days.day(t.time) * usDay
		}
		if looks != nil {
			c.look = int32(looks.of(t.time))
		}
	}
	events.InOrder(func(tuples []eventTuple) {
		for i := range tuples {
			place(&tuples[i], 0)
		}
	})
	values.InOrder(func(tuples []valueTuple) {
		for i := range tuples {
			place(&tuples[i].eventTuple, tuples[i].value)
		}
	})
	g.started()
}

// of returns the conversions of a user.
func (g *grouped) of(user int) []conversion {
	return g.conversions[g.starts[user]:g.starts[user+1]]
}
