package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"

	"readout/sequential"
)

// Habit is how the values of a user of a metric without a window grow with age, which is
// the number of days since the user came, the first one counted.
type Habit struct {
	Name string
	// Mean returns the expectation of a user's value at an age, Cov the covariance of a
	// user's values at two ages, younger ≤ older.
	Mean func(age float64) float64
	Cov  func(younger, older float64) float64
}

// Habits returns the ways in which values grow for which the recursion over neighbouring
// looks is checked.
func Habits() []Habit {
	linear := func(rate float64) func(float64) float64 {
		return func(age float64) float64 { return rate * age }
	}
	anyEvent := func(p float64) Habit {
		by := func(age float64) float64 { return -math.Expm1(age * math.Log1p(-p)) }
		return Habit{
			fmt.Sprintf("any, %g%% of users on a day", 100*p), by,
			func(younger, older float64) float64 { return by(younger) * (1 - by(older)) },
		}
	}
	counts := func(rate float64) Habit {
		return Habit{
			fmt.Sprintf("independent daily counts, mean %g", rate), linear(rate),
			func(younger, _ float64) float64 { return rate * younger },
		}
	}
	return []Habit{
		anyEvent(0.01), anyEvent(0.05), anyEvent(0.3),
		counts(0.1), counts(1), counts(10),
		// A third of days bring a purchase, of a size that is exponential over users.
		{"sum, users buy alike every time", linear(1. / 3), func(younger, older float64) float64 {
			return younger*older/9 + 4*younger/9
		}},
		// The same with a size that is drawn anew every time.
		{"sum, independent purchases", linear(1. / 3), func(younger, _ float64) float64 {
			return 5 * younger / 9
		}},
		{"sum, users do the same every day", linear(1), func(younger, older float64) float64 {
			return younger * older
		}},
	}
}

// Correlations returns the correlations of the statistics at all pairs of the looks of a
// metric without a window, in which as many users come every day. With n_j users in at look
// j, all of whom are in at k, and averages over the days on which they came,
//
//	Cov(j, k) ∝ avg(Cov(a_j, a_k) + (m(a_j) − avg m(a_j))·(m(a_k) − avg m(a_k)))/n_k
//
// where a_j and a_k are a user's ages. Users are assigned at random, so that arms differ in
// how old their users are.
func (h Habit) Correlations(looks int) [][]float64 {
	cov := make([][]float64, looks)
	for k := range cov {
		cov[k] = make([]float64, looks)
		for j := 0; j <= k; j++ {
			var within, cross, sumJ, sumK float64
			for day := 0; day <= j; day++ {
				aj, ak := float64(j-day+1), float64(k-day+1)
				within += h.Cov(aj, ak)
				cross += h.Mean(aj) * h.Mean(ak)
				sumJ += h.Mean(aj)
				sumK += h.Mean(ak)
			}
			n := float64(j + 1)
			cov[k][j] = (within/n + cross/n - sumJ/n*sumK/n) / float64(k+1)
		}
	}
	out := make([][]float64, looks)
	for k := range out {
		out[k] = make([]float64, looks)
		for j := 0; j <= k; j++ {
			out[k][j] = cov[k][j] / math.Sqrt(cov[j][j]*cov[k][k])
			out[j][k] = out[k][j]
		}
	}
	return out
}

// cholesky returns the lower triangle L with L·L' = a. A pivot that rounding has carried to
// 0 or below counts as 0.
func cholesky(a [][]float64) [][]float64 {
	l := make([][]float64, len(a))
	for i := range a {
		l[i] = make([]float64, i+1)
		for j := 0; j <= i; j++ {
			sum := a[i][j]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			switch {
			case i == j:
				l[i][i] = math.Sqrt(max(0, sum))
			case l[j][j] > 1e-9:
				l[i][j] = sum / l[j][j]
			}
		}
	}
	return l
}

// boundariesOf returns the two-sided boundaries, as the recursion over the neighbouring of
// the correlations gives them, for looks at equal steps of time.
func boundariesOf(correlations [][]float64, spending sequential.Spending, alpha float64) ([]sequential.Critical, error) {
	looks := len(correlations)
	neighbours, spend := make([]float64, looks), make([]float64, looks)
	before := 0.0
	for k := range looks {
		if k > 0 {
			neighbours[k] = correlations[k][k-1]
		}
		spent := sequential.Spent(spending, float64(k+1)/float64(looks), alpha, 2)
		spend[k], before = spent-before, spent
	}
	process, err := sequential.FromCorrelations(neighbours)
	if err != nil {
		return nil, err
	}
	return sequential.Boundaries(process, spend, 2)
}

// crossings counts, of so many draws of normal statistics with the given correlations, those
// that cross each of the boundaries at some look.
func crossings(correlations [][]float64, bounds [][]sequential.Critical, draws int, r *rand.Rand) []int {
	l := cholesky(correlations)
	noise, z := make([]float64, len(l)), make([]float64, len(l))
	found := make([]int, len(bounds))
	for range draws {
		for k, row := range l {
			noise[k] = r.NormFloat64()
			sum := 0.0
			for j, w := range row {
				sum += w * noise[j]
			}
			z[k] = math.Abs(sum)
		}
		for b, bound := range bounds {
			for k, c := range bound {
				if c.Finite && z[k] >= c.Value {
					found[b]++
					break
				}
			}
		}
	}
	return found
}
