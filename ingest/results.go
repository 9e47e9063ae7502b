package ingest

import (
	"cmp"
	"slices"
	"strings"
)

// experiments makes the results of totals, which are used up.
func (r *runner) experiments(programs []*program, totals []*experimentTotals) []ExperimentResult {
	unknown := r.unknownVariants()
	wanted, noValue := r.eventRows()
	out := make([]ExperimentResult, len(programs))
	for i, p := range programs {
		looks := make([]LookResult, len(r.looks))
		t := totals[i]
		for rank, variant := range p.variants {
			at := rank * len(looks)
			users, several := t.users[at:at+len(looks)], t.several[at:at+len(looks)]
			cumulate(users)
			cumulate(several)
			for k := range looks {
				if rank == 0 {
					looks[k].Users = make([]int64, len(p.variants))
					looks[k].Several = make([]int64, len(p.variants))
				}
				looks[k].Users[variant] = users[k]
				looks[k].Several[variant] = several[k]
			}
		}
		r.leftOut(i, p, t, wanted, noValue, looks)
		for k := range looks {
			looks[k].Left.UnknownVariants = r.unknownAt(unknown[i], k)
		}
		for _, n := range t.clocks {
			for at := 0; at < len(n); at += len(looks) {
				cumulate(n[at : at+len(looks)])
			}
		}
		for m := range p.metrics {
			r.metric(p, t.metrics[m], t.clocks[p.metrics[m].clock], looks)
		}
		out[i].Looks = looks
	}
	return out
}

// metric adds a metric's cells to the looks.
func (r *runner) metric(p *program, cells *metricCells, n []int64, looks []LookResult) {
	phases := len(p.phases) + 1
	for k := range looks {
		cube := make([][]Cell, phases)
		for phase := range cube {
			cube[phase] = make([]Cell, len(p.variants))
			for rank, variant := range p.variants {
				at := (phase*len(p.variants)+rank)*len(looks) + k
				if k > 0 {
					cells.accumulate(at, at-1)
				}
				cube[phase][variant] = cells.cell(at, n[at])
			}
		}
		looks[k].Metrics = append(looks[k].Metrics, cube)
	}
}

// eventRows returns the rows of all workers by event and look: all, and without a value.
func (r *runner) eventRows() (wanted, noValue [][]int64) {
	first := r.conversions[0]
	for _, v := range r.conversions[1:] {
		for event := range r.valued {
			addInts(first.wanted[event], v.wanted[event])
			addInts(first.noValue[event], v.noValue[event])
		}
	}
	return first.wanted, first.noValue
}

// leftOut fills in the counts of rows that took no part.
func (r *runner) leftOut(experiment int, p *program, t *experimentTotals, wanted, noValue [][]int64, looks []LookResult) {
	sum := exposureCounts{make([]int64, len(looks)), make([]int64, len(looks)), make([]int64, len(looks))}
	for _, v := range r.exposures {
		c := v.experiments[experiment]
		addInts(sum.rows, c.rows)
		addInts(sum.before, c.before)
		addInts(sum.after, c.after)
	}
	rows, missing := make([]int64, len(looks)), make([]int64, len(looks))
	for event, wants := range p.wants {
		if wants {
			addInts(rows, wanted[event])
		}
		if p.reads[event] {
			addInts(missing, noValue[event])
		}
	}
	for _, byLook := range [][]int64{sum.rows, sum.before, sum.after, rows, missing, t.exposed, t.before} {
		cumulate(byLook)
	}
	for k := range looks {
		looks[k].Left = LeftOut{
			ExposureRows:   sum.rows[k],
			BeforeStart:    sum.before[k],
			AfterEnd:       sum.after[k],
			ConversionRows: rows[k],
			NeverExposed:   rows[k] - t.exposed[k],
			BeforeExposure: t.before[k],
			NoValue:        missing[k],
		}
	}
}

// unknownName is what came with a variant name that an experiment does not have: rows and
// users that are new at each look.
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
			cmp.Compare(a.user.hi, b.user.hi), cmp.Compare(a.user.lo, b.user.lo),
			cmp.Compare(a.look, b.look))
	})
	out := make([][]unknownName, len(r.q.Experiments))
	for i := range all {
		x := &all[i]
		names := out[x.experiment]
		newName := i == 0 || all[i-1].experiment != x.experiment || all[i-1].variant != x.variant
		if newName {
			names = append(names, unknownName{r.variantName(x.variant), make([]int64, len(r.looks)), make([]int64, len(r.looks))})
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
	if int(code) >= len(r.variants.known) {
		return r.variants.name(code)
	}
	for name, c := range r.variants.known {
		if c == code {
			return name
		}
	}
	return ""
}

// mostUnknown is how many unknown variants are told apart by name.
const mostUnknown = 1000

// unknownAt returns the names that a look sees, those beyond the first thousand as one.
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
