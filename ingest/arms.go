package ingest

import (
	"slices"
	"strings"
	"time"

	"readout/ingest/tables"
)

// armRules says which exposure rows of an experiment count, and for which arm.
type armRules struct {
	start, end int64 // exposures in [start, end) count
	since      int64 // conversions from here on are counted as left out: start, or farTime ago
	counted    int64 // those from here on are counted as left out otherwise
	// variants are the positions in Experiment.Variants in the order of their names: the
	// rank of a variant is its position here.
	variants []int
	// rank of a variant by the code of its name; -1 if it is none of this experiment's.
	rank []int32
}

// newArmRules resolves the names of variants by the codes of those of all experiments.
func newArmRules(e *Experiment, codes tables.FixedNames) *armRules {
	r := &armRules{
		start: bound(e.Start, noTime),
		end:   bound(e.End, latestTime),
		rank:  make([]int32, len(codes)),
	}
	r.counted, r.since = countedFrom(r.start), max(r.start, -farTime)
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
