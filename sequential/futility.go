package sequential

import (
	"fmt"
	"math"
)

// FutilityBounds returns the critical values below which a test is futile: with the means
// of the statistics under the effect it was planned for, the probability to fall below
// them for the first time at look k, not having stopped above before, is beta[k],
//
//	P(l_j < Z_j < upper_j for all j < k, Z_k ≤ l_k) = beta[k]
//
// upper is the efficacy boundary and is left as it is: the futility bound is not binding,
// and ignoring it keeps alpha. A bound never lies above the efficacy boundary of its look;
// where more may be spent than that, it is equal to it. A look that may spend less than
// 2.2e-308 has none. beta holds increments in [0, 1). The error is that of [Boundaries], by whose
// integration they are found.
//
// Source: S. Pampallona, A. A. Tsiatis, K. Kim (2001), Interim monitoring of group
// sequential trials using spending functions for the type I and type II error
// probabilities, Drug Information Journal 35.
func FutilityBounds(p Process, upper []Critical, beta, means []float64) ([]Critical, error) {
	if err := (Design{Process: p, Upper: upper}).check(); err != nil {
		return nil, err
	}
	if err := checkSpend(p, beta, 1); err != nil {
		return nil, err
	}
	if err := checkMeans(p, means); err != nil {
		return nil, err
	}
	w := newWalk(p, evenReach(p.Looks()))
	lower := make([]Critical, p.Looks())
	for k := range lower {
		c, err := w.futile(beta[k], upper[k], means[k])
		if err != nil {
			return nil, err
		}
		lower[k] = c
		lo, hi := (Design{Upper: upper, Lower: lower}).region(k)
		w.advance(lo-means[k], hi-means[k])
	}
	return lower, nil
}

// futile returns the futility bound of the current look of a walk centred on the mean.
func (w *walk) futile(beta float64, upper Critical, mean float64) (Critical, error) {
	if beta < smallestSpend {
		return Critical{}, nil
	}
	highest := mean + maxZ
	if upper.Finite {
		highest = upper.Value
	}
	if p, _, _ := w.tail(highest-mean, -1, maxZ); p <= beta {
		return Critical{Value: highest, Finite: true}, nil
	}
	y, err := w.solve(beta, -1, mean-highest)
	w.start = y
	return Critical{Value: min(mean-y, highest), Finite: err == nil}, err
}

func checkMeans(p Process, means []float64) error {
	if len(means) != p.Looks() {
		return fmt.Errorf("%d means for %d looks", len(means), p.Looks())
	}
	for k, m := range means {
		if math.IsNaN(m) || math.IsInf(m, 0) {
			return fmt.Errorf("mean of look %d is %v, want a finite number", k+1, m)
		}
	}
	return nil
}

// ConditionalPower returns the probability that the statistic of a later look is at least
// c, given the statistic z of the current one,
//
//	Φ((ρ·z + (1 - ρ²)·drift - c) / √(1 - ρ²))
//
// with ρ = Corr in (0, 1) the correlation of the two looks (√(I_now/I_later) for a constant
// effect) and drift the expectation of the later statistic: z/ρ for the current estimate.
// Crossings between the two looks are left out, which makes it a little too small. A ρ outside
// (0, 1) and numbers that are not finite are errors. The argument of Φ loses digits where the
// looks nearly coincide: its relative error is some 1e-16/√(1 - ρ).
//
// Source: C. Jennison, B. W. Turnbull (2000), Group Sequential Methods, section 10.2.
func ConditionalPower(z, c, rho, drift float64) (float64, error) {
	if !(rho > 0 && rho < 1) {
		return 0, fmt.Errorf("correlation with the later look is %v, want a number in (0, 1)", rho)
	}
	if x := z + c + drift; math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("statistic %v, critical value %v and drift %v must be finite", z, c, drift)
	}
	v := (1 - rho) * (1 + rho)
	return upperTail((c - rho*z - v*drift) / math.Sqrt(v)), nil
}
