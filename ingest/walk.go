package ingest

import (
	"readout/ingest/raw"
	"readout/moments"
)

// lookWalk goes through the own looks of a bundle's experiment, in order, and makes the cells
// of its metrics. Arms are phase × variants + rank.
type lookWalk struct {
	bundle *bundle
	ownLooks
	k        int // own look
	raw      *raw.Cells
	clock    []int64 // users that count, by arm and look
	entering []int64 // users that begin to; nil where nobody ceases to
	recorded *raw.Cross
	caps     *capper
	known    []cappedLook // by look of the run, what caps come to; the walk fills in what is not known

	users   []int64 // by arm
	now     cellsAt
	before  cellsAt
	capping []Capping
	capped  [][]int64 // by arm
	both    []int64   // users at this look and the one before, by arm
	cross   cellsAtCross
}

// cellsAt is the cells of one look: those of arm i are at first + i·step.
type cellsAt struct {
	*raw.Cells
	first, step int
}

// cellsAtCross is the same for what links two looks.
type cellsAtCross struct {
	*raw.Cross
	first, step int
}

// newLookWalk begins before the first look.
func newLookWalk(p *program, t *experimentTotals, at int) *lookWalk {
	b := &p.bundles[at]
	w := &lookWalk{bundle: b, ownLooks: p.ownLooks, k: -1, raw: t.bundles[at], clock: t.clocks[b.clock], recorded: t.crosses[at]}
	w.users = make([]int64, p.arms())
	if t.entering != nil {
		w.entering = t.entering[b.clock]
	}
	if w.known = t.capped[at]; b.caps != nil && w.known == nil {
		w.caps = newCapper(b, t.spells[at])
	}
	return w
}

// look is where the walk is among the looks of the run.
func (w *lookWalk) look() int { return w.skip + w.k }

// next goes on to the next look.
func (w *lookWalk) next() {
	w.k++
	w.before = w.now
	w.now = cellsAt{w.raw, w.k, w.looks}
	earlier := w.users
	w.users = make([]int64, len(earlier))
	var all int64
	for arm := range w.users {
		at := arm*w.looks + w.k
		if w.k > 0 {
			w.raw.Accumulate(at, at-1)
		}
		w.users[arm] = w.clock[at]
		all += w.clock[at]
	}
	if w.bundle.caps != nil {
		w.cap(all)
	}
	if w.look() > 0 {
		w.link(earlier)
	}
}

// cap puts capped numbers in place of raw ones. So many users count at the look.
func (w *lookWalk) cap(users int64) {
	var l cappedLook
	if w.known != nil {
		l = w.known[w.look()]
	}
	if l.cells == nil {
		l.capping, l.cells = w.caps.look(w.look(), users), w.raw.Pick(w.k, w.looks)
		l.changed = w.caps.capped(l.cells, w.users, func(s *spell) int { return int(s.arm) })
	}
	if w.known != nil {
		w.known[w.look()] = l
	}
	w.capping, w.capped, w.now = l.capping, l.changed, cellsAt{l.cells, 0, 1}
}

// link finds what links the look with the one before, at which there were so many users.
func (w *lookWalk) link(earlier []int64) {
	w.both = earlier
	if w.entering == nil {
		return
	}
	arms := len(w.users)
	w.both = make([]int64, arms)
	left, entered := make([]int64, arms), make([]int64, arms)
	for arm := range w.users {
		entered[arm] = w.entering[arm*w.looks+w.k]
		w.both[arm] = w.users[arm] - entered[arm]
		left[arm] = earlier[arm] - w.both[arm]
	}
	if !w.bundle.cross {
		return
	}
	w.cross = cellsAtCross{w.recorded, w.k, w.looks}
	if w.caps != nil {
		w.cross = cellsAtCross{w.caps.link(w.raw.Whole(), w.both, left, entered), 0, 1}
	}
}

// shownMetric is a metric on the way to its cells.
type shownMetric struct {
	at     int // of the metric among all
	view   raw.View
	values [][]valueRecord // by arm; nil unless single values are kept
}

