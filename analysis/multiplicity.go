package analysis

import (
	"cmp"
	"slices"
)

// holm returns the Holm-adjusted p-values of p, in the order of p: with the p sorted
// upwards, the running maximum of (m − i) p_(i) for i = 0, 1, …, at most 1. m is the size of
// the family, of which some may have no p-value yet: theirs counts as 1.
//
// Source: S. Holm (1979), "A simple sequentially rejective multiple test procedure".
func holm(p []float64, m int) []float64 {
	order := ascending(p)
	out := make([]float64, len(p))
	var running float64
	for rank, i := range order {
		running = max(running, float64(m-rank)*p[i])
		out[i] = min(1, running)
	}
	return out
}

// benjaminiHochberg returns the q-values of p, in the order of p: with the p sorted
// upwards, the running minimum from the largest down of m p_(i) / (i + 1), at most 1.
//
// Source: Y. Benjamini, Y. Hochberg (1995), "Controlling the false discovery rate".
func benjaminiHochberg(p []float64) []float64 {
	order := ascending(p)
	out := make([]float64, len(p))
	running := 1.0
	for rank := len(p) - 1; rank >= 0; rank-- {
		i := order[rank]
		running = min(running, float64(len(p))*p[i]/float64(rank+1))
		out[i] = running
	}
	return out
}

// ascending returns the positions of p by value, equal values in their order.
func ascending(p []float64) []int {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	return order
}
