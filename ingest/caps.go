package ingest

import (
	"math"
	"math/rand/v2"
	"slices"

	"readout/experiment"
	"readout/ingest/raw"
)

// spell is the span of looks, from ≤ look < to, over which a capped bundle says the same
// of a user. Users all of whose numbers are 0 have none. The moments of capped numbers are
// the raw moments less what lies beyond the bounds: with exact sums such users can be taken
// out and put back with the bound instead, without a trace. So each look can have bounds of
// its own for the price of these users and of finding the bounds.
type spell struct {
	from, to int32
	arm      int32  // phase × variants + rank
	set      uint32 // rank of the user's segments
	// follows says that the spell before this one was the same user's and ended when this
	// one began.
	follows bool
	entered bool // the user begins to count at from
	emptied bool // from to on all numbers are 0
	x       raw.Row
}

// capBounds is what a cap comes to at one look.
type capBounds struct {
	lo, hi float64
	zeros  bool // numbers that are 0 are capped too
	on     bool
}

// clamp returns the number that stands for v.
func (b *capBounds) clamp(v float64) float64 {
	if !b.on || v == 0 && !b.zeros {
		return v
	}
	return max(b.lo, min(v, b.hi))
}

// capper finds the bounds of a bundle's caps look by look, in order.
type capper struct {
	bundle  *bundle
	spells  []spell
	at      int     // the last look
	byStart []int32 // spells not yet begun
	active  []int32 // spells
	ended   []int32 // spells that ended at the last look
	bounds  []capBounds
	before  []capBounds // at the look before
	values  []float64
	random  *rand.Rand // of pivots; nothing else depends on it
}

func newCapper(b *bundle, spells []spell) *capper {
	c := &capper{bundle: b, spells: spells, bounds: make([]capBounds, b.outcomes), before: make([]capBounds, b.outcomes), random: rand.New(rand.NewPCG(1, 2))}
	for i := range spells {
		c.byStart = append(c.byStart, int32(i))
	}
	slices.SortFunc(c.byStart, func(a, b int32) int { return int(spells[a].from) - int(spells[b].from) })
	return c
}

// look goes on to the next look, at which so many users count, and returns what the caps
// come to there.
func (c *capper) look(k int, users int64) []Capping {
	c.at, c.ended = k, c.ended[:0]
	c.active = slices.DeleteFunc(c.active, func(i int32) bool {
		over := int(c.spells[i].to) <= k
		if over {
			c.ended = append(c.ended, i)
		}
		return over
	})
	copy(c.before, c.bounds)
	for len(c.byStart) > 0 && int(c.spells[c.byStart[0]].from) <= k {
		if i := c.byStart[0]; int(c.spells[i].to) > k {
			c.active = append(c.active, i)
		}
		c.byStart = c.byStart[1:]
	}
	out := make([]Capping, c.bundle.outcomes)
	for column, limit := range c.bundle.caps {
		c.bounds[column] = capBounds{}
		if limit != nil {
			c.bounds[column], out[column] = c.column(column, limit, users)
		}
	}
	return out
}

// column returns the bounds of one column.
func (c *capper) column(column int, limit *experiment.Cap, users int64) (capBounds, Capping) {
	b := capBounds{lo: math.Inf(-1), hi: math.Inf(1), zeros: limit.ZeroUsers, on: true}
	var said Capping
	c.values = c.values[:0]
	for _, i := range c.active {
		if v := c.spells[i].x[column]; v != 0 {
			c.values = append(c.values, v)
		}
	}
	least, most := 0.0, 0.0
	if len(c.values) > 0 {
		least, most = slices.Min(c.values), slices.Max(c.values)
	}
	if n := users - int64(len(c.values)); limit.ZeroUsers && n > 0 {
		least, most = min(least, 0), max(most, 0)
		c.values = append(c.values, make([]float64, n)...)
	}
	end := func(bound *experiment.CapBound, into *float64) *float64 {
		if bound == nil {
			return nil
		}
		v, ok := bound.Value, true
		if bound.IsPercentile {
			v, ok = quantile(c.values, bound.Percentile, c.random)
			if ok && v == 0 && (into == &b.hi && most > 0 || into == &b.lo && least < 0) {
				said.Problem = CapIsZero
			}
		}
		if !ok {
			return nil
		}
		*into = v
		return &v
	}
	said.Lower, said.Upper = end(limit.Lower, &b.lo), end(limit.Upper, &b.hi)
	if b.lo > b.hi {
		said.Problem = CapBoundsCross
	}
	b.on = said.Problem == CapApplied
	return b, said
}

