package cuped

import (
	"math"
	"slices"

	"readout/moments"
)

// pivotFloor is the share of a covariate's variance that the covariates before it must
// leave unexplained for it to be kept. Below it, what is left consists of rounding errors.
const pivotFloor = 1e-10

// constantShare is the standard deviation, as a share of the value, below which a covariate
// does not vary: what rounding leaves in the moments of a million equal numbers.
const constantShare = 1e-12

// solution is a regression of the outcome on the kept covariates.
type solution struct {
	kept   []int     // positions of the covariates in the model
	theta  []float64 // their coefficients
	center []float64 // their values in the set

	scale []float64   // their standard deviations
	lower [][]float64 // Cholesky factor of their correlations, row by row
}

// solve regresses the outcome of m on its covariates over the users of set, leaving out those
// for which reasons already has an entry and adding an entry for those it leaves out itself.
// Each of arms must be able to compute the ratios among the kept covariates.
func solve(m Model, set moments.Set, arms []moments.Set, reasons []string) solution {
	var s solution
	drop := func(j int, reason string) {
		if reasons[j] == "" {
			reasons[j] = reason
		}
	}
	none := func(reason string) solution {
		for j := range m.Covariates {
			drop(j, reason)
		}
		return solution{}
	}
	if set.N < 3 {
		return none(TooFewUsers)
	}
	_, outcome, ok := m.Outcome.linearise(set)
	if !ok || !finite(variance(set, outcome)) {
		return none(NoOutcome)
	}
	var weights [][]float64 // of the kept covariates
	var half []float64      // lower⁻¹ · covariances of outcome and scaled covariates
	for j, covariate := range m.Covariates {
		if reasons[j] != "" {
			continue
		}
		value, sd, w, reason := spread(covariate, set, arms)
		if reason == "" && set.N < int64(len(s.kept))+3 {
			reason = TooFewUsers
		}
		if reason != "" {
			drop(j, reason)
			continue
		}
		row := make([]float64, len(s.kept)+1)
		for k := range s.kept {
			row[k] = (set.LinearCov(w, weights[k])/sd/s.scale[k] - dot(row[:k], s.lower[k][:k])) / s.lower[k][k]
		}
		pivot := 1 - dot(row, row)
		// A comparison with NaN is false, which leaves the covariate out.
		if !(pivot > pivotFloor) {
			drop(j, Repeated)
			continue
		}
		row[len(row)-1] = math.Sqrt(pivot)
		h := (set.LinearCov(outcome, w)/sd - dot(row[:len(half)], half)) / row[len(row)-1]

		s.kept = append(s.kept, j)
		s.center = append(s.center, value)
		s.scale = append(s.scale, sd)
		s.lower = append(s.lower, row)
		weights = append(weights, w)
		half = append(half, h)
	}
	s.theta = s.backward(half)
	for k := range s.theta {
		s.theta[k] /= s.scale[k]
	}
	if slices.ContainsFunc(s.theta, func(theta float64) bool { return !finite(theta) }) {
		return none(TooLarge)
	}
	return s
}

// spread returns the value of a covariate in a set, its standard deviation and its weights, or
// the reason why it cannot help by itself.
func spread(covariate Term, set moments.Set, arms []moments.Set) (value, sd float64, weights []float64, reason string) {
	value, weights, ok := covariate.linearise(set)
	if !ok || !definedIn(covariate, arms) {
		return 0, 0, nil, NoDenominator
	}
	sd = math.Sqrt(variance(set, weights))
	switch {
	case !finite(sd) || !finite(value):
		return 0, 0, nil, TooLarge
	case sd <= constantShare*math.Abs(value):
		return 0, 0, nil, Constant
	}
	return value, sd, weights, ""
}

// definedIn reports whether every arm that has users has a value of t.
func definedIn(t Term, arms []moments.Set) bool {
	for _, arm := range arms {
		if arm.N == 0 {
			continue
		}
		if _, _, ok := t.linearise(arm); !ok {
			return false
		}
	}
	return true
}

// backward solves lower' · x = b.
func (s solution) backward(b []float64) []float64 {
	x := make([]float64, len(b))
	for k := len(b) - 1; k >= 0; k-- {
		sum := b[k]
		for i := k + 1; i < len(b); i++ {
			sum -= s.lower[i][k] * x[i]
		}
		x[k] = sum / s.lower[k][k]
	}
	return x
}

// mahalanobis returns d'V⁻¹d with V the covariance matrix of the kept covariates.
func (s solution) mahalanobis(d []float64) float64 {
	u := make([]float64, len(d))
	for k := range d {
		u[k] = (d[k]/s.scale[k] - dot(s.lower[k][:k], u[:k])) / s.lower[k][k]
	}
	return dot(u, u)
}

func dot(a, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
