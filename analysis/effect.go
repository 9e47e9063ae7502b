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
	add := func(share float64, phase int, arm Arm, est cuped.Estimate) LookArm {
		v := share * share * est.Variance / float64(est.N)
		variance += v
		satterthwaite += v * v / float64(est.N-1)
		return lookArm(phase, share, arm, est.Weights)
	}
	for p := range control {
		c, t := control[p].Moments, treatment[p].Moments
		if c.N == 0 || t.N == 0 {
			continue
		}
		share := float64(c.N+t.N) / users
		ec, err := fits[p].Estimate(c)
		if err != nil {
			return effect{}, armError("control", err)
		}
		et, err := fits[p].Estimate(t)
		if err != nil {
			return effect{}, armError("treatment", err)
		}
		raw, err := fits[p].Outcome.Estimate(c)
		if err != nil {
			return effect{}, armError("control", err)
		}
		e.value += share * (et.Mean - ec.Mean)
		e.control = append(e.control, add(share, p, control[p], ec))
		e.treatment = append(e.treatment, add(share, p, treatment[p], et))
		e.controlMean += share * raw.Mean
		e.controlVariance += share * share * raw.Variance / float64(raw.N)
		e.cov -= share * share * c.LinearCov(ec.Weights, raw.Weights) / float64(c.N)
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

// armError says which arm is why a comparison is not defined.
func armError(arm string, err error) error {
	return errors.New(arm + ": " + err.Error())
}
