package ingest

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"readout/ingest/raw"
	"readout/moments"
)

// maxValues bounds the single values kept for one metric, of some 32 bytes each.
const maxValues = 1 << 27

// valueRecord is a single value that counts at the looks from ≤ look < to.
type valueRecord struct {
	value    float64
	from, to int32
	arm      int32  // phase × variants + rank
	user     uint32 // tells the users of a metric apart
	set      uint32 // of the user's segments, see segmentRanks
}

// valueProgram says which conversions of a metric have their values kept.
type valueProgram struct {
	kinds       []bool // by kind
	lo, hi, end int64
	kept        atomic.Int64 // by all workers
}

// keepValues keeps the values of the member's conversions. Once all workers together keep more than there
// may be they keep no more, and checkValues fails.
func (e *evaluator) keepValues(v *visit, metric int) {
	p := &v.program.metrics[metric]
	keep, at := p.values, v.entries[v.program.bundles[p.bundle].clock]
	kept := &v.totals.values[metric]
	user, before := uint32(0), len(*kept)
	if before > 0 {
		user = (*kept)[before-1].user + 1
	}
	most := before + max(0, maxValues+1-int(keep.kept.Load()))
	for i := range v.conversions {
		c := &v.conversions[i]
		if !keep.kinds[c.code&^dateOnlyFlag] || math.IsNaN(c.value) {
			continue
		}
		if dt := v.from.since(c); dt < keep.lo || dt >= keep.hi || c.time >= keep.end {
			continue
		}
		if from := max(int(c.look), at); from < v.gone && len(*kept) < most {
			// −0 becomes 0: which of the two comes first depends on the order of records.
			*kept = append(*kept, valueRecord{c.value + 0, int32(from), int32(v.gone), int32(v.arm), user, v.set})
		}
	}
	if n := len(*kept) - before; n > 0 {
		keep.kept.Add(int64(n))
	}
}

// mergeValues adds the records of another worker, whose users are others.
func mergeValues(all, more []valueRecord) []valueRecord {
	if len(all) == 0 {
		return more
	}
	first := all[len(all)-1].user + 1
	for _, r := range more {
		r.user += first
		all = append(all, r)
	}
	return all
}

// valuesByArm splits records by arm.
func valuesByArm(records []valueRecord, arms int) [][]valueRecord {
	out := make([][]valueRecord, arms)
	for _, r := range records {
		out[r.arm] = append(out[r.arm], r)
	}
	return out
}

// Values is the single values behind a cell, of the users who count: what quantiles of
// single values and their variance need, where the values of a user depend on each other.
// The cells of all looks share memory, some 32 bytes for each value, and those of segments
// take four more for each column.
type Values struct {
	look    int32
	records []valueRecord // of an arm, at all looks
	// picked are the places of those in a segment, in pieces; without any it is all of them.
	picked [][]uint32
}

// active calls f with the records of the look, in no particular order.
func (v *Values) active(f func(*valueRecord)) {
	at := func(r *valueRecord) {
		if r.from <= v.look && v.look < r.to {
			f(r)
		}
	}
	if v.picked == nil {
		for i := range v.records {
			at(&v.records[i])
		}
		return
	}
	for _, places := range v.picked {
		for _, i := range places {
			at(&v.records[i])
		}
	}
}

// Pool returns the values of two segments of one column, of the same metric, arm and look.
func (v *Values) Pool(more *Values) *Values {
	return &Values{v.look, v.records, slices.Concat(v.picked, more.picked)}
}

// Len returns how many values there are.
func (v *Values) Len() int {
	n := 0
	v.active(func(*valueRecord) { n++ })
	return n
}

// Quantiles returns the quantiles of all values at the given probabilities, from 0 to 1, by linear
// interpolation (definition 7 of Hyndman and Fan); nil where there is no value.
func (v *Values) Quantiles(probabilities ...float64) []float64 {
	var values []float64
	v.active(func(r *valueRecord) { values = append(values, r.value) })
	if len(values) == 0 {
		return nil
	}
	out := make([]float64, len(probabilities))
	random := rand.New(rand.NewPCG(1, 2))
	for i, p := range probabilities {
		out[i], _ = quantile(values, max(0, min(p, 1)), random)
	}
	return out
}

// AtMost returns the moments over users with at least one value of two columns: how many of
// the user's values are at most x, and how many there are. The share of values up to a
// quantile is a ratio of these, and its variance respects that values of one user depend on
// each other.
func (v *Values) AtMost(x float64) moments.Set {
	counts := map[uint32]*raw.Row{}
	v.active(func(r *valueRecord) {
		c := counts[r.user]
		if c == nil {
			c = new(raw.Row)
			counts[r.user] = c
		}
		if r.value <= x {
			c[0]++
		}
		c[1]++
	})
	cells := raw.NewCells([]bool{true, true}, 1, 1)
	for _, c := range counts {
		cells.Add(0, c, 0, raw.Enter)
	}
	view := cells.View([]int{0, 1}, 0)
	return cells.Moments(0, int64(len(counts)), &view)
}
