package analysis

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// chiSquare is a test of counts against expected counts.
type chiSquare struct {
	statistic, p float64
	df           int
	// fewest is the smallest expected count.
	fewest float64
}

// sampleRatio tests whether users were split by the planned weights,
//
//	χ² = Σ (observed − expected)² / expected,   expected = users · weight / Σ weights
//
// with one degree of freedom less than there are arms with a weight. Arms of weight 0 take
// no part, arms without users do. It reports false when fewer than two arms have a weight
// or nobody was seen.
//
// Source: K. Pearson (1900); for experiments, A. Fabijan et al. (2019), "Diagnosing sample
// ratio mismatch in online controlled experiments".
func sampleRatio(users []int64, weights []float64) (chiSquare, bool) {
	var all, total float64
	arms := 0
	for i, w := range weights {
		if w > 0 {
			arms++
			total += w
			all += float64(users[i])
		}
	}
	if arms < 2 || all == 0 {
		return chiSquare{}, false
	}
	out := chiSquare{df: arms - 1, fewest: math.Inf(1)}
	for i, w := range weights {
		if w > 0 {
			expected := all * w / total
			d := float64(users[i]) - expected
			out.statistic += d * d / expected
			out.fewest = math.Min(out.fewest, expected)
		}
	}
	out.p = chiSquareTail(out.statistic, out.df)
	return out, true
}

// sameShare tests whether the same share of every arm's users is marked, by Pearson's χ²
// for the table of marked and other users per arm. Arms without users take no part. It
// reports false when fewer than two arms have users, or nobody or everybody is marked.
func sameShare(marked, others []int64) (chiSquare, bool) {
	var m, o float64
	arms := 0
	for i := range marked {
		m += float64(marked[i])
		o += float64(others[i])
		if marked[i]+others[i] > 0 {
			arms++
		}
	}
	if arms < 2 || m == 0 || o == 0 {
		return chiSquare{}, false
	}
	out := chiSquare{df: arms - 1, fewest: math.Inf(1)}
	for i := range marked {
		n := float64(marked[i] + others[i])
		if n == 0 {
			continue
		}
		for _, c := range [2]struct {
			seen  int64
			share float64
		}{{marked[i], m / (m + o)}, {others[i], o / (m + o)}} {
			d := float64(c.seen) - n*c.share
			out.statistic += d * d / (n * c.share)
			out.fewest = math.Min(out.fewest, n*c.share)
		}
	}
	out.p = chiSquareTail(out.statistic, out.df)
	return out, true
}

// chiSquareTail returns P(X > x) for a chi-square variable; it is 0 only where the
// probability is too small for a float64.
func chiSquareTail(x float64, df int) float64 {
	if x <= 0 {
		return 1
	}
	return mathext.GammaIncRegComp(float64(df)/2, x/2)
}
