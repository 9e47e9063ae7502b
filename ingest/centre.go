package ingest

import (
	"math"
	"math/big"

	"readout/moments"
)

// rawSum is a raw moment: m·2^e, exactly, and besides so many terms that are not finite.
type rawSum struct {
	m         *big.Int
	e         int
	notFinite int64
}

func newRawSum(s *exactSum) rawSum {
	m, e := s.wide()
	return rawSum{m, e, s.notFinite}
}

// raw returns a raw moment of a cell.
func (m *momentCells) raw(cell int, r momentRef) rawSum {
	if r.whole {
		return rawSum{big.NewInt(m.ints[cell*m.layout.ints+r.at]), 0, 0}
	}
	return newRawSum(&m.floats[cell*m.layout.floats+r.at])
}

// cell returns the moments of some columns of a cell that holds all its n users, with the
// means and centred co-moments
//
//	mean_i = S_i / n,   C_ij = (n S_ij − S_i S_j) / n
//
// from the exact raw sums S_i = Σ x_i and S_ij = Σ x_i x_j over the users, where x_i is a user's
// number of column i in the column's unit. Each is rounded once to the nearest float64, and a
// second time only below the smallest normal one. So nothing is lost to cancellation: values near
// 1e12 with variance 1 keep all digits. Without users all are 0. What exceeds the range of
// float64 is +Inf, and moments.Set.Finite is false.
func (m *momentCells) cell(cell int, n int64, v *momentView) Cell {
	set := moments.New(len(v.sums))
	set.N = n
	out := Cell{Moments: set, Converted: m.converted[cell*m.layout.marks+v.converted]}
	if n == 0 {
		return out
	}
	sums := make([]rawSum, len(v.sums))
	for i, r := range v.sums {
		sums[i] = m.raw(cell, r)
		set.Mean[i] = quotient(sums[i], n)
	}
	k := 0
	for i := range v.sums {
		for j := 0; j <= i; j++ {
			set.C[k] = m.centred(cell, v.products[k], sums[i], sums[j], n)
			k++
		}
	}
	return out
}

// centred returns (n S_ij − S_i S_j) / n.
func (m *momentCells) centred(cell int, r momentRef, si, sj rawSum, n int64) float64 {
	if r.whole {
		if v, ok := centredInts(m.ints[cell*m.layout.ints+r.at], si.m.Int64(), sj.m.Int64(), n); ok {
			return v
		}
	}
	return centredRaw(m.raw(cell, r), si, sj, n)
}

// centredRaw is centred from exact sums; +Inf where one has terms that are not finite.
func centredRaw(sij, si, sj rawSum, n int64) float64 {
	if sij.notFinite != 0 || si.notFinite != 0 || sj.notFinite != 0 {
		return math.Inf(1)
	}
	a := rawSum{new(big.Int).Mul(sij.m, big.NewInt(n)), sij.e, 0}
	b := rawSum{new(big.Int).Mul(si.m, sj.m), si.e + sj.e, 0}
	return quotient(difference(a, b), n)
}

// centredInts is centred where all its terms are exact in float64.
func centredInts(sij, si, sj, n int64) (v float64, ok bool) {
	const exact = 1 << 53
	a, b := float64(sij)*float64(n), float64(si)*float64(sj)
	if math.Abs(a) > exact || math.Abs(b) > exact || math.Abs(a-b) > exact {
		return 0, false
	}
	return (a - b) / float64(n), true
}

// difference returns a − b.
func difference(a, b rawSum) rawSum {
	e := min(a.e, b.e)
	m := new(big.Int).Lsh(a.m, uint(a.e-e))
	if b.e > e {
		b.m = new(big.Int).Lsh(b.m, uint(b.e-e))
	}
	return rawSum{m.Sub(m, b.m), e, a.notFinite - b.notFinite}
}

// quotient returns a / n, rounded to the nearest float64 for n of 1 or more; +Inf if it is not
// finite, whatever its sign.
func quotient(a rawSum, n int64) float64 {
	if a.notFinite != 0 {
		return math.Inf(1)
	}
	if a.m.Sign() == 0 {
		return 0
	}
	num := new(big.Float).SetInt(a.m)
	num.SetMantExp(num, a.e)
	v, _ := new(big.Float).SetPrec(53).Quo(num, new(big.Float).SetInt64(n)).Float64()
	if math.IsInf(v, 0) {
		return math.Inf(1)
	}
	return v
}
