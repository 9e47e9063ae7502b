package analysis

import (
	"math"

	"readout/sequential"
)

// setPower fills in the power so far.
func (a *analyzer) setPower(c *Comparison, s scored, t test, e effect, looks []Look) (err error) {
	switch stats := a.in.Experiment.Statistics; {
	case !c.Effect.SE.ok:
	case s.role == Guardrail:
		c.PowerSoFar, err = t.powerToPass(s.margin, e, looks)
	case stats.HasMDE:
		size := stats.MDE * math.Abs(e.controlMean)
		c.PowerSoFar, err = t.powerSoFar(size, e.se, looks)
		if s.role == Primary {
			a.sought = append(a.sought, sought{s.metric.Name, c.Variant, size, e.se})
		}
	}
	return err
}

// powerToPass returns the probability that a test of today's data would show a guardrail to lie
// inside its margin if there were no effect,
//
//	Φ(margin·|μ|/√(V − 2 r K + r² V_c) − c),   r = ∓ margin
//
// with c of [test.powerSoFar] and the symbols of [fieller]: that is what its interval has to
// exclude r by. Without covariates the variance is Var_t/n_t + (1 + r)² Var_c/n_c. It is not
// defined for a control mean of 0.
func (t test) powerToPass(margin float64, e effect, looks []Look) (Number, error) {
	r, cov := -t.direction*margin, e.cov
	if e.controlMean < 0 {
		cov = -cov
	}
	variance := e.se*e.se - 2*r*cov + r*r*e.controlVariance
	if e.controlMean == 0 || !(variance > 0) {
		return Number{}, nil
	}
	return t.powerSoFar(margin*math.Abs(e.controlMean), math.Sqrt(variance), looks)
}

// powerSoFar returns the power against an effect of the given size, with the standard error of
// today,
//
//	Φ(|effect|/SE − c)
//
// with c = z_{1−α/sides} of a single test at the comparison's alpha, which the last look of a
// group-sequential test comes near to. An always-valid test has no last look and never comes
// near to a single one: c is its boundary at the last of the looks, and there is no power while
// that has none. That of rare rates, which is not about a score, is the normal mixture's with the
// conversions k as information, to which it comes close,
//
//	c = √((1 + ρ/k)·(ln(1 + k/ρ) + 2·ln(1/α)))
func (t test) powerSoFar(size, se float64, looks []Look) (Number, error) {
	c := sequential.Critical{Value: sequential.LogUpperQuantile(math.Log(t.alpha / float64(t.sides))), Finite: true}
	if t.procedure.running() {
		if len(looks) == 0 {
			return Number{}, nil
		}
		var err error
		if c, err = t.runningCritical(looks); err != nil || !c.Finite {
			return Number{}, err
		}
	}
	x := size/se - c.Value
	tail := math.Exp(sequential.LogUpperTail(math.Abs(x)))
	if x < 0 {
		return Defined(tail), nil
	}
	return Defined(1 - tail), nil
}

// runningCritical returns the boundary of an always-valid test at the last of the looks, of rare
// rates that which its score would have.
func (t test) runningCritical(looks []Look) (sequential.Critical, error) {
	last := looks[len(looks)-1]
	if len(last.Conversions) == 0 {
		return t.procedure.criticalAt(t, t.alpha, looks)
	}
	var k float64
	for _, c := range last.Conversions {
		k += float64(c.Treatment + c.Control)
	}
	if k == 0 {
		return sequential.Critical{}, nil
	}
	scale := last.Scale.Or(0)
	return sequential.Critical{Value: math.Sqrt((1 + scale/k) * (math.Log1p(k/scale) - 2*math.Log(t.alpha))), Finite: true}, nil
}
