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

// logSplitE returns the logarithm of the e-value against the planned split of users: the
// likelihood of the users per arm when their shares are drawn from a Dirichlet distribution
// around the plan, over their likelihood under the plan,
//
//	ln E = ln Γ(k) − ln Γ(k + n) + Σ [ln Γ(k θ_i + n_i) − ln Γ(k θ_i) − n_i ln θ_i]
//
// with θ_i = weight_i / Σ weights, n = Σ n_i and k the concentration around the plan, in
// users. Under the plan, E exceeds x at any time with a probability of at most 1/x, however
// often one looks; it depends on the users so far and not on the batches in which they came.
// Arms of weight 0 take no part. Without users, or with a single arm, it is 0. The absolute
// error is some 1e-16 times n ln n.
//
// Source: M. Lindon, A. Malek (2022), "Anytime-valid inference for multinomial count data".
func logSplitE(users []int64, weights []float64, concentration float64) float64 {
	var total float64
	for _, w := range weights {
		total += math.Max(0, w)
	}
	var n, out float64
	for i, w := range weights {
		if !(w > 0) || users[i] == 0 {
			continue
		}
		theta, ni := w/total, float64(users[i])
		out += logGamma(concentration*theta+ni) - logGamma(concentration*theta) - ni*math.Log(theta)
		n += ni
	}
	return out + logGamma(concentration) - logGamma(concentration+n)
}

// logGamma returns ln Γ(x) for x > 0.
func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
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
