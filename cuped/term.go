package cuped

import (
	"errors"
	"math"

	"readout/moments"
)

// Why an arm has no estimate.
var (
	// ErrNoUsers is returned for an arm without users.
	ErrNoUsers = errors.New("no users")
	// ErrOneUser is returned for an arm with a single user, which has no variance.
	ErrOneUser = errors.New("only one user, so the variance is not defined")
	// ErrZeroDenominator is returned for a ratio whose denominator has mean 0 in the arm.
	ErrZeroDenominator = errors.New("the denominator is 0")
	// ErrTooLarge is returned when squares or products of the values overflow.
	ErrTooLarge = errors.New("values are too large to compute with")
)

// Term is what one column, or the ratio of the means of two columns, says about an arm.
type Term struct {
	column, denominator int
	ratio               bool
}

// Column returns the term whose value is the mean of column i.
func Column(i int) Term { return Term{column: i} }

// Ratio returns the term whose value is mean(numerator) / mean(denominator).
func Ratio(numerator, denominator int) Term {
	return Term{column: numerator, denominator: denominator, ratio: true}
}

// Estimate is a mean with the variance that belongs to it.
type Estimate struct {
	// N is the number of users.
	N int64
	// DF are the degrees of freedom of Variance: N − 1, less one per covariate of an arm's
	// own fit.
	DF int64
	// Mean is the estimated value, in the metric's unit.
	Mean float64
	// Variance is the sample variance (divisor N − 1) of the value per user, for ratios of
	// its linearisation; Variance / N is the squared standard error of Mean.
	Variance float64
	// Weights belong to the columns of the arm's set. Mean and Σ Weights_i x_i differ by a
	// constant, so the covariance of two estimates v and w of the same arm is
	// LinearCov(v.Weights, w.Weights) / N.
	Weights []float64
}

// Estimate returns the unadjusted estimate of t in one arm. For a ratio it is the delta
// method, with the variance of
//
//	(y − R d) / d̄,   R = ȳ / d̄
//
// and y the numerator and d the denominator per user; the error of the approximation is of
// the order of the denominator's squared relative standard error.
// It returns [ErrNoUsers], [ErrOneUser], [ErrZeroDenominator] or [ErrTooLarge] when
// the estimate is not defined.
//
// Source: A. Deng, U. Knoblich, J. Lu (2018), "Applying the Delta Method in Metric Analytics".
func (t Term) Estimate(arm moments.Set) (Estimate, error) {
	switch {
	case arm.N == 0:
		return Estimate{}, ErrNoUsers
	case arm.N == 1:
		return Estimate{}, ErrOneUser
	}
	value, weights, ok := t.linearise(arm)
	if !ok {
		return Estimate{}, ErrZeroDenominator
	}
	return newEstimate(arm, value, weights)
}

// Difference is a difference between two arms with its standard error, in the unit of the term.
type Difference struct {
	Value, StandardError float64
}

// Difference returns how much the value of t differs between two arms, treatment minus
// control, with standard error sqrt(s_t²/n_t + s_c²/n_c). For a covariate this is the
// imbalance that the assignment left, or that a broken assignment made.
// The errors are those of [Term.Estimate], of treatment first.
func (t Term) Difference(treatment, control moments.Set) (Difference, error) {
	et, err := t.Estimate(treatment)
	if err != nil {
		return Difference{}, err
	}
	ec, err := t.Estimate(control)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{
		Value:         et.Mean - ec.Mean,
		StandardError: math.Sqrt(et.Variance/float64(et.N) + ec.Variance/float64(ec.N)),
	}
	if !finite(d.Value) || !finite(d.StandardError) {
		return Difference{}, ErrTooLarge
	}
	return d, nil
}

// Carriers returns how many users the value of t effectively comes from in an arm: for a mean
// all of them, for a ratio
//
//	(Σ d)² / Σ d²
//
// with the denominator d per user, which is the number of those with a denominator if theirs
// are equal, and less otherwise. The variance of a ratio that comes from one user is 0, and of
// one that comes from a few is too small to be tested by. It is 0 without a denominator.
//
// Source: L. Kish (1965), "Survey Sampling", on the effective size of a weighted sample.
func (t Term) Carriers(arm moments.Set) float64 {
	n := float64(arm.N)
	if !t.ratio {
		return n
	}
	d := arm.Mean[t.denominator]
	if d == 0 {
		return 0
	}
	return n / (1 + arm.Moment(t.denominator, t.denominator)/n/d/d)
}

// linearise returns the value of t in set, and the weights of the linear combination of
// columns whose deviations from its mean are those of t to first order. It reports false
// when the denominator's mean is 0.
func (t Term) linearise(set moments.Set) (value float64, weights []float64, ok bool) {
	weights = make([]float64, set.Columns())
	if !t.ratio {
		weights[t.column] = 1
		return set.Mean[t.column], weights, true
	}
	d := set.Mean[t.denominator]
	if d == 0 {
		return 0, nil, false
	}
	value = set.Mean[t.column] / d
	weights[t.column] += 1 / d
	weights[t.denominator] -= value / d
	return value, weights, true
}

// newEstimate returns the estimate with the given value and weights in set.
func newEstimate(set moments.Set, value float64, weights []float64) (Estimate, error) {
	v := variance(set, weights)
	if !finite(value) || !finite(v) {
		return Estimate{}, ErrTooLarge
	}
	return Estimate{N: set.N, DF: set.N - 1, Mean: value, Variance: v, Weights: weights}, nil
}

// roundingShare is the share of the summed magnitudes below which a variance is only what
// rounding left. Moments carry a relative error of some 1e-15; a combination that cancels
// to 1e-13 of its parts has no digit left that could be told from 0.
const roundingShare = 1e-13

// variance returns the sample variance of Σ w_i x_i, exactly 0 when the combination cancels
// up to rounding, so that a metric without variance is recognised as one, and +Inf when the
// moments are too large.
func variance(set moments.Set, w []float64) float64 {
	v, size := set.LinearCov(w, w), magnitude(set, w)
	if !finite(size) {
		return math.Inf(1)
	}
	if v <= roundingShare*size {
		return 0
	}
	return v
}

// magnitude returns Σ_ij |w_i w_j Cov_ij|, the size of what cancels in a variance.
func magnitude(set moments.Set, w []float64) float64 {
	var sum float64
	for i, wi := range w {
		for j, wj := range w {
			sum += math.Abs(wi * wj * set.Cov(i, j))
		}
	}
	return sum
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