// clamp returns the capped numbers of a user and whether they differ. Covariates have the
// bounds of their outcomes.
func (c *capper) clamp(bounds []capBounds, x raw.Row) (capped raw.Row, differs bool) {
	b := c.bundle
	capped = x
	for i := range b.outcomes {
		capped[i] = bounds[i].clamp(x[i])
		if b.lookback > 0 {
			capped[b.outcomes+i] = bounds[i].clamp(x[b.outcomes+i])
		}
	}
	return capped, capped != x
}

// within reports that no number lies beyond the bounds. Almost none does, so this is asked
// first.
func (c *capper) within(x *raw.Row) bool {
	for i := range c.bounds {
		b := &c.bounds[i]
		if b.on && (x[i] < b.lo || x[i] > b.hi) {
			return false
		}
		if b.on && c.bundle.lookback > 0 && (x[c.bundle.outcomes+i] < b.lo || x[c.bundle.outcomes+i] > b.hi) {
			return false
		}
	}
	return true
}

// capped puts capped numbers in place of raw ones, in cells by place, and returns by place
// how many outcomes that changes, of each column. n is the users by place, and place finds
// that of a user: the arm, or the arm of a segment.
func (c *capper) capped(cells *raw.Cells, n []int64, place func(*spell) int) [][]int64 {
	changed := make([][]int64, len(n))
	zeros := slices.Clone(n)
	for at := range changed {
		changed[at] = make([]int64, c.bundle.outcomes)
	}
	count := func(at int, x, y raw.Row, users int64) {
		for i := range changed[at] {
			if x[i] != y[i] {
				changed[at][i] += users
			}
		}
	}
	for _, i := range c.active {
		s := &c.spells[i]
		at := place(s)
		zeros[at]--
		if c.within(&s.x) {
			continue
		}
		if y, differs := c.clamp(c.bounds, s.x); differs {
			cells.Add(at, &s.x, 0, raw.Leave)
			cells.Add(at, &y, 0, raw.Enter)
			count(at, s.x, y, 1)
		}
	}
	if y, differs := c.clamp(c.bounds, raw.Row{}); differs {
		for at, users := range zeros {
			cells.AddTimes(at, &y, users)
			count(at, raw.Row{}, y, users)
		}
	}
	return changed
}

// link returns what links the capped numbers with those at the look before, in cells by
// arm. both, left and entered count, by arm, the users at both looks and at one alone.
func (c *capper) link(whole []bool, both, left, entered []int64) *raw.Cross {
	cross := raw.NewCross(whole, true, len(both))
	// What is left of these counts are users without a spell.
	both, left, entered = slices.Clone(both), slices.Clone(left), slices.Clone(entered)
	var zero raw.Row
	for _, i := range c.active {
		s := &c.spells[i]
		now, _ := c.clamp(c.bounds, s.x)
		if s.entered && int(s.from) == c.at {
			cross.Entered.Add(int(s.arm), &now, 0, raw.Enter)
			entered[s.arm]--
			continue
		}
		x := &s.x
		if int(s.from) == c.at {
			if x = &zero; s.follows {
				x = &c.spells[i-1].x
			}
		}
		before, _ := c.clamp(c.before, *x)
		cross.Changed(int(s.arm), &before, &now, raw.Enter)
		both[s.arm]--
	}
	for _, i := range c.ended {
		if next := int(i) + 1; next < len(c.spells) && c.spells[next].follows {
			continue
		}
		s := &c.spells[i]
		before, _ := c.clamp(c.before, s.x)
		if s.emptied {
			now, _ := c.clamp(c.bounds, zero)
			cross.Changed(int(s.arm), &before, &now, raw.Enter)
			both[s.arm]--
			continue
		}
		cross.Left.Add(int(s.arm), &before, 0, raw.Enter)
		left[s.arm]--
	}
	before, _ := c.clamp(c.before, zero)
	now, _ := c.clamp(c.bounds, zero)
	for arm := range both {
		cross.ChangedTimes(arm, &before, &now, both[arm])
		cross.Left.AddTimes(arm, &before, left[arm])
		cross.Entered.AddTimes(arm, &now, entered[arm])
	}
	return cross
}
