package raw

import (
	"math"

	"readout/ingest/exact"
	"readout/moments"
)

// raw returns a raw moment of a cell.
func (m *Cells) raw(cell int, r ref) exact.Total {
	if r.whole {
		return exact.Whole(m.ints[cell*m.layout.ints+r.at])
	}
	return m.floats[cell*m.layout.floats+r.at].Total()
}

// Moments returns the moments of some columns of a cell that holds all its n users, with the
// means and centred co-moments
//
//	mean_i = S_i / n,   C_ij = (n S_ij − S_i S_j) / n
//
// from the exact raw sums S_i = Σ x_i and S_ij = Σ x_i x_j over the users, where x_i is a user's
// number of column i in the column's unit. Each is rounded once to the nearest float64, and a
// second time only below the smallest normal one. So nothing is lost to cancellation: values near
// 1e12 with variance 1 keep all digits. Without users all are 0. What exceeds the range of
// float64 is +Inf, and moments.Set.Finite is false.
func (m *Cells) Moments(cell int, n int64, v *View) moments.Set {
	set := moments.New(len(v.sums))
	set.N = n
	if n == 0 {
		return set
	}
	sums := make([]exact.Total, len(v.sums))
	for i, r := range v.sums {
		sums[i] = m.raw(cell, r)
		set.Mean[i] = sums[i].Over(n)
	}
	k := 0
	for i := range v.sums {
		for j := 0; j <= i; j++ {
			set.C[k] = m.centred(cell, v.products[k], sums[i], sums[j], n)
			k++
		}
	}
	return set
}

// Converted returns how many users of a cell have converted.
func (m *Cells) Converted(cell int, v *View) int64 {
	return m.converted[cell*m.layout.marks+v.converted]
}

// centred returns (n S_ij − S_i S_j) / n.
func (m *Cells) centred(cell int, r ref, si, sj exact.Total, n int64) float64 {
	if r.whole {
		if v, ok := centredInts(m.ints[cell*m.layout.ints+r.at], si.Int64(), sj.Int64(), n); ok {
			return v
		}
	}
	return exact.Centred(m.raw(cell, r), si, sj, n)
}

// centredInts is centred where all its terms are exact in float64.
func centredInts(sij, si, sj, n int64) (v float64, ok bool) {
	const most = 1 << 53
	a, b := float64(sij)*float64(n), float64(si)*float64(sj)
	// What is just above the largest exact number may have been rounded to it.
	if math.Abs(a) >= most || math.Abs(b) >= most || math.Abs(a-b) >= most {
		return 0, false
	}
	return (a - b) / float64(n), true
}
