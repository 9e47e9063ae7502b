package sequential

import (
	"fmt"
	"math"
)

// Mixture is the normal mixture boundary of a test that may be looked at any number of
// times, between any two of them, and for as long as one likes. It is the mixture
// sequential probability ratio test, and its confidence sequence is the asymptotic one
// when the standard error is estimated.
//
// With information v, for example the number of users, and Scale ρ in the same unit, the
// likelihood ratio of the mixture over the null hypothesis at the statistic z is
//
//	two-sided:  log Λ = -½·log(1 + v/ρ) + ½·z²·v/(v+ρ)
//	one-sided:  log Λ = the same + log 2 + log Φ(z·√(v/(v+ρ)))
//
// and the test stops when Λ ≥ 1/alpha. In the notation of others 1/ρ is τ² with v = 1/SE²
// (Johari et al.), or ρ² with v = n (Waudby-Smith et al.).
//
// The scale has to be fixed before the first look, and the standard error has to be close
// to the true one by then: the sequence holds in the limit of many users.
//
// Sources: H. Robbins (1970), Statistical methods related to the law of the iterated
// logarithm, Annals of Mathematical Statistics 41; S. R. Howard, A. Ramdas, J. McAuliffe,
// J. Sekhon (2021), Time-uniform, nonparametric, nonasymptotic confidence sequences, Annals
// of Statistics 49, propositions 5 and 6; I. Waudby-Smith, D. Arbour, R. Sinha,
// E. H. Kennedy, A. Ramdas (2024), Time-uniform central limit theory and asymptotic
// confidence sequences, Annals of Statistics 52.
type Mixture struct {
	Scale float64 // ρ, more than 0, in units of information
	Sides int     // 1 (large z rejects) or 2
}

// TuneMixture returns the mixture whose boundary at alpha is close to the narrowest one
// when the information is planned,
//
//	ρ = planned / (L + log(1 + L)),   L = 2·log(1/a)
//
// with a = alpha two-sided and 2·alpha one-sided.
//
// Source: Howard et al. (2021), equation 3.24 and its approximation.
func TuneMixture(planned, alpha float64, sides int) (Mixture, error) {
	a := alpha
	if sides == 1 {
		a = 2 * alpha
	}
	if (sides != 1 && sides != 2) || !(a > 0 && a < 1) || !(planned > 0) || math.IsInf(planned, 0) {
		return Mixture{}, fmt.Errorf("planned information %v, alpha %v and %d sides, want positive information, alpha in (0, 1), below 1/2 for 1 side, and 1 or 2 sides", planned, alpha, sides)
	}
	l := -2 * math.Log(a)
	return Mixture{Scale: planned / (l + math.Log1p(l)), Sides: sides}, nil
}

func (m Mixture) check(v float64) error {
	if !(m.Scale > 0) || math.IsInf(m.Scale, 0) || (m.Sides != 1 && m.Sides != 2) {
		return fmt.Errorf("mixture with scale %v and %d sides, want a positive scale and 1 or 2 sides", m.Scale, m.Sides)
	}
	if !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("information is %v, want a positive number", v)
	}
	return nil
}

// LogLambda returns log Λ at information v for a finite statistic z.
func (m Mixture) LogLambda(z, v float64) (float64, error) {
	if err := m.check(v); err != nil {
		return 0, err
	}
	if math.IsNaN(z) || math.Abs(z) > 1e150 {
		return 0, fmt.Errorf("statistic is %v, want a number of at most 1e150 in size", z)
	}
	return m.logLambda(z, v), nil
}

func (m Mixture) logLambda(z, v float64) float64 {
	share := v / (v + m.Scale)
	l := 0.5*z*z*share - 0.5*math.Log1p(v/m.Scale)
	if m.Sides == 1 {
		l += math.Ln2 + LogUpperTail(-z*math.Sqrt(share))
	}
	return l
}

// P returns the p-value of this look alone, min(1, 1/Λ). The always-valid p-value is the
// smallest of all looks so far.
func (m Mixture) P(z, v float64) (PValue, error) {
	l, err := m.LogLambda(z, v)
	if err != nil {
		return PValue{}, err
	}
	return newPValue(-l), nil
}

// Radius returns the multiplier of the standard error, the z at which Λ = 1/alpha, for
// information v and alpha in (0, 1). The confidence sequence is effect ± Radius·SE, and
// only the lower end of it when one-sided. Two-sided it is
//
//	√((1 + ρ/v)·(log(1 + v/ρ) + 2·log(1/alpha)))
func (m Mixture) Radius(v, alpha float64) (float64, error) {
	if err := m.check(v); err != nil {
		return 0, err
	}
	if !(alpha > 0 && alpha < 1) {
		return 0, fmt.Errorf("alpha is %v, want a number in (0, 1)", alpha)
	}
	bound := math.Sqrt((1 + m.Scale/v) * (math.Log1p(v/m.Scale) - 2*math.Log(alpha)))
	if m.Sides == 2 {
		return finiteRadius(bound)
	}
	f := func(z float64) (float64, error) { return m.logLambda(z, v) + math.Log(alpha), nil }
	// log Λ one-sided is at most log 2 above the two-sided one, so that the root is not far
	// below the two-sided bound and never above it by more than the doubling of alpha.
	hi := math.Sqrt((1 + m.Scale/v) * (math.Log1p(v/m.Scale) - 2*math.Log(alpha/2)))
	lo := 0.0
	for step := 1.0; m.logLambda(lo, v)+math.Log(alpha) >= 0; step *= 2 {
		lo -= step
		if step > 1e150 {
			return 0, fmt.Errorf("no radius for information %v and alpha %v", v, alpha)
		}
	}
	flo, _ := f(lo)
	fhi, _ := f(hi)
	z, err := root(f, lo, flo, hi, fhi, 1e-12)
	if err != nil {
		return 0, err
	}
	return finiteRadius(z)
}

func finiteRadius(z float64) (float64, error) {
	if math.IsNaN(z) || math.IsInf(z, 0) {
		return 0, fmt.Errorf("the information is too small for a radius")
	}
	return z, nil
}
