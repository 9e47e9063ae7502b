package sequential

import (
	"errors"
	"fmt"
	"math"
)

// Final is the inference at the look where a test stopped. Drifts are expectations of the
// statistic of that look; times its standard error they are effects.
type Final struct {
	// PUpper is the probability under no effect of an outcome at least as extreme upwards.
	PUpper float64
	// P is the two-sided p-value, twice the smaller of PUpper and of the same downwards, and at
	// most 1.
	P float64
	// Median is the median-unbiased estimate of the drift.
	Median float64
	// Lo and Hi are the ends of the equal-tailed confidence interval of the drift.
	Lo, Hi float64
}

// Stagewise returns p-value, median-unbiased estimate and confidence interval for a test
// that stopped at the last look of the design's process with the statistic z. Outcomes are
// ordered by stage: stopping above at an earlier look is more extreme upwards than at a
// later one, stopping below the other way round, and at the same look the larger statistic
// is more extreme,
//
//	p(δ) = Σ_{j<k} P_δ(stop above at j) + P_δ(not stopped before k, Z_k ≥ z)
//
// PUpper is p(0), the estimate solves p(δ) = 1/2, and the ends of the interval solve
// p(δ) = (1 ∓ confidence)/2, for confidence in (0, 1). The critical values of the last look
// are not used. The error of the drifts is below 1e-8 for a confidence of at most 99.9%, and grows
// beyond, where the tails are thinner.
//
// Sources: A. A. Tsiatis, G. L. Rosner, C. R. Mehta (1984), Exact confidence intervals
// following a group sequential test, Biometrics 40; C. Jennison, B. W. Turnbull (2000),
// Group Sequential Methods, chapter 8.
func (d Design) Stagewise(z, confidence float64) (Final, error) {
	if math.IsNaN(z) || math.Abs(z) > 1e6 {
		return Final{}, fmt.Errorf("statistic is %v, want a number of at most 1e6 in size", z)
	}
	if !(confidence > 0 && confidence < 1) {
		return Final{}, fmt.Errorf("confidence is %v, want a number in (0, 1)", confidence)
	}
	k := d.Process.Looks()
	if k == 0 {
		return Final{}, errors.New("the design has no look at which the test could have stopped")
	}
	if err := d.check(); err != nil {
		return Final{}, err
	}
	upper, lower := make([]Critical, k), make([]Critical, k)
	copy(upper, d.Upper)
	copy(lower, d.Lower)
	upper[k-1] = Critical{Value: z, Finite: true}
	lower[k-1] = upper[k-1]
	d.Upper, d.Lower = upper, lower
	exit, err := d.ExitProbabilities(make([]float64, k))
	if err != nil {
		return Final{}, err
	}
	// Each side by itself: 1 minus the other would be 0 for a statistic far below.
	above, below := exit.Total()
	final := Final{PUpper: above, P: min(1, 2*min(above, below))}
	tail := (1 - confidence) / 2
	fromZ := upperQuantile(tail)
	if final.Lo, err = driftAt(d.Power, tail, z-fromZ); err != nil {
		return Final{}, err
	}
	if final.Median, err = driftAt(d.Power, 0.5, z); err != nil {
		return Final{}, err
	}
	// The upper end by what lies below, seen from the other side: above it there is almost all,
	// of which float64 tells little.
	d.Upper, d.Lower = Mirror(lower), Mirror(upper)
	final.Hi, err = driftAt(d.Power, tail, -z-fromZ)
	final.Hi = -final.Hi
	return final, err
}
