package analysis

import (
	"errors"
	"math"

	"readout/cuped"
)

// Reasons why a comparison is not defined, as they are shown.
var (
	errNoUsersYet  = errors.New("no users yet")
	errNoVariation = errors.New("no variation: every user has the same value")
	errTooLarge    = cuped.ErrTooLarge
)

// effect is a difference between treatment and control, combined over the phases of
// traffic in which both recruited.
type effect struct {
	value, se, df float64
	// controlMean is the unadjusted mean of control over the same phases with its variance,
	// and the covariance of the effect with it.
	controlMean, controlVariance, cov float64
	control, treatment                []LookArm
}

// compare estimates the effect of a treatment from its arms and control's, one per phase.
// fits holds the adjustment of each phase.
//
//	effect = Σ_p share_p (mean_t,p − mean_c,p),   SE² = Σ_p share_p² (s²_t,p/n_t,p + s²_c,p/n_c,p)
//
// with share_p the compared arms' part of their users that belongs to phase p, ddof 1, and
// unequal variances. The degrees of freedom are Welch's, extended to all 2P parts by
// Satterthwaite's formula (Σ v_i)² / Σ v_i²/(n_i − 1).
//
// Phases are combined and never pooled: pooling arms whose shares changed while the rate
// drifts would compare different times with each other.
//
// Source: B. L. Welch (1947); F. E. Satterthwaite (1946).
func compare(fits []cuped.Adjustment, control, treatment []Arm) (effect, error) {
	var users float64
	for p := range control {
		if control[p].Moments.N > 0 && treatment[p].Moments.N > 0 {
			users += float64(control[p].Moments.N + treatment[p].Moments.N)
		}
	}
	if users == 0 {
		return effect{}, errNoUsersYet
	}
	var e effect
	var variance, satterthwaite float64
	add := func(share float64, x part) LookArm {
		v := share * share * x.variance / float64(x.n)
		variance += v
		satterthwaite += v * v / x.df
		x.look.Share = share
		return x.look
	}
	for p := range control {
		c, t := control[p].Moments, treatment[p].Moments
		if c.N == 0 || t.N == 0 {
			continue
		}
		share := float64(c.N+t.N) / users
		ec, err := estimate(fits[p], p, control[p])
		if err != nil {
			return effect{}, armError("control", err)
		}
		et, err := estimate(fits[p], p, treatment[p])
		if err != nil {
			return effect{}, armError("treatment", err)
		}
		e.value += share * (et.value - ec.value)
		e.control = append(e.control, add(share, ec))
		e.treatment = append(e.treatment, add(share, et))
		e.controlMean += share * ec.raw
		e.controlVariance += share * share * ec.rawVariance / float64(ec.n)
		e.cov -= share * share * ec.cov / float64(ec.n)
	}
	if variance == 0 {
		return e, errNoVariation
	}
	e.se = math.Sqrt(variance)
	e.df = variance * variance / satterthwaite
	for _, x := range []float64{e.value, e.se, e.df, e.controlMean, e.controlVariance, e.cov} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return effect{}, errTooLarge
		}
	}
	return e, nil
}

// part is the estimate of one arm in one phase. Variances and the covariance are those of
// n users on their own: divided by n, they are those of the estimates.
type part struct {
	n                   int64
	value, variance, df float64
	// raw is the unadjusted estimate, and cov the covariance of both.
	raw, rawVariance, cov float64
	look                  LookArm
}

// estimate returns the adjusted mean of an arm, or its quantile.
func estimate(fit cuped.Adjustment, phase int, arm Arm) (part, error) {
	set := arm.Moments
	if arm.quantile != nil {
		return arm.quantile.part(phase, set.N)
	}
	adjusted, err := fit.Estimate(set)
	if err != nil {
		return part{}, err
	}
	raw, err := fit.Outcome.Estimate(set)
	if err != nil {
		return part{}, err
	}
	return part{
		n: adjusted.N, df: float64(adjusted.N - 1),
		value: adjusted.Mean, variance: adjusted.Variance,
		raw: raw.Mean, rawVariance: raw.Variance, cov: set.LinearCov(adjusted.Weights, raw.Weights),
		look: lookArm(phase, arm, adjusted.Weights),
	}, nil
}

// armError says which arm is why a comparison is not defined.
func armError(arm string, err error) error {
	return errors.New(arm + ": " + err.Error())
}
