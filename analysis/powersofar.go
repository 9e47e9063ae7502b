package analysis

import (
	"math"

	"readout/sequential"
)

// powerSoFar returns the power that today's data have: of a guardrail to pass, else for the
// minimum detectable effect, where there is one.
func (a *analyzer) powerSoFar(s scored, t test, e effect) Number {
	stats := a.in.Experiment.Statistics
	switch {
	case s.role == Guardrail:
		return powerToPass(t, s.margin, e)
	case stats.HasMDE:
		return powerToFind(t, stats.MDE*math.Abs(e.controlMean), e.se)
	}
	return Number{}
}

// powerToPass returns the probability that a single test of the comparison's alpha, with the
// variances of today, would show a guardrail to lie inside its margin if there were no effect,
//
//	Φ(margin·|μ|/√(V − 2 r K + r² V_c) − z_{1−α/sides}),   r = ∓ margin
//
// with the symbols of [fieller]: that is what its interval has to exclude r by. Without
// covariates the variance is Var_t/n_t + (1 + r)² Var_c/n_c. It is not defined for a control
// mean of 0.
func powerToPass(t test, margin float64, e effect) Number {
	r, cov := -t.direction*margin, e.cov
	if e.controlMean < 0 {
		cov = -cov
	}
	variance := e.se*e.se - 2*r*cov + r*r*e.controlVariance
	if e.controlMean == 0 || !(variance > 0) {
		return Number{}
	}
	return powerToFind(t, margin*math.Abs(e.controlMean), math.Sqrt(variance))
}

// powerToFind returns the power that a single test of the comparison's alpha would have
// against an effect of the given size, with the standard error of today:
// Φ(|effect|/SE − z_{1−α/sides}).
func powerToFind(t test, size, se float64) Number {
	z := sequential.LogUpperQuantile(math.Log(t.alpha / float64(t.sides)))
	x := size/se - z
	tail := math.Exp(sequential.LogUpperTail(math.Abs(x)))
	if x < 0 {
		return Defined(tail)
	}
	return Defined(1 - tail)
}
