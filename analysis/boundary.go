package analysis

import (
	"math"

	"readout/experiment"
	"readout/sequential"
)

// test is how one comparison is tested: what its own alpha is, and how it is spent.
type test struct {
	alpha    float64
	sides    int
	spending sequential.Spending
	fixed    bool
	// direction is +1 where an increase is better, −1 where a decrease is.
	direction float64
}

// test returns how a metric is tested at the given alpha.
func (a *analyzer) test(m *experiment.Metric, alpha float64) (test, error) {
	t := test{
		alpha: alpha, sides: 2, direction: 1,
		fixed: a.in.Experiment.Statistics.Method == experiment.MethodFixed,
	}
	if m.Sides == experiment.SidesOne {
		t.sides = 1
	}
	if m.Goal == experiment.GoalDecrease {
		t.direction = -1
	}
	var err error
	t.spending, err = a.in.spending(m)
	return t, err
}

// statistic turns a standard normal score into the one that is held against the boundary:
// the score itself, or for a one-sided test the score in the direction of the goal.
func (t test) statistic(z float64) float64 {
	if t.sides == 1 {
		return t.direction * z
	}
	return z
}

// crossed reports whether score z lies beyond boundary c.
func (t test) crossed(z, c float64) bool {
	s := t.statistic(z)
	return s > c || t.sides == 2 && s < -c
}

// next tests a new look after the recorded ones: it fills in what is spent, the
// correlation with the look before, the boundary, whether it is crossed, and the
// sequential p-value.
func (t test) next(earlier []Look, l Look) (Look, error) {
	l.Number = len(earlier) + 1
	l.Alpha = t.alpha
	l.Information = 1 / (l.SE * l.SE)
	l.Spent = sequential.Spent(t.spending, l.Time, t.alpha, t.sides)
	correlations := make([]float64, 0, len(earlier)+1)
	bounds := make([]sequential.Critical, 0, len(earlier))
	spent := 0.0
	for _, e := range earlier {
		correlations = append(correlations, e.Correlation.Or(0))
		bounds = append(bounds, critical(e.Critical))
		spent = e.Spent
	}
	l.Spent = math.Max(l.Spent, spent)
	if len(earlier) > 0 {
		r, ok := correlation(earlier[len(earlier)-1], l)
		if !ok {
			return l, errTooLarge
		}
		l.Correlation = Defined(r)
	}
	process, err := sequential.FromCorrelations(append(correlations, l.Correlation.Or(0)))
	if err != nil {
		return l, err
	}
	c, err := sequential.NextBoundary(process, bounds, l.Spent-spent, t.sides)
	if err != nil {
		return l, err
	}
	if c.Finite {
		l.Critical = Defined(c.Value)
		l.Crossed = t.crossed(l.Z, c.Value)
	}
	l.LnP, err = t.logP(process, earlier, l)
	return l, err
}

// criticalAt returns the boundary of the last of the looks, had alpha been another one from
// the start.
func (t test) criticalAt(alpha float64, looks []Look) (sequential.Critical, error) {
	spend := make([]float64, len(looks))
	correlations := make([]float64, len(looks))
	before := 0.0
	for i, l := range looks {
		spent := math.Max(before, sequential.Spent(t.spending, l.Time, alpha, t.sides))
		spend[i], correlations[i] = spent-before, l.Correlation.Or(0)
		before = spent
	}
	process, err := sequential.FromCorrelations(correlations)
	if err != nil {
		return sequential.Critical{}, err
	}
	bounds, err := sequential.Boundaries(process, spend, t.sides)
	if err != nil {
		return sequential.Critical{}, err
	}
	return bounds[len(bounds)-1], nil
}

// logP returns the logarithm of the sequential p-value with look l added to the earlier ones.
func (t test) logP(process sequential.Process, earlier []Look, l Look) (float64, error) {
	if t.fixed {
		return t.fixedLogP(l.Z), nil
	}
	m := sequential.Monitoring{Process: process, Spending: t.spending, Sides: t.sides}
	for _, e := range earlier {
		m.Times, m.Z = append(m.Times, e.Time), append(m.Z, t.statistic(e.Z))
	}
	m.Times, m.Z = append(m.Times, l.Time), append(m.Z, t.statistic(l.Z))
	var p sequential.PValue
	var err error
	if len(earlier) == 0 {
		p, err = m.SequentialP()
	} else {
		before := earlier[len(earlier)-1].LnP
		p, err = m.Update(sequential.PValue{P: math.Exp(before), LogP: before})
	}
	return p.LogP, err
}

// fixedLogP returns the logarithm of the p-value of a single test: the tail beyond the
// score, on both sides unless the test is one-sided.
func (t test) fixedLogP(z float64) float64 {
	s := t.statistic(z)
	switch {
	case t.sides == 2:
		return math.Min(0, math.Ln2+sequential.LogUpperTail(math.Abs(s)))
	case s < 0:
		return math.Log1p(-math.Exp(sequential.LogUpperTail(-s)))
	}
	return sequential.LogUpperTail(s)
}

// critical turns a recorded boundary into the form in which sequential takes it.
func critical(n Number) sequential.Critical {
	v, ok := n.Get()
	return sequential.Critical{Value: v, Finite: ok}
}
