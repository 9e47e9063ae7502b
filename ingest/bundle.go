package ingest

import (
	"cmp"
	"slices"
	"time"

	"readout/experiment"
)

// bundle is columns whose moments are added up together: those of a metric, and of others
// that need no column besides. A count, say, and the sum that is a ratio of the same count
// are parts of the ratio's moments, and cost nothing more.
type bundle struct {
	clock   int // index into program.clocks
	growing bool
	// columns are values and denominators, then their covariates.
	columns []columnSource
	// outcomes is the number of columns that are not covariates.
	outcomes int
	// converted are the slots that count the conversions in the windows of value columns.
	converted []int
	// lookback is 0 without covariates; then there is no indicator column either.
	lookback int64
	// missing is the place of lookback in program.lookbacks.
	missing int
	// whole says of each column, the indicator included, whether it holds whole numbers.
	whole []bool
	// caps are those of the outcomes; nil where no column has one.
	caps  []*experiment.Cap
	cross bool // Metric.CrossLooks
	// counts says that all columns are of whole numbers, and that nothing but their moments
	// is wanted, at one look or, of those that do not grow, at two.
	counts bool
}

// metricProgram is a metric of a program: the part of a bundle that it needs.
type metricProgram struct {
	bundle int
	// columns are places in the bundle's columns, in the order of Cell.Moments; that of the
	// indicator comes last.
	columns   []int
	converted int // place in bundle.converted
	// values says whose values are kept; nil unless the aggregate is Each.
	values *valueProgram
}

// wholeIf returns which columns are summed as whole numbers, if any are.
func (b *bundle) wholeIf(fits bool) []bool {
	if fits {
		return b.whole
	}
	return make([]bool, len(b.whole))
}

// bundles makes the metrics of an experiment and their bundles. Metrics of two columns come
// first, so that those of one find them.
func (c *compiler) bundles(p *program, e *Experiment, fixed, growing *columnCompiler) {
	order := make([]int, len(e.Metrics))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(len(e.Metrics[b].outcomes()), len(e.Metrics[a].outcomes()))
	})
	p.metrics = make([]metricProgram, len(e.Metrics))
	var leaders []*Metric // by bundle
	for _, i := range order {
		m := &e.Metrics[i]
		at := slices.IndexFunc(leaders, func(leader *Metric) bool { return c.within(p, m, leader) })
		if at < 0 {
			at = len(leaders)
			leaders = append(leaders, m)
			p.bundles = append(p.bundles, c.bundle(p, at, m, fixed, growing))
		}
		p.metrics[i] = c.metric(p, at, m, leaders[at], fixed, growing)
	}
}

// within reports whether a metric is a part of the bundle of another one. Capped numbers
// are others at each look and are not shared.
func (c *compiler) within(p *program, m, leader *Metric) bool {
	if m.MatureAfter != leader.MatureAfter || m.Lookback != leader.Lookback || m.CrossLooks != leader.CrossLooks {
		return false
	}
	columns, all := m.outcomes(), leader.outcomes()
	capped := func(col *Column) bool { return col.Cap != nil }
	if slices.ContainsFunc(columns, capped) || slices.ContainsFunc(all, capped) || c.grows(m, columns) != c.grows(leader, all) {
		return false
	}
	return !slices.ContainsFunc(columns, func(col *Column) bool { return c.place(p, col, all) < 0 })
}

// place returns the first of the columns that is the same number as a column; −1 if none is.
// The same number with another cap, or with none, is another one.
func (c *compiler) place(p *program, col *Column, columns []*Column) int {
	key := c.outcome(p, col)
	return slices.IndexFunc(columns, func(other *Column) bool { return other.Cap == col.Cap && c.outcome(p, other) == key })
}

