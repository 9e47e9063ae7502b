package ingest

import (
	"cmp"
	"slices"
	"strings"
)

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
