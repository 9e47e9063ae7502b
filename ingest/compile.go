package ingest

import (
	"math"
	"slices"

	"readout/ingest/tables"
)

// compiler builds the programs of a query.
type compiler struct {
	looks    lookTable
	dateOnly bool // conversions have dates for times, in some file at least
	events   tables.FixedNames
	kinds    *eventKinds
}

// slotKey tells slots apart. Bundles that need the same number share a slot.
type slotKey struct {
	event     int
	where     int // place in eventKinds.wheres, -1 without filters
	aggregate Aggregate
	lo, hi    int64
	end       int64
}

// eventsOf returns the events of a query, in the order of their first mention.
func eventsOf(q *Query) []string {
	var names []string
	for i := range q.Experiments {
		for j := range q.Experiments[i].Metrics {
			for _, c := range q.Experiments[i].Metrics[j].outcomes() {
				if !slices.Contains(names, c.Event) {
					names = append(names, c.Event)
				}
			}
		}
	}
	return names
}

// program makes the program of an experiment, whose arms are known.
func (c *compiler) program(e *Experiment, arms *armRules) *program {
	p := &program{armRules: arms, several: e.SeveralVariants, ownLooks: newOwnLooks(c.looks, arms.start)}
	for _, t := range e.Phases {
		p.phases = append(p.phases, microseconds(t))
	}
	fixed := newColumnCompiler(c.kinds, &p.fixed)
	growing := newColumnCompiler(c.kinds, &p.growing)
	c.bundles(p, e, fixed, growing)
	p.wants, p.reads = make([]bool, len(c.kinds.kinds)), make([]bool, len(c.kinds.kinds))
	for i := range e.Metrics {
		for _, col := range e.Metrics[i].outcomes() {
			for _, kind := range c.passing(col) {
				p.wants[kind] = true
				p.reads[kind] = p.reads[kind] || col.Aggregate.NeedsValue()
			}
		}
	}
	p.wanted = make([]uint8, len(p.wants))
	for kind, wants := range p.wants {
		if wants {
			p.wanted[kind] = 1
		}
	}
	p.setClocks(&p.fixed)
	p.setClocks(&p.growing)
	p.fixed.seal()
	p.growing.seal()
	return p
}

// setClocks sets the clocks of windows, whose bundles must be known.
func (p *program) setClocks(c *columnProgram) {
	for _, windows := range c.kinds {
		for i := range windows {
			w := &windows[i]
			w.clock = math.MaxInt64
			for b := w.bundles.next(0); b < len(p.bundles); b = w.bundles.next(b + 1) {
				w.clock = min(w.clock, p.clocks[p.bundles[b].clock])
			}
		}
	}
}

// passing returns the kinds of conversions that a column counts.
func (c *compiler) passing(col *Column) []int {
	key := c.key(col, 0, 0)
	return c.kinds.passing(key.event, key.where)
}

// whole reports whether the column holds whole numbers. Bounds may be others.
func (c *Column) whole() bool { return !c.Aggregate.NeedsValue() && c.Cap == nil }

// outcome returns the slot of a column in its own window.
func (c *compiler) outcome(p *program, col *Column) slotKey {
	key := c.key(col, col.From.Microseconds(), col.To.Microseconds())
	if key.hi == 0 {
		key.hi, key.end = latestTime, p.end
	}
	return key
}

// key returns the slot of a column in [lo, hi) after the first exposure.
func (c *compiler) key(col *Column, lo, hi int64) slotKey {
	key := slotKey{event: int(c.events[col.Event]), where: -1, aggregate: col.Aggregate, lo: lo, hi: hi, end: latestTime}
	if len(col.Where) > 0 {
		key.where = c.kinds.where(key.event, col.Where)
	}
	return key
}

// columnCompiler hands out the slots of a columnProgram.
type columnCompiler struct {
	program *columnProgram
	kinds   *eventKinds
	slots   map[slotKey]int
}

func newColumnCompiler(kinds *eventKinds, p *columnProgram) *columnCompiler {
	p.kinds = make([][]windowOps, len(kinds.kinds))
	return &columnCompiler{program: p, kinds: kinds, slots: map[slotKey]int{}}
}

// source returns where the number of the key will stand, and adds what computes it for a
// bundle.
func (c *columnCompiler) source(key slotKey, bundle int) columnSource {
	isAny := key.aggregate == Any
	if isAny {
		key.aggregate = Count
	}
	p := c.program
	slot, ok := c.slots[key]
	if !ok {
		slot = len(p.aggregates)
		c.slots[key] = slot
		p.aggregates = append(p.aggregates, key.aggregate)
		if key.aggregate == DistinctDays {
			p.days++
		}
	}
	for _, kind := range c.kinds.passing(key.event, key.where) {
		w := c.window(kind, key)
		w.bundles |= bundleBit(bundle)
		if !ok {
			w.ops = append(w.ops, slotOp{key.aggregate, slot})
		}
	}
	source := columnSource{slot, isAny, math.MaxInt64}
	if isAny {
		source.most = 1
	}
	return source
}

// window returns the window of the key among those of a kind.
func (c *columnCompiler) window(kind int, key slotKey) *windowOps {
	windows := &c.program.kinds[kind]
	for i := range *windows {
		if w := &(*windows)[i]; w.lo == key.lo && w.hi == key.hi && w.end == key.end {
			return w
		}
	}
	*windows = append(*windows, windowOps{lo: key.lo, hi: key.hi, end: key.end})
	return &(*windows)[len(*windows)-1]
}
