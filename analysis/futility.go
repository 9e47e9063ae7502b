package analysis

import (
	"math"

	"readout/experiment"
	"readout/sequential"
)

// hasFutility reports whether a metric's comparisons have futility bounds: primary ones of
// a group-sequential test that names its minimum detectable effect.
func (a *analyzer) hasFutility(s scored) bool {
	stats := a.in.Experiment.Statistics
	return s.role == Primary && stats.HasMDE && stats.MDE > 0 && stats.Futility != experiment.FutilityNone &&
		stats.Method != experiment.MethodFixed && stats.Procedure == experiment.ProcedureGroupSequential
}

// setFutility fills in the futility bound of a look, for the statistic in the direction of
// the goal: beta is spent on the same clock as alpha, under the drift of the minimum
// detectable effect. The bound never lies above the boundary, and leaves that as it is, so
// that ignoring it keeps alpha. Looks without a drift spend no beta.
func (g groupSequential) setFutility(t test, process sequential.Process, earlier []Look, l *Look) error {
	if len(earlier) > 0 {
		l.BetaSpent = earlier[len(earlier)-1].BetaSpent
	}
	if !l.Drift.ok || !(g.beta > 0 && g.beta < 1) {
		return nil
	}
	l.BetaSpent = math.Max(l.BetaSpent, sequential.Spent(g.spending, l.Time, g.beta, 1))
	looks := append(earlier[:len(earlier):len(earlier)], *l)
	beta, means := make([]float64, len(looks)), make([]float64, len(looks))
	before := 0.0
	for i, look := range looks {
		beta[i], before = look.BetaSpent-before, look.BetaSpent
		means[i] = look.Drift.Or(0)
	}
	bounds, err := sequential.FutilityBounds(process, criticals(looks), beta, means)
	if err != nil {
		return err
	}
	if b := bounds[len(bounds)-1]; b.Finite {
		l.Futility = Defined(b.Value)
		l.Futile = t.direction*l.Z <= b.Value
	}
	return nil
}

// describeFutility fills in what the last look says about stopping because nothing will
// come of it. A binding bound counts from the look that fell below it on, another one only
// as long as the statistic stays below. What is forecast is a significant result at level, which is
// the comparison's alpha, or less under Holm's correction.
func (a *analyzer) describeFutility(c *Comparison, t test, looks []Look, level float64) error {
	g, ok := t.procedure.(groupSequential)
	if !ok || len(looks) == 0 {
		return nil
	}
	last := looks[len(looks)-1]
	drift, ok := last.Drift.Get()
	if !ok {
		return nil
	}
	c.FutilityBound, c.Futile = last.Futility, last.Futile
	if a.in.Experiment.Statistics.Futility == experiment.FutilityBinding {
		for _, l := range looks {
			c.Futile = c.Futile || l.Futile
		}
	}
	c.Futile = c.Futile && !c.Significant
	if c.Stopped {
		return nil // no look at the end is to come that could find anything
	}
	return c.forecast(g, t, looks, drift, level)
}

// forecast fills in the conditional power at the end, where all that is left of level is
// spent at once, if the effect were the minimum detectable one, with the given drift today,
// and if it were today's estimate. The users at the end are a forecast, as if they came
// evenly over the metric's clock, of which a share has passed at the last look.
func (c *Comparison) forecast(g groupSequential, t test, looks []Look, drift, level float64) error {
	last := looks[len(looks)-1]
	now := g.clock(last.At)
	rho := math.Sqrt(now)
	if !(now > 0 && now < 1) || c.Significant || len(looks) == sequential.MaxLooks {
		return nil
	}
	c.ExpectedUsers = Defined(last.users() / now)
	end := Look{Correlation: Defined(rho)}
	process, err := processOf(append(looks[:len(looks):len(looks)], end))
	if err != nil {
		return err
	}
	before, spent := criticals(looks), last.Spent
	if level < t.alpha {
		if before, spent, err = g.boundariesAt(t, level, looks); err != nil {
			return err
		}
	}
	boundary, err := sequential.NextBoundary(process, before, level-spent, t.sides)
	if err != nil || !boundary.Finite {
		return err
	}
	z := t.direction * last.Z
	for _, under := range []struct {
		power *Number
		drift float64
	}{{&c.ConditionalPowerMDE, drift / rho}, {&c.ConditionalPowerNow, z / rho}} {
		p, err := sequential.ConditionalPower(z, boundary.Value, rho, under.drift)
		if err != nil {
			return err
		}
		*under.power = Defined(p)
	}
	return nil
}
