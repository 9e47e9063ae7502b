package sequential

import "math"

// OBrienFleming is the Lan-DeMets spending function of the O'Brien-Fleming type,
//
//	f(t; α) = 2·(1 - Φ(z_{α/2} / √t))
//
// with z_{α/2} the upper α/2 quantile of the standard normal distribution. It
// spends next to nothing early: at α = 0.025 and t = 0.04 about 4e-29.
//
// Source: K. K. G. Lan, D. L. DeMets (1983), Discrete sequential boundaries for
// clinical trials, Biometrika 70, function α₁*.
type OBrienFleming struct{}

// Spent implements [Spending].
func (OBrienFleming) Spent(t, alpha float64) float64 {
	switch {
	case t <= 0:
		return 0
	case t >= 1:
		return alpha
	}
	return min(2*upperTail(upperQuantile(alpha/2)/math.Sqrt(t)), alpha)
}

// LogSpent implements [Spending].
func (OBrienFleming) LogSpent(t, logAlpha float64) float64 {
	switch {
	case t <= 0:
		return math.Inf(-1)
	case t >= 1:
		return logAlpha
	}
	z := LogUpperQuantile(logAlpha - math.Ln2)
	return min(math.Ln2+LogUpperTail(z/math.Sqrt(t)), logAlpha)
}
