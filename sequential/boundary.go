package sequential

import (
	"fmt"
	"math"
)

// Critical is the critical value of one look, on the scale of the standardized
// statistic. The test stops above where Z ≥ Value and, two-sided, below where
// Z ≤ -Value.
type Critical struct {
	Value float64
	// Finite is false at a look where no value of the statistic stops the test,
	// because no alpha is left for it; Value is then 0.
	Finite bool
}

// smallestSpend is the least alpha per side for which a critical value exists. What
// a look may spend below it, the smallest normal double, counts as nothing.
const smallestSpend = 0x1p-1022

// Boundaries returns the critical values c_1, ..., c_K such that the probability of
// the first crossing at look k is spend[k] under the null hypothesis, over all
// sides,
//
//	P(|Z_1| < c_1, ..., |Z_{k-1}| < c_{k-1}, |Z_k| ≥ c_k) = spend[k]
//
// one-sided with Z in the place of |Z|. They are computed one after the other by recursive
// numerical integration.
//
// spend holds increments, not cumulative values, and as many as the process has
// looks; each is in [0, 1). sides is 1 or 2, and a two-sided boundary is symmetric.
// A look that may spend less than 2.2e-308 per side has no critical value. Where less
// probability is left than may be spent, every path stops: the critical value is
// then 0 (two-sided) or -38 (one-sided).
//
// The absolute error is below 1e-10 while spend[k] is above 1e-12, also for hundreds
// of looks and uneven ones; where looks nearly coincide it is below 1e-8.
//
// Source: K. K. G. Lan, D. L. DeMets (1983), Discrete sequential boundaries for
// clinical trials, Biometrika 70, with the integration described at survival.
func Boundaries(p Process, spend []float64, sides int) ([]Critical, error) {
	if err := checkSpend(p, spend, sides); err != nil {
		return nil, err
	}
	w := newWalk(p, reaches(spend, sides))
	bounds := make([]Critical, p.Looks())
	for k := range bounds {
		c, err := w.critical(spend[k], sides)
		if err != nil {
			return nil, err
		}
		bounds[k] = c
		w.pass(c, sides)
	}
	return bounds, nil
}

// NextBoundary returns the critical value of the last look of p, at which spend may
// be spent, given those of all earlier looks as they were used. It is what
// [Boundaries] would give for that look, with the same error, at the price of one pass
// over the earlier ones. As many earlier ones as p has looks before its last, 1 or 2 sides, and
// a spend in [0, 1) are wanted; all else is an error.
func NextBoundary(p Process, earlier []Critical, spend float64, sides int) (Critical, error) {
	if len(earlier) != p.Looks()-1 {
		return Critical{}, fmt.Errorf("%d earlier critical values for look %d, want %d", len(earlier), p.Looks(), p.Looks()-1)
	}
	spends := make([]float64, p.Looks())
	spends[len(earlier)] = spend
	if err := checkSpend(p, spends, sides); err != nil {
		return Critical{}, err
	}
	for k, c := range earlier {
		if math.IsNaN(c.Value) || (sides == 2 && c.Finite && c.Value < 0) {
			return Critical{}, fmt.Errorf("critical value of look %d is %v", k+1, c.Value)
		}
	}
	w := newWalk(p, reaches(spends, sides))
	for _, c := range earlier {
		w.pass(c, sides)
	}
	return w.critical(spend, sides)
}

func checkSpend(p Process, spend []float64, sides int) error {
	if sides != 1 && sides != 2 {
		return fmt.Errorf("%d sides, want 1 or 2", sides)
	}
	if len(spend) != p.Looks() {
		return fmt.Errorf("alpha to spend is given for %d looks, the process has %d", len(spend), p.Looks())
	}
	for k, a := range spend {
		if !(a >= 0 && a < 1) {
			return fmt.Errorf("alpha to spend at look %d is %v, want at least 0 and below 1", k+1, a)
		}
	}
	return nil
}
