package analysis

import (
	"math"

	"readout/experiment"
	"readout/sequential"
)

// setOutlook fills in the power so far and what is forecast. Under Holm's correction both depend
// on the whole family, and what is looked for is kept for [analyzer.powerUnderHolm].
func (a *analyzer) setOutlook(c *Comparison, s scored, t test, e effect, looks []Look) (err error) {
	stats := a.in.Experiment.Statistics
	size := stats.MDE * math.Abs(e.controlMean)
	sized := c.Effect.SE.ok && stats.HasMDE
	if s.role == Primary && stats.Correction == experiment.CorrectionHolm {
		if sized {
			a.sought = append(a.sought, sought{s.metric.Name, c.Variant, size, e.se})
		}
		return nil
	}
	switch {
	case s.role == Guardrail && c.Effect.SE.ok:
		c.PowerSoFar, err = t.powerToPass(s.margin, e, looks)
	case s.role != Guardrail && sized:
		c.PowerSoFar, err = t.powerSoFar(size, e.se, looks)
	}
	if err != nil {
		return err
	}
	return a.describeFutility(c, t, looks, t.alpha)
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
// today, of a test that ends with the last of the looks,
//
//	Φ(|effect|/SE − c)
//
// with c the boundary of that look at the comparison's alpha, see [test.endingCritical]. There is
// none while that has no boundary.
func (t test) powerSoFar(size, se float64, looks []Look) (Number, error) {
	c, err := t.endingCritical(looks)
	if err != nil || !c.Finite {
		return Number{}, err
	}
	x := size/se - c.Value
	tail := math.Exp(sequential.LogUpperTail(math.Abs(x)))
	if x < 0 {
		return Defined(tail), nil
	}
	return Defined(1 - tail), nil
}

// endingCritical returns the boundary of the last of the looks if it is the end: a group-sequential
// test then spends all the alpha that is left. An always-valid test has no end, and its boundary
// is the one it has. That of rare rates, which is not about a score, is the normal mixture's with
// the conversions k as information, to which it comes close,
//
//	c = √((1 + ρ/k)·(ln(1 + k/ρ) + 2·ln(1/α)))
func (t test) endingCritical(looks []Look) (sequential.Critical, error) {
	g, group := t.procedure.(groupSequential)
	switch {
	case group && len(looks) > 0:
		return g.endingAt(t, looks)
	case !t.procedure.running():
		return fixed{}.criticalAt(t, t.alpha, nil)
	case len(looks) == 0:
		return sequential.Critical{}, nil
	}
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
