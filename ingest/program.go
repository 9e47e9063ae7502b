package ingest

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"readout/experiment"
)

// armRules says which exposure rows of an experiment count, and for which arm.
type armRules struct {
	start, end int64 // exposures in [start, end) count
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
	// clocks are the different values of Metric.MatureAfter.
	clocks  []int64
	metrics []metricProgram
	// steady are the metrics that do not grow, changing those that do.
	steady, changing metricSet
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

// metricProgram is a metric of a program.
type metricProgram struct {
	clock   int // index into program.clocks
	growing bool
	// columns are, in the order of Cell.Moments: value, denominator, covariates.
	columns []columnSource
	// outcomes is the number of columns that are not covariates.
	outcomes int
	// converted is the slot that counts the conversions in the value column's window.
	converted int
	// lookback is 0 without covariates; then there is no indicator column either.
	lookback int64
	// missing is the place of lookback in program.lookbacks.
	missing int
	// whole says of each column, the indicator included, whether it holds whole numbers.
	whole []bool
	// caps are those of the outcomes; nil where no column has one.
	caps  []*experiment.Cap
	cross bool // Metric.CrossLooks
	// counts says that all columns are of whole numbers, without any caps, and that nothing
	// but their moments is wanted.
	counts bool
	// values says whose values are kept; nil unless the aggregate is Each.
	values *valueProgram
}

// lookback is one of the different values of Metric.Lookback that are not 0.
type lookback struct {
	length  int64
	metrics metricSet
}

// arms counts the variants of all phases.
func (p *program) arms() int { return (len(p.phases) + 1) * len(p.variants) }

// wholeIf returns which columns are summed as whole numbers, if any are.
func (m *metricProgram) wholeIf(fits bool) []bool {
	if fits {
		return m.whole
	}
	return make([]bool, len(m.whole))
}

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
	metrics metricSet // whose numbers change
}

// metricSet is a set of metrics, by position; those from 63 on go together.
type metricSet uint64

func metricBit(i int) metricSet { return 1 << min(i, 63) }

func (s metricSet) has(i int) bool { return s&metricBit(i) != 0 }

// next returns the first metric of the set from i on, among all from 63 on if there is one
// of those; math.MaxInt if there is none.
func (s metricSet) next(i int) int {
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

// slotKey tells slots apart. Metrics that need the same number share a slot.
type slotKey struct {
	event     int
	where     int // place in eventKinds.wheres, -1 without filters
	aggregate Aggregate
	lo, hi    int64
	end       int64
}

// compiler builds the programs of a query.
type compiler struct {
	looks    int
	dateOnly bool // conversions carry dates only
	events   fixedNames
	kinds    *eventKinds
}

// events of a query, in the order of their first mention.
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
func newArmRules(e *Experiment, codes fixedNames) *armRules {
	r := &armRules{
		start: bound(e.Start, noTime),
		end:   bound(e.End, latestTime),
		rank:  make([]int32, len(codes)),
	}
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
	p := &program{armRules: arms, several: e.SeveralVariants}
	for _, t := range e.Phases {
		p.phases = append(p.phases, microseconds(t))
	}
	fixed := newColumnCompiler(c.kinds, &p.fixed)
	growing := newColumnCompiler(c.kinds, &p.growing)
	for i := range e.Metrics {
		p.metrics = append(p.metrics, c.metric(p, i, &e.Metrics[i], fixed, growing))
	}
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
	p.fixed.seal()
	p.growing.seal()
	return p
}

func (c *compiler) metric(p *program, i int, m *Metric, fixed, growing *columnCompiler) metricProgram {
	clock := m.MatureAfter.Microseconds()
	at := slices.Index(p.clocks, clock)
	if at < 0 {
		at = len(p.clocks)
		p.clocks = append(p.clocks, clock)
	}
	columns := m.outcomes()
	mp := metricProgram{
		clock:    at,
		outcomes: len(columns),
		lookback: m.Lookback.Microseconds(),
		growing:  c.grows(m, columns),
		cross:    m.CrossLooks && c.looks > 1,
	}
	p.hasCross = p.hasCross || mp.cross
	for _, col := range columns {
		if col.Cap != nil {
			mp.caps = make([]*experiment.Cap, len(columns))
		}
	}
	outcome := fixed
	if mp.growing {
		outcome, p.hasGrowing = growing, true
		p.changing |= metricBit(i)
	} else {
		p.steady |= metricBit(i)
	}
	for j, col := range columns {
		if mp.caps != nil {
			mp.caps[j] = col.Cap
		}
		key := c.key(col, col.From.Microseconds(), col.To.Microseconds())
		if key.hi == 0 {
			key.hi, key.end = latestTime, p.end
		}
		if col.Aggregate == Each {
			p.hasValues = true
			mp.values = &valueProgram{kinds: make([]bool, len(c.kinds.kinds)), lo: key.lo, hi: key.hi, end: key.end}
			for _, kind := range c.passing(col) {
				mp.values.kinds[kind] = true
			}
		}
		mp.columns = append(mp.columns, outcome.source(key, i))
		mp.whole = append(mp.whole, col.whole())
		if col == &m.Value {
			key.aggregate = Count
			mp.converted = outcome.source(key, i).slot
		}
	}
	if mp.lookback > 0 {
		mp.missing = p.lookback(mp.lookback, i)
		for _, col := range columns {
			mp.columns = append(mp.columns, fixed.source(c.key(col, -mp.lookback, 0), i))
			mp.whole = append(mp.whole, col.whole())
		}
		mp.whole = append(mp.whole, true)
	}
	mp.counts = !mp.cross && !slices.Contains(mp.whole, false)
	return mp
}

// lookback returns the place of a metric's look-back.
func (p *program) lookback(length int64, metric int) int {
	at := slices.IndexFunc(p.lookbacks, func(l lookback) bool { return l.length == length })
	if at < 0 {
		at = len(p.lookbacks)
		p.lookbacks = append(p.lookbacks, lookback{length: length})
	}
	p.lookbacks[at].metrics |= metricBit(metric)
	return at
}

// passing returns the kinds of conversions that a column counts.
func (c *compiler) passing(col *Column) []int {
	key := c.key(col, 0, 0)
	return c.kinds.passing(key.event, key.where)
}

// whole reports whether the column holds whole numbers. Bounds may be others.
func (c *Column) whole() bool { return !c.Aggregate.NeedsValue() && c.Cap == nil }

// key returns the slot of a column in [lo, hi) after the first exposure.
func (c *compiler) key(col *Column, lo, hi int64) slotKey {
	key := slotKey{event: int(c.events[col.Event]), where: -1, aggregate: col.Aggregate, lo: lo, hi: hi, end: latestTime}
	if len(col.Where) > 0 {
		key.where = c.kinds.where(key.event, col.Where)
	}
	return key
}

// grows reports whether the columns of a user who counts may still change from look to
// look: not if all windows are over by the time the user is mature, nor if there is only
// one look. With dates only, that takes windows of whole days: the last date in such a
// window begins most of a day before the window is over, whatever clocks are put forward
// or back.
func (c *compiler) grows(m *Metric, columns []*Column) bool {
	if c.looks == 1 {
		return false
	}
	for _, col := range columns {
		if col.To == 0 || col.To > m.MatureAfter || c.dateOnly && col.To%(24*time.Hour) != 0 {
			return true
		}
	}
	return false
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
// metric.
func (c *columnCompiler) source(key slotKey, metric int) columnSource {
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
		w.metrics |= metricBit(metric)
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
