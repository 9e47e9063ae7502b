package ingest

import (
	"math"
	"math/rand/v2"
	"slices"
)

// quantile returns the p-quantile of n values, which it brings into another order, by linear
// interpolation between the order statistics x_1 ≤ … ≤ x_n around h,
//
//	q = x_k + (h − k)(x_{k+1} − x_k),   h = 1 + p(n − 1),   k = ⌊h⌋
//
// for p from 0 to 1, in the unit of the values. It is false without values and where q is not
// finite. h is off by at most h·2⁻⁵³, which moves q by that share of the gap between the two
// neighbours; the rest of the error is a few roundings of the larger one.
//
// Source: R. J. Hyndman, Y. Fan (1996), "Sample quantiles in statistical packages",
// definition 7.
func quantile(values []float64, p float64, random *rand.Rand) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	h := p * float64(len(values)-1)
	at := min(int(h), len(values)-1)
	selectNth(values, at, random)
	lo, share := values[at], h-float64(at)
	if share == 0 || at == len(values)-1 {
		return lo, !math.IsInf(lo, 0)
	}
	hi := slices.Min(values[at+1:])
	v := lo + (hi-lo)*share
	if math.IsInf(hi-lo, 0) {
		v = lo*(1-share) + hi*share
	}
	return v, !math.IsNaN(v) && !math.IsInf(v, 0)
}

// selectNth brings values into an order in which the n-th stands where it would stand if
// they were sorted, with none above it before and none below it after.
//
// Source: C. A. R. Hoare (1961), "Algorithm 65: find", with pivots drawn at random.
func selectNth(values []float64, n int, random *rand.Rand) {
	lo, hi := 0, len(values)-1
	for lo < hi {
		pivot := values[lo+random.IntN(hi-lo+1)]
		i, j := lo, hi
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default:
			return
		}
	}
}
