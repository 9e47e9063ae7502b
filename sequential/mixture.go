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
// and the test stops when Λ ≥ 1/alpha. This is with a standard error that is known; what
// [Mixture.StudentP] and [Mixture.StudentCritical] compute takes in that it is estimated. In
// the notation of others 1/ρ is τ² with v = 1/SE² (Johari et al.), or ρ² with v = n
// (Waudby-Smith et al.).
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
// Source: Howard et al. (2021), on tuning the two-sided normal mixture, with their
// approximation of it.
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
