package analysis

import (
	"math"
	"slices"
	"time"

	"readout/experiment"
	"readout/sequential"
)

// test is how one comparison is tested.
type test struct {
	// alpha is the comparison's own error probability.
	alpha float64
	sides int
	// direction is +1 where an increase is better, −1 where a decrease is.
	direction float64
	// passing leaves p-values out that nobody will see.
	passing   bool
	procedure procedure
}

// procedure is one of the ways to test: [fixed], [groupSequential], [alwaysValid]
// or [exactRate].
type procedure interface {
	// next tests a new look after the recorded ones: it fills in what is spent, the
	// boundary, whether it is crossed, and the p-value with which looks so far are counted.
	next(t test, earlier []Look, l Look) (Look, error)
	// criticalAt returns the boundary of the last of the looks, had alpha been another one
	// from the start.
	criticalAt(t test, alpha float64, looks []Look) (sequential.Critical, error)
	// due reports whether today's users make a look after the recorded ones.
	due(past []Look, e effect, now sight) bool
	// running reports whether interval and p-value take in all looks so far.
	running() bool
}

// test returns how a metric is tested at the given alpha.
func (a *analyzer) test(m *experiment.Metric, alpha float64) (test, error) {
	t := test{alpha: alpha, sides: 2, direction: 1, passing: a.passing}
	if m.Sides == experiment.SidesOne {
		t.sides = 1
	}
	if m.Goal == experiment.GoalDecrease {
		t.direction = -1
	}
	switch stats := a.in.Experiment.Statistics; {
	case stats.Method == experiment.MethodFixed:
		t.procedure = fixed{}
	case a.exact(m):
		t.procedure = exactRate{
			alwaysValid: alwaysValid{planned: a.plannedUsers},
			conversions: func(variant string) []Conversions { return a.conversions(m, variant) },
		}
	case stats.Procedure == experiment.ProcedureAlwaysValid:
		t.procedure = alwaysValid{planned: a.plannedUsers}
	default:
		family, err := a.in.spending(m)
		if err != nil {
			return t, err
		}
		t.procedure = groupSequential{
			spending: family, beta: 1 - stats.Power,
			clock: func(at time.Time) float64 { return a.in.spendingTime(m, at) },
		}
	}
	return t, nil
}

// next tests a new look after the recorded ones.
func (t test) next(earlier []Look, l Look) (Look, error) {
	l.Number = len(earlier) + 1
	l.Alpha = t.alpha
	l.Information = 1 / (l.SE * l.SE)
	return t.procedure.next(t, earlier, l)
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

// setCritical records a boundary and whether the look crosses it.
func (l *Look) setCritical(t test, c sequential.Critical) {
	if c.Finite {
		l.Critical = Defined(c.Value)
		l.Crossed = t.crossed(l.Z, c.Value)
	}
}

// criticals returns the recorded boundaries of looks in the form in which sequential takes
// them.
func criticals(looks []Look) []sequential.Critical {
	out := make([]sequential.Critical, len(looks))
	for i, l := range looks {
		v, ok := l.Critical.Get()
		out[i] = sequential.Critical{Value: v, Finite: ok}
	}
	return out
}

// moreUsers reports whether both arms have more users, in some phase, than at a recorded look.
func moreUsers(e effect, last Look) bool {
	return more(e.control, last.Control) && more(e.treatment, last.Treatment)
}

// more reports whether an arm has more users in some phase than before.
func more(now, before []LookArm) bool {
	n := make(map[int]int64, len(before))
	for _, arm := range before {
		n[arm.Phase] = arm.N
	}
	return slices.ContainsFunc(now, func(arm LookArm) bool { return arm.N > n[arm.Phase] })
}

// singleLogP returns the logarithm of the p-value of a single test: the tail beyond the
// score, on both sides unless the test is one-sided.
func (t test) singleLogP(z float64) float64 {
	s := t.statistic(z)
	switch {
	case t.sides == 2:
		return math.Min(0, math.Ln2+sequential.LogUpperTail(math.Abs(s)))
	case s < 0:
		return math.Log1p(-math.Exp(sequential.LogUpperTail(-s)))
	}
	return sequential.LogUpperTail(s)
}
