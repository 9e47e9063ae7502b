package analysis

import "math"

// lift is a relative effect with its interval.
type lift struct {
	value, lo, hi Number
	// unbounded says that the control mean is too uncertain for a bounded interval.
	unbounded bool
	reason    string
}

// Reasons why there is no lift, or no interval of it, as they are shown.
const (
	liftOfZero      = "control is 0"
	liftNearZero    = "control is too close to 0"
	liftNotBounded  = "control may as well be 0, so the lift has no limits"
	liftWasNotThere = "control was 0, or too close to it, at the last look"
)

// largestLift is the largest lift of either sign that is shown. Larger ones, which only a
// control mean of rounding errors brings, could not be written in percent.
const largestLift = 1e300

// liftMissing says of a recorded look why its lift, or the interval of that, is not defined:
// the reason is empty where nothing is missing.
func (p LookPoint) liftMissing() (unbounded bool, reason string) {
	switch {
	case !p.Lift.ok:
		return false, liftWasNotThere
	case (p.Lo.ok || p.Hi.ok) && !p.LiftLo.ok && !p.LiftHi.ok:
		return true, liftNotBounded
	}
	return false, ""
}

// fieller returns the effect relative to the control mean with Fieller's interval at
// critical value c ≥ 0: all r with
//
//	(δ − r μ)² ≤ c² (V − 2 r K + r² V_c)
//
// where δ is the effect with variance V, μ the control mean with variance V_c, and K their
// covariance. It excludes 0 exactly when |δ| > c √V, so it never contradicts the test. It
// is bounded when |μ| > c √V_c. For a negative control mean the lift is relative to |μ|,
// so that its sign is that of the effect. c < 0 asks for the point lift only.
//
// Source: E. C. Fieller (1954), "Some problems in interval estimation", equation 3.
func fieller(e effect, c float64) lift {
	mu, delta, cov := e.controlMean, e.value, e.cov
	if mu == 0 {
		return lift{reason: liftOfZero}
	}
	if mu < 0 {
		mu, cov = -mu, -cov
	}
	out := lift{value: Defined(delta / mu)}
	if !(math.Abs(delta/mu) <= largestLift) {
		return lift{reason: liftNearZero}
	}
	if c < 0 {
		return out
	}
	c2 := c * c
	a := mu*mu - c2*e.controlVariance
	if !(a > 0) {
		out.unbounded = true
		out.reason = liftNotBounded
		return out
	}
	b := delta*mu - c2*cov
	// As a product, d has the sign of |δ| − c √V without rounding.
	d := (delta - c*e.se) * (delta + c*e.se)
	root := math.Sqrt(math.Max(0, b*b-a*d))
	// Of b ± root, the one that does not cancel gives the other by their product, a·d.
	q := b + math.Copysign(root, b)
	r1, r2 := q/a, 0.0
	if q != 0 {
		r2 = d / q
	}
	lo, hi := Defined(math.Min(r1, r2)), Defined(math.Max(r1, r2))
	if !(math.Max(math.Abs(r1), math.Abs(r2)) <= largestLift) {
		out.reason = errTooLarge.Error()
		return out
	}
	out.lo, out.hi = lo, hi
	return out
}

// effect returns the effect of a look on record, relative to |μ|, for [fieller] at other critical values. A log has no
// variance of the control mean and no covariance with it: they are those of which the two ends r of the
// recorded lift are the solutions of Fieller's equation at the look's critical value c,
//
//	r² V_c − 2 r K = (δ − r μ)²/c² − V
//
// The ends have to be defined, and neither they nor the lift may be 0; of a guardrail that fails they are so.
func (l Look) effect() effect {
	lift, lo, hi := l.Lift.value, l.LiftLo.value, l.LiftHi.value
	e := effect{value: l.Effect, se: l.SE, df: l.DF, controlMean: l.Effect / lift}
	c := studentScore(l.Critical.value, l.DF)
	// Both sides over r are r V_c − 2 K, a line.
	side := func(r float64) float64 {
		x := (e.value - r*e.controlMean) / c
		return (x - e.se) * (x + e.se) / r
	}
	e.controlVariance = (side(hi) - side(lo)) / (hi - lo)
	e.cov = (lo*e.controlVariance - side(lo)) / 2
	return e
}
