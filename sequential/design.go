package sequential

import (
	"fmt"
	"math"
)

// Design is a process with its critical values: the test stops above where
// Z_k ≥ Upper[k] and below where Z_k ≤ Lower[k]. Lower may be nil, which is a one-sided
// test without futility; for a symmetric two-sided test it is Mirror(Upper).
type Design struct {
	Process      Process
	Upper, Lower []Critical
	// Shape holds the expectations of the statistics under a constant effect relative to that
	// of the last look, SE_K/SE_k with the standard errors of the effect. Nil means those of
	// [Process.Means], which hold where what is known of a user does not change.
	Shape []float64
}

// means returns the expectations of the statistics under a constant effect that gives the
// last look the expectation drift.
func (d Design) means(drift float64) []float64 {
	if d.Shape == nil {
		return d.Process.Means(drift)
	}
	means := make([]float64, len(d.Shape))
	for k, s := range d.Shape {
		means[k] = drift * s
	}
	return means
}

// Mirror returns the critical values with the opposite sign.
func Mirror(bounds []Critical) []Critical {
	out := make([]Critical, len(bounds))
	for k, c := range bounds {
		out[k] = Critical{Value: -c.Value, Finite: c.Finite}
	}
	return out
}

// Exit holds the probabilities to stop at each look, above and below.
type Exit struct {
	Upper, Lower []float64
}

// Total returns the probabilities to stop above and below at any look.
func (e Exit) Total() (upper, lower float64) {
	for k := range e.Upper {
		upper += e.Upper[k]
		lower += e.Lower[k]
	}
	return upper, lower
}

// ExitProbabilities returns the probabilities of the first crossing at each look when the
// statistics have the given means (see [Process.Means] for those of a constant effect).
// Their absolute error is below 1e-11 per look, and below 1e-9 where looks nearly coincide.
//
// Slices of a length that is not the number of looks, bounds that cross, and means or
// bounds that are not finite numbers are errors.
//
// Source: C. Jennison, B. W. Turnbull (2000), Group Sequential Methods, chapter 19.
func (d Design) ExitProbabilities(means []float64) (Exit, error) {
	if err := d.check(); err != nil {
		return Exit{}, err
	}
	k := d.Process.Looks()
	if err := checkMeans(d.Process, means); err != nil {
		return Exit{}, err
	}
	exit := Exit{Upper: make([]float64, k), Lower: make([]float64, k)}
	w := newWalk(d.Process, evenReach(k))
	for i, mean := range means {
		lo, hi := d.region(i)
		if !math.IsInf(hi, 1) {
			exit.Upper[i], _, _ = w.tail(hi-mean, 1, maxZ)
		}
		if !math.IsInf(lo, -1) {
			exit.Lower[i], _, _ = w.tail(lo-mean, -1, maxZ)
		}
		w.advance(lo-mean, hi-mean)
	}
	return exit, nil
}

// evenReach returns the default reach at each of the looks.
func evenReach(looks int) []float64 {
	reach := make([]float64, looks)
	for k := range reach {
		reach[k] = kernelReach
	}
	return reach
}

// region returns the interval in which the test goes on at look k.
func (d Design) region(k int) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	if d.Upper[k].Finite {
		hi = d.Upper[k].Value
	}
	if d.Lower != nil && d.Lower[k].Finite {
		lo = d.Lower[k].Value
	}
	return lo, hi
}

func (d Design) check() error {
	k := d.Process.Looks()
	if len(d.Upper) != k || (d.Lower != nil && len(d.Lower) != k) {
		return fmt.Errorf("%d upper and %d lower critical values for %d looks", len(d.Upper), len(d.Lower), k)
	}
	if d.Shape != nil && len(d.Shape) != k {
		return fmt.Errorf("a shape of %d looks for %d looks", len(d.Shape), k)
	}
	for i, s := range d.Shape {
		if !(s > 0) || math.IsInf(s, 1) {
			return fmt.Errorf("shape of look %d is %v, want a positive number", i+1, s)
		}
	}
	for i := range d.Upper {
		lo, hi := d.region(i)
		if math.IsInf(hi, -1) || math.IsInf(lo, 1) || !(lo <= hi) {
			return fmt.Errorf("critical values of look %d are %v and %v, want lower up to upper", i+1, lo, hi)
		}
	}
	return nil
}

