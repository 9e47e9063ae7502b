package ingest

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// experiments makes the results of totals, which are used up.
func (r *runner) experiments(ctx context.Context, programs []*program, totals []*experimentTotals, segments experimentSegments) ([]ExperimentResult, error) {
	unknown := r.unknownVariants()
	wanted, noValue := r.kindRows()
	out := make([]ExperimentResult, len(programs))
	err := share(ctx, min(r.workers, len(programs)), len(programs), func(_, i int) error {
		p, t := programs[i], totals[i]
		looks := make([]LookResult, len(r.looks))
		users(p, t, looks)
		r.leftOut(i, p, t, wanted, noValue, looks)
		for k := range looks {
			looks[k].Left.UnknownVariants = r.unknownAt(unknown[i], r.atLooks[k])
		}
		cumulateAll(t.clocks, p.looks)
		var columns []segmentColumn
		if segments.ranks != nil {
			columns = r.segmentColumns(p, t, segments.ranks, segments.slots[i], looks)
		}
		for b := range p.bundles {
			p.show(t, b, columns, looks, r.looks.asked())
		}
		out[i].Looks = looks[:len(r.q.Looks)]
		return nil
	})
	return out, err
}

// users fills in how many users the looks have, and makes room for their metrics.
func users(p *program, t *experimentTotals, looks []LookResult) {
	phases, variants := len(p.phases)+1, len(p.variants)
	for k := range looks {
		looks[k].Users, looks[k].Several = make([]int64, variants), make([]int64, variants)
		looks[k].PhaseUsers, looks[k].PhaseSeveral = p.noUsers(), p.noUsers()
		looks[k].Metrics, looks[k].Caps = make([][][]Cell, len(p.metrics)), make([][]Capping, len(p.metrics))
	}
	for phase := range phases {
		for rank, variant := range p.variants {
			at := (phase*variants + rank) * p.looks
			users, several := t.users[at:at+p.looks], t.several[at:at+p.looks]
			cumulate(users)
			cumulate(several)
			for k := range users {
				look := &looks[p.skip+k]
				look.PhaseUsers[phase][variant] = users[k]
				look.PhaseSeveral[phase][variant] = several[k]
				look.Users[variant] += users[k]
				look.Several[variant] += several[k]
			}
		}
	}
}

// noUsers returns counts by phase and variant, all 0.
func (p *program) noUsers() [][]int64 {
	out := make([][]int64, len(p.phases)+1)
	for phase := range out {
		out[phase] = make([]int64, len(p.variants))
	}
	return out
}

// cumulateAll cumulates counts by look, one arm after the other.
func cumulateAll(counts [][]int64, looks int) {
	for _, n := range counts {
		for at := 0; at < len(n); at += looks {
			cumulate(n[at : at+looks])
		}
	}
}

// segmentColumn is an experiment in the segments of a column.
type segmentColumn struct {
	slots  *segmentSlots
	totals *armTotals
	ranks  *segmentRanks
	// shown are, by own look, the slots in the order of the result.
	shown [][]int
}

// segmentColumns adds the segments to the looks, without their metrics yet.
func (r *runner) segmentColumns(p *program, t *experimentTotals, ranks *segmentRanks, slots []segmentSlots, looks []LookResult) []segmentColumn {
	columns := make([]segmentColumn, len(slots))
	for i := range slots {
		c := segmentColumn{slots: &slots[i], totals: &t.segments[i], ranks: ranks, shown: make([][]int, p.looks)}
		if c.slots.apart == nil {
			c.slots.tellApart(r.limits.largest(c.slots.counts(c.totals.users, p.looks), p.looks))
		}
		cumulateAll(append([][]int64{c.totals.users, c.totals.several}, c.totals.clocks...), p.looks)
		for k := range looks {
			var segments []Segment
			if !ranks.wide[i] && k >= p.skip {
				segments = c.at(p, i, k-p.skip)
			}
			looks[k].Segments = append(looks[k].Segments, segments)
		}
		columns[i] = c
	}
	return columns
}

