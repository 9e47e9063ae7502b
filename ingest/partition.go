package ingest

import "slices"

// userTable numbers the users of a partition by their key: open addressing with linear
// probing, at most half full.
type userTable struct {
	slots []userSlot
	used  int
}

type userSlot struct {
	hi     uint64
	lo     uint32
	number int32 // plus one; 0 is an empty slot
}

// reset empties the table and makes room for some users.
func (t *userTable) reset(users int) {
	size := 64
	for size < 2*users {
		size *= 2
	}
	if len(t.slots) >= size && len(t.slots) <= 8*size {
		clear(t.slots)
	} else {
		t.slots = make([]userSlot, size)
	}
	t.used = 0
}

// find returns the number of a user, -1 if there is none.
func (t *userTable) find(hi uint64, lo uint32) int32 {
	mask := uint64(len(t.slots) - 1)
	for i := hi & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.number == 0 {
			return -1
		}
		if s.hi == hi && s.lo == lo {
			return s.number - 1
		}
	}
}

// add returns the number of a user, the next one for a new user.
func (t *userTable) add(hi uint64, lo uint32) int32 {
	mask := uint64(len(t.slots) - 1)
	for i := hi & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.number == 0 {
			t.used++
			*s = userSlot{hi, lo, int32(t.used)}
			if 2*t.used > len(t.slots) {
				t.grow()
			}
			return int32(t.used - 1)
		}
		if s.hi == hi && s.lo == lo {
			return s.number - 1
		}
	}
}

func (t *userTable) grow() {
	old := t.slots
	t.slots = make([]userSlot, 2*len(old))
	mask := uint64(len(t.slots) - 1)
	for _, s := range old {
		if s.number == 0 {
			continue
		}
		i := s.hi & mask
		for t.slots[i].number != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
}

// member is a user in an experiment.
type member struct {
	first  int64 // time of the first exposure
	second int64 // time of the first exposure to another variant; latestTime if there is none
	arm    uint32
	set    uint32 // rank of the segments, see segmentRanks
	next   int32  // the user's next member; -1 if there is none
}

func (m *member) experiment() int { return int(m.arm >> 16) }
func (m *member) rank() int       { return int(m.arm & 0xffff) }

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
	members []member
	head    []int32 // first member by user
	// conversions of all users, those of user u from starts[u] to starts[u+1]: first those
	// without values, then those with, each in path order, then row order.
	conversions []conversion
	starts      []int
	numbers     []int32 // users of tuples, in order; -1 for those never exposed
}

// expose takes in a partition's exposures, which have segments or not.
func (g *grouped) expose(exposures partition[exposureTuple], segmented partition[segmentedTuple], ranks *segmentRanks) {
	g.table.reset((exposures.len() + segmented.len()) / 8)
	g.members, g.head = g.members[:0], g.head[:0]
	for _, part := range exposures {
		part.each(0, part.len(), func(tuples []exposureTuple) {
			for i := range tuples {
				g.exposure(&tuples[i], 0)
			}
		})
	}
	for _, part := range segmented {
		part.each(0, part.len(), func(tuples []segmentedTuple) {
			for i := range tuples {
				g.exposure(&tuples[i].exposureTuple, ranks.rank[tuples[i].set])
			}
		})
	}
}

func (g *grouped) exposure(t *exposureTuple, set uint32) {
	user := g.table.add(t.hi, t.lo)
	if int(user) == len(g.head) {
		g.head = append(g.head, -1)
	}
	for i := g.head[user]; i >= 0; i = g.members[i].next {
		if m := &g.members[i]; m.arm>>16 == t.arm>>16 {
			m.see(t.time, t.arm, set)
			return
		}
	}
	g.members = append(g.members, member{first: t.time, second: latestTime, arm: t.arm, set: set, next: g.head[user]})
	g.head[user] = int32(len(g.members) - 1)
}

// convert groups a partition's conversions by user, dropping those of users who were never
// exposed. looks finds the look of each; nil where there is only one.
func (g *grouped) convert(events partition[eventTuple], values partition[valueTuple], looks *lookCursor) {
	g.numbers = slices.Grow(g.numbers[:0], events.len()+values.len())
	g.starts = append(g.starts[:0], make([]int, len(g.head)+1)...)
	count := func(t *eventTuple) {
		user := g.table.find(t.hi, t.lo)
		g.numbers = append(g.numbers, user)
		if user >= 0 {
			g.starts[user]++
		}
	}
	events.inOrder(func(tuples []eventTuple) {
		for i := range tuples {
			count(&tuples[i])
		}
	})
	values.inOrder(func(tuples []valueTuple) {
		for i := range tuples {
			count(&tuples[i].eventTuple)
		}
	})
	total := 0
	for user, n := range g.starts {
		g.starts[user] = total
		total += n
	}
	g.conversions = slices.Grow(g.conversions[:0], total)[:total]
	at := 0
	place := func(t *eventTuple, value float64) {
		user := g.numbers[at]
		at++
		if user < 0 {
			return
		}
		c := conversion{time: t.time, value: value, code: t.code}
		if looks != nil {
			c.look = int32(looks.of(t.time))
		}
		g.conversions[g.starts[user]] = c
		g.starts[user]++
	}
	events.inOrder(func(tuples []eventTuple) {
		for i := range tuples {
			place(&tuples[i], 0)
		}
	})
	values.inOrder(func(tuples []valueTuple) {
		for i := range tuples {
			place(&tuples[i].eventTuple, tuples[i].value)
		}
	})
	// Each start has moved to the next user's.
	copy(g.starts[1:], g.starts)
	g.starts[0] = 0
}

// of returns the conversions of a user.
func (g *grouped) of(user int) []conversion {
	return g.conversions[g.starts[user]:g.starts[user+1]]
}