// Power returns the probability to stop above at any look under a constant effect that
// gives the last look the expectation drift. Stopping below, on the wrong side, is not
// counted, as in gsDesign and rpact. It has the errors of [Design.ExitProbabilities], of which
// it is the sum.
func (d Design) Power(drift float64) (float64, error) {
	exit, err := d.ExitProbabilities(d.means(drift))
	if err != nil {
		return 0, err
	}
	upper, _ := exit.Total()
	return upper, nil
}

// DriftForPower returns the drift of [Design.Power] that gives the power. Its error is below 1e-9
// for a power of at most 99.99%, and grows to 1e-4 at 1 - 1e-10, since float64 tells little of
// probabilities near 1. Power must lie strictly between what drift 0 gives and 1.
func (d Design) DriftForPower(power float64) (float64, error) {
	null, err := d.Power(0)
	if err != nil {
		return 0, err
	}
	if !(null < power && power < 1) {
		return 0, fmt.Errorf("power is %v, want more than %v and less than 1", power, null)
	}
	// With a single look this is it.
	return driftAt(d.Power, power, upperQuantile(null)-upperQuantile(power))
}

// farthestDrift bounds the search for a drift.
const farthestDrift = 1e7

// driftAt returns the drift at which a probability, which rises with the drift from 0 to 1, is p,
// from a guess. It is sought on the scale of the normal quantile, on which the probability to
// stop above is nearly a straight line of the drift, and with a single look is one: so few passes
// over the looks are needed.
func driftAt(probability func(drift float64) (float64, error), p, guess float64) (float64, error) {
	score := upperQuantile(p)
	f := func(drift float64) (float64, error) {
		at, err := probability(drift)
		return score - upperQuantile(at), err
	}
	a := guess
	fa, err := f(a)
	if err != nil {
		return 0, err
	}
	b, fb := a, fa
	// Where the test may stop early the line is less steep, and a step of fa alone falls short.
	for step := -1.25*fa - math.Copysign(1e-6, fa); (fa < 0) == (fb < 0) && math.Abs(b) < farthestDrift; step *= 2 {
		a, fa = b, fb
		b += step
		if fb, err = f(b); err != nil {
			return 0, err
		}
	}
	return root(f, a, fa, b, fb, 1e-10)
}

// FixedDrift returns the drift with which a test of a single look has the power,
//
//	z_{alpha/sides} + z_{1-power}
//
// with z_p the upper p-quantile of the standard normal distribution, counting the upper side
// only. alpha/sides and power must lie in (0, 1), and sides be 1 or 2. The absolute error is
// below 1e-14.
func FixedDrift(alpha float64, sides int, power float64) (float64, error) {
	a := alpha / float64(sides)
	if (sides != 1 && sides != 2) || !(a > 0 && a < 1) || !(power > 0 && power < 1) {
		return 0, fmt.Errorf("alpha %v, %d sides and power %v, want alpha and power in (0, 1) and 1 or 2 sides", alpha, sides, power)
	}
	return upperQuantile(a) - upperQuantile(power), nil
}

// Inflation returns by what factor the design at its last look needs more information, or
// users, than a test of a single look with the same alpha, sides and power,
//
//	(drift of the design / drift of the single look)²
//
// Power must be more than alpha per side, as for [Design.DriftForPower], whose error it has.
func (d Design) Inflation(alpha float64, sides int, power float64) (float64, error) {
	fixed, err := FixedDrift(alpha, sides, power)
	if err != nil {
		return 0, err
	}
	if fixed <= 0 {
		return 0, fmt.Errorf("power is %v, want more than alpha per side", power)
	}
	drift, err := d.DriftForPower(power)
	if err != nil {
		return 0, err
	}
	return (drift / fixed) * (drift / fixed), nil
}

// ExpectedInformation returns the information, 1/SE², that the test has used on average when it
// stops, as a share of that of the last look, under a constant effect that gives the last
// look the expectation drift,
//
//	1 - Σ_k P(stop at k)·(1 - I_k/I_K),   I_k/I_K = (E Z_k / E Z_K)²
//
// It has the errors of [Design.ExitProbabilities].
func (d Design) ExpectedInformation(drift float64) (float64, error) {
	exit, err := d.ExitProbabilities(d.means(drift))
	if err != nil {
		return 0, err
	}
	saved := 0.0
	roots := d.means(1)
	for k, r := range roots {
		saved += (exit.Upper[k] + exit.Lower[k]) * (1 - r*r)
	}
	return 1 - saved, nil
}