// at makes the segments of an own look, and notes their slots.
func (c *segmentColumn) at(p *program, column, k int) []Segment {
	users := c.slots.pooledCounts(c.totals.users, p.arms(), k, p.looks)
	several := c.slots.pooledCounts(c.totals.several, p.arms(), k, p.looks)
	var segments []Segment
	for n := range c.slots.values {
		slot := (n + 1) % len(c.slots.values) // slot 0 comes last
		s := c.slots.name(c.ranks.texts[column], slot)
		s.Users, s.Several = make([]int64, len(p.variants)), make([]int64, len(p.variants))
		s.PhaseUsers, s.PhaseSeveral = p.noUsers(), p.noUsers()
		s.Metrics = make([][][]Cell, len(p.metrics))
		var all int64
		for arm := range p.arms() {
			phase, variant, at := arm/len(p.variants), p.variants[arm%len(p.variants)], slot*p.arms()+arm
			s.Users[variant] += users[at]
			s.Several[variant] += several[at]
			s.PhaseUsers[phase][variant] = users[at]
			s.PhaseSeveral[phase][variant] = several[at]
			all += users[at] + several[at]
		}
		if slot == 0 && all > 0 || slot > 0 && c.slots.apart[k][slot] {
			segments = append(segments, s)
			c.shown[k] = append(c.shown[k], slot)
		}
	}
	return segments
}

// show fills in the cells of the metrics of a bundle, at the looks asked for.
func (p *program) show(t *experimentTotals, bundle int, columns []segmentColumn, looks []LookResult, asked int) {
	w := newLookWalk(p, t, bundle)
	metrics := w.metrics(p, t, bundle)
	var walks []*segmentWalk
	for column := range columns {
		walks = append(walks, newSegmentWalk(w, &columns[column], column, bundle, metrics))
	}
	for k := p.skip; k < asked; k++ {
		w.next()
		for i := range metrics {
			m := &metrics[i]
			looks[k].Metrics[m.at] = p.cube(func(arm int) Cell { return w.cell(m, arm) })
			looks[k].Caps[m.at] = w.capping
		}
		for column, s := range walks {
			s.next()
			for n, slot := range columns[column].shown[k-p.skip] {
				for i := range metrics {
					m := &metrics[i]
					looks[k].Segments[column][n].Metrics[m.at] = p.cube(func(arm int) Cell { return s.cell(m, slot, arm) })
				}
			}
		}
	}
	for k := range p.skip {
		for i := range metrics {
			at := metrics[i].at
			looks[k].Metrics[at], looks[k].Caps[at] = looks[p.skip].Metrics[at], looks[p.skip].Caps[at]
			if k == 0 {
				looks[k].Metrics[at] = withoutPrevious(looks[k].Metrics[at])
			}
		}
	}
}

// withoutPrevious returns cells as those of the first look of a run, before which there is none.
func withoutPrevious(cube [][]Cell) [][]Cell {
	out := make([][]Cell, len(cube))
	for phase, cells := range cube {
		out[phase] = slices.Clone(cells)
		for i := range out[phase] {
			out[phase][i].Previous = nil
		}
	}
	return out
}

// cube arranges the cells of arms by phase and variant.
func (p *program) cube(cell func(arm int) Cell) [][]Cell {
	cube := make([][]Cell, len(p.phases)+1)
	for phase := range cube {
		cube[phase] = make([]Cell, len(p.variants))
		for rank, variant := range p.variants {
			cube[phase][variant] = cell(phase*len(p.variants) + rank)
		}
	}
	return cube
}

// kindRows returns the rows of all workers by kind and instant of r.seen: all, and without a value.
func (r *runner) kindRows() (wanted, noValue [][]int64) {
	for range r.kinds.kinds {
		wanted = append(wanted, make([]int64, len(r.seen)))
		noValue = append(noValue, make([]int64, len(r.seen)))
	}
	for _, v := range r.conversions {
		for kind := range v.wanted {
			addInts(wanted[kind], v.wanted[kind])
			addInts(noValue[kind], v.noValue[kind])
		}
	}
	return wanted, noValue
}

