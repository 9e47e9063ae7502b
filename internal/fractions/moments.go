package fractions

import (
	"math"
	"math/big"

	"readout/moments"
)

// Moments returns the moments of columns over rows, each rounded once; +Inf where a number, or what
// comes out, is not finite.
func Moments(columns int, rows [][]float64) moments.Set {
	s := moments.New(columns)
	s.N = int64(len(rows))
	if s.N == 0 {
		return s
	}
	n := new(big.Rat).SetInt64(s.N)
	for i := range columns {
		s.Mean[i] = moment(rows, n, i, -1)
		for j := range i + 1 {
			s.C[moments.Index(i, j)] = moment(rows, n, i, j)
		}
	}
	return s
}

// moment returns the mean of column i for a negative j, otherwise the centred co-moment of i and j.
func moment(rows [][]float64, n *big.Rat, i, j int) float64 {
	si, sj, sij := new(big.Rat), new(big.Rat), new(big.Rat)
	for _, row := range rows {
		if math.IsInf(row[i], 0) || j >= 0 && math.IsInf(row[j], 0) {
			return math.Inf(1)
		}
		x := new(big.Rat).SetFloat64(row[i])
		si.Add(si, x)
		if j >= 0 {
			y := new(big.Rat).SetFloat64(row[j])
			sj.Add(sj, y)
			sij.Add(sij, x.Mul(x, y))
		}
	}
	v := si.Quo(si, n)
	if j >= 0 {
		v = sij.Sub(sij, si.Mul(si, sj))
	}
	f, _ := v.Float64()
	if math.IsInf(f, 0) {
		return math.Inf(1)
	}
	return f + 0
}
