package ingest

import (
	"math"
	"math/bits"
)

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