// leftOut fills in the counts of rows that took no part.
func (r *runner) leftOut(experiment int, p *program, t *experimentTotals, wanted, noValue [][]int64, looks []LookResult) {
	n := len(r.seen)
	sum := exposureCounts{make([]int64, n), make([]int64, n), make([]int64, n)}
	for _, v := range r.exposures {
		c := v.experiments[experiment]
		addInts(sum.rows, c.rows)
		addInts(sum.before, c.before)
		addInts(sum.after, c.after)
	}
	rows, missing := make([]int64, n), make([]int64, n)
	for kind, wants := range p.wants {
		if wants {
			addInts(rows, wanted[kind])
		}
		if p.reads[kind] {
			addInts(missing, noValue[kind])
		}
	}
	for _, byLook := range [][]int64{sum.rows, sum.before, sum.after, rows, missing, t.exposed, t.before} {
		cumulate(byLook)
	}
	for k, at := range r.atLooks {
		looks[k].Left = LeftOut{
			ExposureRows:   sum.rows[at],
			BeforeStart:    sum.before[at],
			AfterEnd:       sum.after[at],
			ConversionRows: rows[at],
			NeverExposed:   rows[at],
			NoValue:        missing[at],
		}
		if own := k - p.skip; own >= 0 {
			looks[k].Left.NeverExposed -= t.exposed[own]
			looks[k].Left.BeforeExposure = t.before[own]
		}
	}
}

// unknownName is what came with a variant name that an experiment does not have: rows and
// users that are new at each instant of runner.seen.
type unknownName struct {
	name        string
	rows, users []int64
}

// unknownVariants returns the unknown names by experiment, in byte order.
func (r *runner) unknownVariants() [][]unknownName {
	var all []unknownExposure
	for _, v := range r.exposures {
		all = append(all, v.unknown...)
	}
	slices.SortFunc(all, func(a, b unknownExposure) int {
		return cmp.Or(
			cmp.Compare(a.experiment, b.experiment), cmp.Compare(a.variant, b.variant),
			cmp.Compare(a.user.Hi, b.user.Hi), cmp.Compare(a.user.Lo, b.user.Lo),
			cmp.Compare(a.look, b.look))
	})
	out := make([][]unknownName, len(r.q.Experiments))
	for i := range all {
		x := &all[i]
		names := out[x.experiment]
		newName := i == 0 || all[i-1].experiment != x.experiment || all[i-1].variant != x.variant
		if newName {
			names = append(names, unknownName{r.variantName(x.variant), make([]int64, len(r.seen)), make([]int64, len(r.seen))})
			out[x.experiment] = names
		}
		last := &names[len(names)-1]
		last.rows[x.look]++
		if newName || all[i-1].user != x.user {
			last.users[x.look]++
		}
	}
	for _, names := range out {
		for _, n := range names {
			cumulate(n.rows)
			cumulate(n.users)
		}
		slices.SortFunc(names, func(a, b unknownName) int { return strings.Compare(a.name, b.name) })
	}
	return out
}

// variantName returns the name behind a code: another experiment's variant or one that
// none has.
func (r *runner) variantName(code uint32) string {
	if int(code) >= len(r.variants.Known) {
		return r.variants.Name(code)
	}
	for name, c := range r.variants.Known {
		if c == code {
			return name
		}
	}
	return ""
}

// mostUnknown is how many unknown variants are told apart by name.
const mostUnknown = 1000

// unknownAt returns the names met by an instant of r.seen, those beyond the first thousand as one.
func (r *runner) unknownAt(names []unknownName, look int) []UnknownVariant {
	var out []UnknownVariant
	var others UnknownVariant
	for _, n := range names {
		switch {
		case n.rows[look] == 0:
		case len(out) < mostUnknown:
			out = append(out, UnknownVariant{n.name, n.rows[look], n.users[look]})
		default:
			others.Rows += n.rows[look]
			others.Users += n.users[look]
		}
	}
	if others.Rows > 0 {
		others.Name = "other names"
		out = append(out, others)
	}
	return out
}
