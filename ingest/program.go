package ingest

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"readout/ingest/tables"
)

// armRules says which exposure rows of an experiment count, and for which arm.
type armRules struct {
	start, end int64 // exposures in [start, end) count
	counted    int64 // those from here on are counted as left out otherwise
	// variants are the positions in Experiment.Variants in the order of their names: the
	// rank of a variant is its position here.
	variants []int
	// rank of a variant by the code of its name; -1 if it is none of this experiment's.
	rank []int32
}

// program is an experiment with everything resolved that the loops over users would
// otherwise look up: names to numbers, columns to slots of flat arrays, windows to µs.
type program struct {
	*armRules
	several SeveralVariants
	phases  []int64
	// ownLooks says for which looks of the run the totals have numbers.
	ownLooks
	// clocks are the different values of Metric.MatureAfter.
	clocks  []int64
	metrics []metricProgram
	bundles []bundle
	// steady are the bundles that do not grow, changing those that do.
	steady, changing bundleSet
	lookbacks        []lookback

	// fixed computes the columns that are the same at every look that counts the user,
	// growing those that depend on the look.
	fixed, growing columnProgram
	// By kind: wants says that some metric counts it, reads that some metric reads its value.
	wants, reads []bool
	// wanted is wants as numbers, 0 or 1.
	wanted []uint8
	// hasGrowing says that some metric's columns depend on the look, hasCross that one is to
	// be linked from look to look, hasValues that one keeps single values.
	hasGrowing, hasCross, hasValues bool
}

// lookback is one of the different values of Metric.Lookback that are not 0.
type lookback struct {
	length  int64
	bundles bundleSet
}

// arms counts the variants of all phases.
func (p *program) arms() int { return (len(p.phases) + 1) * len(p.variants) }

// columnSource says where a user's number comes from.
type columnSource struct {
	slot int
	any  bool // 1 if the slot is positive
	// most is the most that a whole number can be: 1 for any.
	most int64
}

// columnProgram turns a user's conversions into numbers in slots.
type columnProgram struct {
	aggregates []Aggregate   // of each slot
	kinds      [][]windowOps // by kind of conversion
	days       int           // slots of DistinctDays
	spans      spanTable     // what kinds come to, see seal
}

// windowOps is what to do with a conversion in a window.
type windowOps struct {
	lo, hi  int64 // after the first exposure
	end     int64 // instant
	ops     []slotOp
	bundles bundleSet // whose numbers change
	clock   int64     // the least of these bundles' clocks
}

// bundleSet is a set of bundles, by position; those from 63 on go together.
type bundleSet uint64

func bundleBit(i int) bundleSet { return 1 << min(i, 63) }

func (s bundleSet) has(i int) bool { return s&bundleBit(i) != 0 }

// next returns the first bundle of the set from i on, among all from 63 on if there is one
// of those; math.MaxInt if there is none.
func (s bundleSet) next(i int) int {
	if i >= 63 {
		if s.has(63) {
			return i
		}
		return math.MaxInt
	}
	if s >>= i; s == 0 {
		return math.MaxInt
	}
	return i + bits.TrailingZeros64(uint64(s))
}

type slotOp struct {
	kind Aggregate
	slot int
}

// slotKey tells slots apart. Bundles that need the same number share a slot.
type slotKey struct {
	event     int
	where     int // place in eventKinds.wheres, -1 without filters
	aggregate Aggregate
	lo, hi    int64
	end       int64
}

// compiler builds the programs of a query.
type compiler struct {
	looks    lookTable
	dateOnly bool // conversions carry dates only
	events   tables.FixedNames
	kinds    *eventKinds
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

// variantsOf returns the names of all variants, each once.
func variantsOf(q *Query) []string {
	var names []string
	for i := range q.Experiments {
		names = append(names, q.Experiments[i].Variants...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func bound(t time.Time, none int64) int64 {
	if t.IsZero() {
		return none
	}
	return microseconds(t)
}

// newArmRules resolves the names of variants by the codes of those of all experiments.
func newArmRules(e *Experiment, codes tables.FixedNames) *armRules {
	r := &armRules{
		start: bound(e.Start, noTime),
		end:   bound(e.End, latestTime),
		rank:  make([]int32, len(codes)),
	}
	r.counted = countedFrom(r.start)
	for i := range e.Variants {
		r.variants = append(r.variants, i)
	}
	slices.SortFunc(r.variants, func(a, b int) int { return strings.Compare(e.Variants[a], e.Variants[b]) })
	for i := range r.rank {
		r.rank[i] = -1
	}
	for rank, i := range r.variants {
		r.rank[codes[e.Variants[i]]] = int32(rank)
	}
	return r
}

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