// bundle makes the bundle of a metric, which is to be the at-th.
func (c *compiler) bundle(p *program, at int, m *Metric, fixed, growing *columnCompiler) bundle {
	columns := m.outcomes()
	b := bundle{
		clock:    p.clock(m.MatureAfter.Microseconds()),
		growing:  c.grows(m, columns),
		outcomes: len(columns),
		lookback: m.Lookback.Microseconds(),
		cross:    m.CrossLooks && len(c.looks) > 1,
	}
	p.hasCross = p.hasCross || b.cross
	outcomes := fixed
	if b.growing {
		outcomes, p.hasGrowing = growing, true
		p.changing |= bundleBit(at)
	} else {
		p.steady |= bundleBit(at)
	}
	for j, col := range columns {
		if col.Cap != nil {
			if b.caps == nil {
				b.caps = make([]*experiment.Cap, len(columns))
			}
			b.caps[j] = col.Cap
		}
		b.columns = append(b.columns, outcomes.source(c.outcome(p, col), at))
		b.whole = append(b.whole, col.whole())
	}
	if b.lookback > 0 {
		b.missing = p.lookback(b.lookback, at)
		for _, col := range columns {
			b.columns = append(b.columns, fixed.source(c.key(col, -b.lookback, 0), at))
			b.whole = append(b.whole, col.whole())
		}
		b.whole = append(b.whole, true)
	}
	b.counts = !(b.cross && b.growing) && !slices.Contains(b.whole, false)
	return b
}

// metric makes a metric whose columns are among those of a bundle.
func (c *compiler) metric(p *program, at int, m, leader *Metric, fixed, growing *columnCompiler) metricProgram {
	b := &p.bundles[at]
	mp := metricProgram{bundle: at}
	for _, col := range m.outcomes() {
		mp.columns = append(mp.columns, c.place(p, col, leader.outcomes()))
	}
	if b.lookback > 0 {
		for _, place := range mp.columns {
			mp.columns = append(mp.columns, b.outcomes+place)
		}
		mp.columns = append(mp.columns, len(b.columns))
	}
	key := c.outcome(p, &m.Value)
	if m.Value.Aggregate == Each {
		p.hasValues = true
		mp.values = &valueProgram{kinds: make([]bool, len(c.kinds.kinds)), lo: key.lo, hi: key.hi, end: key.end}
		for _, kind := range c.passing(&m.Value) {
			mp.values.kinds[kind] = true
		}
	}
	key.aggregate = Count
	outcomes := fixed
	if b.growing {
		outcomes = growing
	}
	slot := outcomes.source(key, at).slot
	mp.converted = slices.Index(b.converted, slot)
	if mp.converted < 0 {
		mp.converted = len(b.converted)
		b.converted = append(b.converted, slot)
	}
	return mp
}

// clock returns the place of a metric's clock.
func (p *program) clock(matureAfter int64) int {
	at := slices.Index(p.clocks, matureAfter)
	if at < 0 {
		at = len(p.clocks)
		p.clocks = append(p.clocks, matureAfter)
	}
	return at
}

// lookback returns the place of a bundle's look-back.
func (p *program) lookback(length int64, bundle int) int {
	at := slices.IndexFunc(p.lookbacks, func(l lookback) bool { return l.length == length })
	if at < 0 {
		at = len(p.lookbacks)
		p.lookbacks = append(p.lookbacks, lookback{length: length})
	}
	p.lookbacks[at].bundles |= bundleBit(bundle)
	return at
}

// grows reports whether the columns of a user who counts may still change from look to
// look: not if all windows are over by the time the user is mature, nor if there is only
// one look. With dates only, that takes windows of whole days: the last date in such a
// window begins most of a day before the window is over, whatever clocks are put forward
// or back.
func (c *compiler) grows(m *Metric, columns []*Column) bool {
	if len(c.looks) == 1 {
		return false
	}
	for _, col := range columns {
		if col.To == 0 || col.To > m.MatureAfter || c.dateOnly && col.To%(24*time.Hour) != 0 {
			return true
		}
	}
	return false
}