// metrics returns the metrics of the bundle, which is the at-th.
func (w *lookWalk) metrics(p *program, t *experimentTotals, at int) []shownMetric {
	var out []shownMetric
	for i := range p.metrics {
		m := &p.metrics[i]
		if m.bundle != at {
			continue
		}
		s := shownMetric{at: i, view: w.raw.View(m.columns, m.converted)}
		if m.values != nil {
			s.values = valuesByArm(t.values[i], p.arms())
		}
		out = append(out, s)
	}
	return out
}

// cell returns the cell of a metric in an arm.
func (w *lookWalk) cell(m *shownMetric, arm int) Cell {
	c := metricCell(w.now.Cells, w.now.first+arm*w.now.step, w.users[arm], &m.view)
	if w.capped != nil {
		c.Capped = w.capped[arm]
	}
	if m.values != nil {
		c.Values = &Values{look: int32(w.look()), records: m.values[arm]}
	}
	switch {
	case w.look() == 0:
	case !w.bundle.cross:
		c.Previous = &moments.Set{N: w.both[arm]}
	default:
		c.Previous = w.cross.Joint(w.cross.first+arm*w.cross.step, w.both[arm], &m.view,
			w.before.Cells, w.now.Cells, w.before.first+arm*w.before.step, w.now.first+arm*w.now.step)
	}
	return c
}

// metricCell returns what one of the cells says of a metric's columns.
func metricCell(cells *raw.Cells, at int, n int64, v *raw.View) Cell {
	return Cell{Moments: cells.Moments(at, n, v), Converted: cells.Converted(at, v)}
}

// segmentWalk goes through the looks of a bundle in the segments of a column, beside the
// walk through those of the whole.
type segmentWalk struct {
	*lookWalk
	slots  *segmentSlots
	column int
	ranks  *segmentRanks
	totals *armTotals
	bundle int
	// values are the places of single values among those of an arm, by the place of their metric,
	// arm and slot.
	values map[int][][][]uint32

	cells  *raw.Cells
	users  []int64
	capped [][]int64
}

// newSegmentWalk begins before the first look of a walk, whose bundle is the at-th and has
// these metrics.
func newSegmentWalk(w *lookWalk, c *segmentColumn, column, at int, metrics []shownMetric) *segmentWalk {
	s := &segmentWalk{lookWalk: w, slots: c.slots, column: column, ranks: c.ranks, totals: c.totals, bundle: at}
	s.values = make(map[int][][][]uint32)
	for _, m := range metrics {
		for _, records := range m.values {
			s.values[m.at] = append(s.values[m.at], s.bySlot(records))
		}
	}
	return s
}

// bySlot returns the places of records by slot.
func (w *segmentWalk) bySlot(records []valueRecord) [][]uint32 {
	places := make([][]uint32, len(w.slots.values))
	for i := range records {
		slot := w.slots.slot[w.ranks.values[records[i].set][w.column]]
		places[slot] = append(places[slot], uint32(i))
	}
	return places
}

// next follows the walk to its look. Cells, users and capped are by slot and arm then.
func (w *segmentWalk) next() {
	arms := len(w.lookWalk.users)
	sums := w.totals.bundles[w.bundle]
	for at := w.k; w.k > 0 && at < sums.Len(); at += w.looks {
		sums.Accumulate(at, at-1)
	}
	w.cells = w.slots.pooled(sums, arms, w.k, w.looks)
	w.users = w.slots.pooledCounts(w.totals.clocks[w.lookWalk.bundle.clock], arms, w.k, w.looks)
	if w.caps != nil {
		w.capped = w.caps.capped(w.cells, w.users, func(s *spell) int {
			return w.slots.at(w.ranks.values[s.set][w.column], w.k)*arms + int(s.arm)
		})
	}
}

// cell returns the cell of a metric in an arm in a slot.
func (w *segmentWalk) cell(m *shownMetric, slot, arm int) Cell {
	at := slot*len(w.lookWalk.users) + arm
	c := metricCell(w.cells, at, w.users[at], &m.view)
	if w.caps != nil {
		c.Capped = w.capped[at]
	}
	if m.values != nil {
		c.Values = &Values{int32(w.look()), m.values[arm], w.slots.pooledPlaces(w.values[m.at][arm], slot, w.k)}
	}
	return c
}
