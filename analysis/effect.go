package analysis

import (
	"errors"
	"math"
	"slices"

	"readout/cuped"
	"readout/experiment"
)

// Reasons why a comparison is not defined, as they are shown.
var (
	errNoUsersYet  = errors.New("no users yet")
	errNoVariation = errors.New("no variation: every user has the same value")
	errTooAlike    = errors.New("next to no variation: the values differ too little to compute with")
	errTooLarge    = cuped.ErrTooLarge
	errNoPlan      = errors.New("no traffic is planned for one of the arms, so its conversions cannot be tested")
)

// Squares of larger effects, in standard errors, or of smaller variances are out of reach.
const (
	largestRatio     = 1e150
	smallestVariance = 1e-150
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

// estimate is the effect as it is shown.
func (e effect) estimate() Estimate { return Estimate{Defined(e.value), Defined(e.se), Defined(e.df)} }

// pair is how the two arms of a comparison are adjusted in a phase: alike, or each by a
// regression of its own, and what the phase needs for its variance to be known.
type pair struct {
	control, treatment cuped.Adjustment
	need               need
}

// need is the least that the smaller arm of a phase must have: users, and what makes a metric
// [ready]. The zero value needs nothing.
type need struct {
	users  int64
	metric *experiment.Metric
}

// met reports whether two arms have it.
func (n need) met(control, treatment Arm) bool {
	return min(control.Moments.N, treatment.Moments.N) >= n.users &&
		(n.metric == nil || ready(n.metric, control, treatment))
}

// needOf returns what the phases of a metric need. The exact test of a rare rate knows no
// variance and takes them all.
func needOf(m *experiment.Metric, exact bool) need {
	if exact {
		return need{}
	}
	return need{users: smallArm, metric: m}
}

// effectOf estimates the effect of a treatment from its arms and control's, one per phase.
// fits holds the adjustments of each phase.
//
//	effect = Σ_p share_p (mean_t,p − mean_c,p),   SE² = Σ_p share_p² (s²_t,p/n_t,p + s²_c,p/n_c,p)
//
// with share_p the compared arms' part of their users that belongs to phase p, ddof 1, and
// unequal variances. Arms with regressions of their own add to every phase the difference
// that the centre of the covariates makes, see [cuped.Centering]. The degrees of freedom are
// Welch's, extended to all 2P parts by Satterthwaite's formula (Σ v_i)² / Σ v_i²/df_i.
//
// Phases are combined and never pooled: pooling arms whose shares changed while the rate
// drifts would compare different times with each other. One with too few users is left out
// while there are others: see [comparablePhases].
//
// Source: B. L. Welch (1947); F. E. Satterthwaite (1946).
func effectOf(fits []pair, control, treatment []Arm) (effect, error) {
	var users float64
	phases := comparablePhases(fits, control, treatment)
	for _, p := range phases {
		users += float64(control[p].Moments.N + treatment[p].Moments.N)
	}
	if users == 0 {
		return effect{}, errNoUsersYet
	}
	var sum phaseSum
	for _, p := range phases {
		share := float64(control[p].Moments.N+treatment[p].Moments.N) / users
		if err := sum.add(p, share, fits[p], control[p], treatment[p]); err != nil {
			return effect{}, err
		}
	}
	e, variance := sum.effect, sum.variance
	outcome := fits[phases[0]].control.Outcome
	switch {
	case ratioOfFew(outcome, pick(control, phases)):
		return effect{}, armError("control", errFewCarriers)
	case ratioOfFew(outcome, pick(treatment, phases)):
		return effect{}, armError("treatment", errFewCarriers)
	case variance == 0 && constant(pick(control, phases)) && constant(pick(treatment, phases)):
		return e, errNoVariation
	case variance == 0:
		return e, errTooAlike
	case variance < smallestVariance:
		return effect{}, errTooAlike
	}
	e.se = math.Sqrt(variance)
	e.df = variance * variance / sum.satterthwaite
	for _, x := range []float64{e.value, e.se, e.df, e.controlMean, e.controlVariance, e.cov} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return effect{}, errTooLarge
		}
	}
	if math.Abs(e.value/e.se) > largestRatio {
		return effect{}, errTooAlike
	}
	return e, nil
}

// constant reports whether the outcome is the same for all users of each arm. Where the variance is
// 0 although it is not, a denominator or covariates explain all of it, or all but what rounding leaves.
func constant(arms []Arm) bool {
	return !slices.ContainsFunc(arms, func(arm Arm) bool {
		return arm.Moments.Columns() > 0 && arm.Moments.Moment(0, 0) > 0
	})
}

// phaseSum is an effect to which phases are added, with Σ v_i and Σ v_i²/df_i over its parts.
type phaseSum struct {
	effect
	variance, satterthwaite float64
}

