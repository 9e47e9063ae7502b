package ingest

import (
	"slices"

	"readout/ingest/raw"
)

// kindRows returns the rows of all workers by kind and instant of r.seen: all, and without a value.
func (r *runner) kindRows() (wanted, noValue [][]int64) {
	for range r.kinds.kinds {
		wanted = append(wanted, make([]int64, len(r.seen)))
		noValue = append(noValue, make([]int64, len(r.seen)))
	}
	for _, v := range r.conversions {
		for kind := range v.wanted {
			raw.AddInts(wanted[kind], v.wanted[kind])
			raw.AddInts(noValue[kind], v.noValue[kind])
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
		raw.AddInts(sum.rows, c.rows)
		raw.AddInts(sum.before, c.before)
		raw.AddInts(sum.after, c.after)
	}
	rows, missing := make([]int64, n), make([]int64, n)
	for kind, wants := range p.wants {
		if wants {
			raw.AddInts(rows, wanted[kind])
		}
		if p.reads[kind] {
			raw.AddInts(missing, noValue[kind])
		}
	}
	for _, byLook := range [][]int64{sum.rows, sum.before, sum.after, rows, missing, t.exposed, t.before} {
		cumulate(byLook)
	}
	// Without a start there is no such instant. From one that no look sees on there is nothing.
	start, bounded := slices.BinarySearch(r.seen, min(p.start, r.looks.lastAsked()))
	sinceStart := func(counts []int64, at int) int64 {
		if !bounded {
			return counts[at]
		}
		return max(0, counts[at]-counts[start])
	}
	for k, at := range r.atLooks {
		looks[k].Left = LeftOut{
			ExposureRows:   sum.rows[at],
			BeforeStart:    sum.before[at],
			AfterEnd:       sum.after[at],
			ConversionRows: sinceStart(rows, at),
			NeverExposed:   sinceStart(rows, at),
			NoValue:        sinceStart(missing, at),
		}
		if own := k - p.skip; own >= 0 {
			looks[k].Left.NeverExposed -= t.exposed[own]
			looks[k].Left.BeforeExposure = t.before[own]
		}
	}
}
