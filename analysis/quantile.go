package analysis

import (
	"errors"
	"math"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// Reasons why a quantile has no standard error, as they are shown.
var (
	errNoValues  = errors.New("no values yet")
	errFewValues = errors.New("too few values for an interval around the quantile")
	errTies      = errors.New("no variation around the quantile: too many values are equal")
)

// outerScore is the standard normal quantile of the interval that a quantile's standard
// error is taken from: 95%.
const outerScore = 1.959963984540054

// SingleValues are the values of an arm's conversions, of users who may have several.
type SingleValues interface {
	// Len returns how many values there are.
	Len() int
	// Quantiles returns the quantiles at probabilities, those below 0 as at 0 and those above 1
	// as at 1; nil without a value.
	Quantiles(probabilities ...float64) []float64
	// AtMost returns the moments, over users with at least one value, of how many of the
	// user's values are at most x and of how many there are.
	AtMost(x float64) moments.Set
}

// SegmentValues are the values of an arm in a segment.
type SegmentValues interface {
	SingleValues
	// Pool returns these values and those of the same arm in another segment, whose users are
	// others.
	Pool(SegmentValues) SegmentValues
}

// quantile is the estimate of one quantile in an arm.
type quantile struct {
	values, users int64 // users have at least one value
	// value is defined where there are values; variance, its squared standard error, and the
	// degrees of freedom of that, where err is nil.
	value, variance, df float64
	err                 error
}

// estimateQuantile estimates the quantile at probability p in (0, 1) of all n values
// together. Its variance is that of the outer interval, times a correction for values of
// one user that depend on each other,
//
//	SE² = (n−1)/n · ((U − L)/(2z))² · Var(share)/(p(1−p)/n)
//
// where L and U are the quantiles at p ∓ z √(p(1−p)/n), z is [outerScore], and Var(share) is the
// variance, by the delta method over users, of the share of values up to the quantile. Where
// equal values make one of U and L the quantile itself, the other half stands for both: the
// interval is rather too wide. Not defined where p ∓ z √(p(1−p)/n) leaves [0, 1], with fewer
// than two users, and where all of L to U is one value.
//
// The width rests on few values, m = 2z √(np(1−p)) of them, and its relative variance is
// 1/m. SE² thus has Satterthwaite's m/2 degrees of freedom, m/4 where a half stands for
// both, and these are put together with those of the users: 1/df = 2/m + 1/(users − 1). With
// 100 values and p = 0.9 that is about six.
//
// Source: A. Deng, U. Knoblich, J. Lu (2018), "Applying the Delta Method in Metric
// Analytics", section 4.2; the factor (n−1)/n is that of gbstats. D. A. Bloch, J. L.
// Gastwirth (1968), "On a Simple Estimate of the Reciprocal of the Density Function", for
// the variance of the width.
func estimateQuantile(p float64, values SingleValues) quantile {
	if values == nil || values.Len() == 0 {
		return quantile{err: errNoValues}
	}
	n := float64(values.Len())
	binomial := p * (1 - p) / n
	half := outerScore * math.Sqrt(binomial)
	at := values.Quantiles(p, p-half, p+half)
	q := quantile{values: int64(values.Len()), value: at[0]}
	below, above := at[0]-at[1], at[2]-at[0]
	x := q.value
	width, spacings := below+above, 2*half*n
	switch {
	case above == 0:
		x, width, spacings = at[1], 2*below, spacings/2
	case below == 0:
		width, spacings = 2*above, spacings/2
	}
	set := values.AtMost(x)
	q.users = set.N
	if p-half < 0 || p+half > 1 {
		q.err = errFewValues
		return q
	}
	share, err := cuped.Ratio(0, 1).Estimate(set)
	if err != nil {
		q.err = err
		return q
	}
	se := width / (2 * outerScore)
	q.variance = (n - 1) / n * se * se * (share.Variance / float64(share.N) / binomial)
	q.df = 1 / (2/spacings + 1/float64(q.users-1))
	switch {
	case math.IsNaN(q.variance) || math.IsInf(q.variance, 0):
		q.variance, q.err = 0, errTooLarge
	case q.variance == 0:
		q.err = errTies
	}
	return q
}

// withQuantiles returns the arms of a quantile metric with their estimates, and the arms
// of any other metric as they are.
func withQuantiles(m *experiment.Metric, phases [][]Arm) [][]Arm {
	if m.Kind() != experiment.KindQuantile {
		return phases
	}
	out := make([][]Arm, len(phases))
	for p, arms := range phases {
		out[p] = make([]Arm, len(arms))
		for v, arm := range arms {
			q := estimateQuantile(m.Quantile, arm.Values)
			arm.quantile = &q
			out[p][v] = arm
		}
	}
	return out
}

// part returns the estimate of an arm for a comparison, in a phase. All of its users count, with or
// without values.
//
// To first order a quantile is off by the sum over users of what each of their values
// contributes, over the number of values: a ratio, whose denominator grows from look to
// look. So the column logged for later looks is the user's contribution, and its weight
// the inverse of the values per user. Looks are linked by how many users stay.
//
// Source: A. W. van der Vaart (1998), "Asymptotic Statistics", corollary 21.5.
func (q quantile) part(phase int, arm Arm) (part, error) {
	if q.err != nil {
		return part{}, q.err
	}
	n := arm.Moments.N
	variance := float64(n) * q.variance
	perUser := float64(q.values) / float64(n)
	return part{
		n: n, df: q.df,
		value: q.value, variance: variance,
		raw: q.value, rawVariance: variance, cov: variance,
		look: LookArm{
			Phase: phase, N: n, Weights: []float64{1 / perUser}, Cov: []float64{variance * perUser * perUser},
			joint: arm.Previous.numbers(),
		},
	}, nil
}

// quantileResult returns the raw figures of a variant. Of several phases, which are never
// pooled, the quantile is their mean weighted by users with values.
func quantileResult(name string, arms []Arm) VariantResult {
	r := VariantResult{Variant: name}
	var values, withValues int64
	for _, arm := range arms {
		r.Users += Count(arm.Moments.N)
		r.Conversions += Count(arm.Converted)
		values += arm.quantile.values
		withValues += arm.quantile.users
	}
	switch {
	case r.Users == 0:
		r.Reason = errNoUsersYet.Error()
		return r
	case values == 0:
		r.Reason = errNoValues.Error()
		return r
	}
	r.Total = Defined(float64(values))
	var value, variance float64
	for _, arm := range arms {
		q := arm.quantile
		if q.values == 0 {
			continue
		}
		w := float64(q.users) / float64(withValues)
		value += w * q.value
		variance += w * w * q.variance
		if q.err != nil && r.Reason == "" {
			r.Reason = q.err.Error()
		}
	}
	r.Mean = Defined(value)
	if r.Reason == "" {
		r.Variance, r.SE = Defined(float64(r.Users)*variance), Defined(math.Sqrt(variance))
	}
	return r
}