// add adds phase p with its share of the users.
func (s *phaseSum) add(p int, share float64, fit pair, control, treatment Arm) error {
	c, err := estimate(fit.control, p, control)
	if err != nil {
		return armError("control", err)
	}
	t, err := estimate(fit.treatment, p, treatment)
	if err != nil {
		return armError("treatment", err)
	}
	center, err := cuped.Centering(fit.treatment, fit.control)
	if err != nil {
		return armError("all arms", err)
	}
	s.value += share * (t.value - c.value)
	if m := fit.need.metric; m != nil && m.Kind() == experiment.KindProportion {
		c.look.Rate, t.look.Rate = Defined(c.raw), Defined(t.raw)
	}
	s.control = append(s.control, s.part(share, c))
	s.treatment = append(s.treatment, s.part(share, t))
	s.controlMean += share * c.raw
	s.controlVariance += share * share * c.rawVariance / float64(c.n)
	s.cov -= share * share * c.cov / float64(c.n)
	if center.N > 0 {
		n := float64(center.N)
		s.vary(share*share*center.Variance/n, float64(center.DF))
		s.cov += share * share * control.Moments.LinearCov(center.Weights, c.rawWeights) / n
	}
	return nil
}

// part adds the variance of an arm and returns what a look records of it.
func (s *phaseSum) part(share float64, x part) LookArm {
	s.vary(share*share*x.variance/float64(x.n), x.df)
	x.look.Share = share
	return x.look
}

// vary adds a variance with its degrees of freedom.
func (s *phaseSum) vary(v, df float64) {
	s.variance += v
	s.satterthwaite += v * v / df
}

// comparablePhases returns the phases that take part in a comparison: those with enough users for
// their variance to be known, or where there are none, those in which both arms have an
// estimate, or else all in which both recruited.
//
// A phase weighs by the users of both arms. One in which treatment got one percent of the
// traffic for a day or two would thus make most of the variance, by the handful of users
// whose own it is estimated from.
func comparablePhases(fits []pair, control, treatment []Arm) []int {
	var recruited, estimated, known []int
	for p := range control {
		c, t := control[p], treatment[p]
		if min(c.Moments.N, t.Moments.N) == 0 {
			continue
		}
		recruited = append(recruited, p)
		if !estimable(fits[p].control, c) || !estimable(fits[p].treatment, t) {
			continue
		}
		estimated = append(estimated, p)
		if fits[p].need.met(c, t) {
			known = append(known, p)
		}
	}
	switch {
	case len(known) > 0:
		return known
	case len(estimated) > 0:
		return estimated
	}
	return recruited
}

// pick returns the arms of some phases.
func pick(arms []Arm, phases []int) []Arm {
	var out []Arm
	for _, p := range phases {
		out = append(out, arms[p])
	}
	return out
}

// recruiting returns the number of phases in which there are users of one of the arms at least.
func recruiting(control, treatment []Arm) int {
	phases := 0
	for p := range control {
		if control[p].Moments.N+treatment[p].Moments.N > 0 {
			phases++
		}
	}
	return phases
}

// smallPhase is a comparison in which phases take no part, see [comparablePhases].
type smallPhase struct {
	metric, variant string
	users           int64 // of both arms in these phases
}

// noteSmallPhases notes a comparison in which phases take no part.
func (a *analyzer) noteSmallPhases(metric, variant string, e effect, control, treatment []Arm) {
	var users int64
	for p := range control {
		c, t := control[p].Moments.N, treatment[p].Moments.N
		if c > 0 && t > 0 && !slices.ContainsFunc(e.control, func(arm LookArm) bool { return arm.Phase == p }) {
			users += c + t
		}
	}
	if users > 0 {
		a.smallPhases = append(a.smallPhases, smallPhase{metric, variant, users})
	}
}

// estimable reports whether an arm has enough in a phase for an estimate: two users and
// something to divide by, or of a quantile two users with enough values for an interval around it. A
// phase that was over before that would otherwise leave the comparison without a result for good. What values
// are, such as equal, decides nothing here: it leaves the comparison undefined.
func estimable(fit cuped.Adjustment, arm Arm) bool {
	if q := arm.quantile; q != nil {
		return q.users > 1 && !errors.Is(q.err, errFewValues)
	}
	_, err := fit.Outcome.Estimate(arm.Moments)
	return !errors.Is(err, cuped.ErrOneUser) && !errors.Is(err, cuped.ErrZeroDenominator)
}

// part is the estimate of one arm in one phase. Variances and the covariance are those of
// n users on their own: divided by n, they are those of the estimates.
type part struct {
	n                   int64
	value, variance, df float64
	// raw is the unadjusted estimate, and cov the covariance of both.
	raw, rawVariance, cov float64
	rawWeights            []float64
	look                  LookArm
}

// estimate returns the adjusted mean of an arm, or its quantile.
func estimate(fit cuped.Adjustment, phase int, arm Arm) (part, error) {
	if arm.quantile != nil {
		return arm.quantile.part(phase, arm)
	}
	set := arm.Moments
	adjusted, err := fit.Estimate(set)
	if err != nil {
		return part{}, err
	}
	raw, err := fit.Outcome.Estimate(set)
	if err != nil {
		return part{}, err
	}
	return part{
		n: adjusted.N, df: float64(adjusted.DF),
		value: adjusted.Mean, variance: adjusted.Variance,
		raw: raw.Mean, rawVariance: raw.Variance, cov: set.LinearCov(adjusted.Weights, raw.Weights), rawWeights: raw.Weights,
		look: lookArm(phase, arm, adjusted.Weights),
	}, nil
}

// armError says which arm is why a comparison is not defined.
func armError(arm string, err error) error {
	return errors.New(arm + ": " + err.Error())
}
