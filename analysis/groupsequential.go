package analysis

import (
	"math"
	"slices"
	"time"

	"readout/sequential"
)

// groupSequential spends alpha over the metric's own clock, in looks whose correlations
// are estimated from the users themselves.
type groupSequential struct {
	spending sequential.Spending
	// clock returns the spending time of an instant on the timeline as it is planned by now. A
	// look logs its time on the timeline of its day, which an extension makes longer.
	clock func(at time.Time) float64
	// beta is what futility bounds spend, 1 − power.
	beta float64
}

func (g groupSequential) next(t test, earlier []Look, l Look) (Look, error) {
	spent := 0.0
	if len(earlier) > 0 {
		last := earlier[len(earlier)-1]
		r, crossed, ok := correlation(last, l)
		if !ok {
			return l, errTooLarge
		}
		spent, l.Correlation, l.CrossMoments = last.Spent, Defined(r), crossed
	}
	l.Spent = math.Max(spent, sequential.Spent(g.spending, l.Time, t.alpha, t.sides))
	process, err := processOf(append(earlier[:len(earlier):len(earlier)], l))
	if err != nil {
		return l, err
	}
	c, err := sequential.NextBoundary(process, criticals(earlier), l.Spent-spent, t.sides)
	if err != nil {
		return l, err
	}
	l.setCritical(t, c)
	if err := g.setFutility(t, process, earlier, &l); err != nil {
		return l, err
	}
	if t.passing && !(l.Crossed && !slices.ContainsFunc(earlier, crossed)) {
		l.noP = true
		return l, nil
	}
	l.LnP, err = g.logP(t, process, earlier, l)
	return l, err
}

func crossed(l Look) bool { return l.Crossed }

// addP fills in the p-value of the last look where it was left out.
func (t test) addP(looks []Look) error {
	g, ok := t.procedure.(groupSequential)
	if !ok || len(looks) == 0 || !looks[len(looks)-1].noP {
		return nil
	}
	process, err := processOf(looks)
	if err != nil {
		return err
	}
	last := &looks[len(looks)-1]
	last.LnP, err = g.logP(t, process, looks[:len(looks)-1], *last)
	return err
}

// processOf returns the process of recorded looks.
func processOf(looks []Look) (sequential.Process, error) {
	correlations := make([]float64, len(looks))
	for i, l := range looks {
		correlations[i] = l.Correlation.Or(0)
	}
	return sequential.FromCorrelations(correlations)
}

func (g groupSequential) criticalAt(t test, alpha float64, looks []Look) (sequential.Critical, error) {
	bounds, _, err := g.boundariesAt(t, alpha, looks)
	if err != nil {
		return sequential.Critical{}, err
	}
	return bounds[len(bounds)-1], nil
}

// logP returns the logarithm of the sequential p-value with look l added to the earlier ones.
func (g groupSequential) logP(t test, process sequential.Process, earlier []Look, l Look) (float64, error) {
	m := sequential.Monitoring{Process: process, Spending: g.spending, Sides: t.sides}
	for _, e := range earlier {
		m.Times, m.Z = append(m.Times, g.clock(e.At)), append(m.Z, t.statistic(e.Z))
	}
	m.Times, m.Z = append(m.Times, g.clock(l.At)), append(m.Z, t.statistic(l.Z))
	if len(earlier) == 0 || earlier[len(earlier)-1].noP {
		p, err := m.SequentialP()
		return p.LogP, err
	}
	before := earlier[len(earlier)-1].LnP
	p, err := m.Update(sequential.PValue{P: math.Exp(before), LogP: before})
	return p.LogP, err
}

// due: a look needs new users in both arms, or to be the metric's last, after which there
// is none, though the end be moved once all alpha is spent. The first one of a rate or a mean waits for conversions, and of a
// ratio for users who carry it: what looks before it would have spent, it spends. Of as many
// looks as a process may have, one is left for the last.
func (g groupSequential) due(past []Look, e effect, now sight) bool {
	switch n := len(past); {
	case n == 0:
		return now.time > 0 && (now.final || now.ready)
	case now.over:
		return false
	case n >= sequential.MaxLooks, n == sequential.MaxLooks-1 && !now.final:
		return false
	}
	last := past[len(past)-1]
	return last.Time < 1 && (now.final || moreUsers(e, last))
}

func (groupSequential) running() bool { return false }

// endingAt returns the boundary of the last of the looks at the test's alpha, had it been planned
// as the end: it spends all that the looks before it have left.
func (g groupSequential) endingAt(t test, looks []Look) (sequential.Critical, error) {
	earlier := looks[:len(looks)-1]
	process, err := processOf(looks)
	if err != nil {
		return sequential.Critical{}, err
	}
	bounds, spent := criticals(earlier), 0.0
	switch n := len(earlier); {
	case n == 0:
	case t.alpha == looks[n].Alpha:
		spent = earlier[n-1].Spent
	default:
		if bounds, spent, err = g.boundariesAt(t, t.alpha, earlier); err != nil {
			return sequential.Critical{}, err
		}
	}
	return sequential.NextBoundary(process, bounds, t.alpha-spent, t.sides)
}

// boundariesAt returns the boundaries of all looks, had alpha been another one from the start,
// and how much of it would have been spent by the last.
func (g groupSequential) boundariesAt(t test, alpha float64, looks []Look) ([]sequential.Critical, float64, error) {
	spend := make([]float64, len(looks))
	before := 0.0
	for i, l := range looks {
		spent := math.Max(before, sequential.Spent(g.spending, g.clock(l.At), alpha, t.sides))
		spend[i], before = spent-before, spent
	}
	process, err := processOf(looks)
	if err != nil {
		return nil, 0, err
	}
	bounds, err := sequential.Boundaries(process, spend, t.sides)
	return bounds, before, err
}
