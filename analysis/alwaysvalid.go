package analysis

import (
	"math"

	"readout/sequential"
)

// burnIn is the number of users per arm from which on an always-valid test is looked at,
// unless no user is to come: before, a standard error is not near enough to the true one.
const burnIn = smallArm

// alwaysValid tests by the asymptotic confidence sequence of the normal mixture, in Student's
// version, with the users of both arms as information. Its scale is tuned to the planned users
// at the first look, logged with it, and never changed: one that followed the data would not
// keep alpha.
//
// Interval and p-value are running: the intersection of the intervals, and the smallest of
// the p-values, of all looks so far. So both exclude no effect from the first crossing on.
type alwaysValid struct {
	// planned returns how many users both arms will have at the end, as seen at a first look.
	planned func(first Look) float64
}

func (v alwaysValid) next(t test, earlier []Look, l Look) (Look, error) {
	var m sequential.Mixture
	if len(earlier) == 0 {
		var err error
		if m, err = sequential.TuneMixture(v.planned(l), t.alpha, t.sides); err != nil {
			return l, err
		}
	} else {
		m = mixtureOf(t, earlier)
	}
	l.Scale = Defined(m.Scale)
	c, err := studentCritical(m, l, t.alpha)
	if err != nil {
		return l, err
	}
	l.setCritical(t, c)
	p, err := m.StudentP(t.statistic(l.Effect/l.SE), l.users(), l.DF)
	if err != nil {
		return l, err
	}
	l.LnP = p.LogP
	if len(earlier) > 0 {
		l.LnP = math.Min(l.LnP, earlier[len(earlier)-1].LnP)
	}
	return l, nil
}

// mixtureOf returns the mixture that was fixed at the first of the looks.
func mixtureOf(t test, looks []Look) sequential.Mixture {
	return sequential.Mixture{Scale: looks[0].Scale.Or(0), Sides: t.sides}
}

// studentCritical returns the boundary of a look on the scale of standard normal scores, on
// which boundaries are recorded. It is not finite where no effect would be enough.
func studentCritical(m sequential.Mixture, l Look, alpha float64) (sequential.Critical, error) {
	c, err := m.StudentCritical(l.users(), alpha, l.DF)
	if c.Finite {
		c.Value = normalScore(c.Value, l.DF)
	}
	return c, err
}

func (alwaysValid) criticalAt(t test, alpha float64, looks []Look) (sequential.Critical, error) {
	return studentCritical(mixtureOf(t, looks), looks[len(looks)-1], alpha)
}

func (alwaysValid) due(past []Look, e effect, now sight) bool {
	switch {
	case len(past) > 0 && !moreUsers(e, past[len(past)-1]):
		return false
	case now.final:
		return true
	}
	return now.time > 0 && min(users(e.control), users(e.treatment)) >= burnIn && (len(past) > 0 || now.ready)
}

func (alwaysValid) running() bool { return true }

// users returns the users of both arms.
func (l Look) users() float64 { return float64(users(l.Control) + users(l.Treatment)) }

// plannedUsers returns how many users the arms of a first look will have at the end: their
// part of the planned users, or where there is no plan those of the look over the share of
// the metric's clock that has passed, as if they came evenly.
func (a *analyzer) plannedUsers(first Look) float64 {
	var both, whole float64
	for _, v := range a.in.Experiment.Variants {
		whole += v.Traffic.Fraction()
		if v.Name == first.Variant || v.Name == a.in.Experiment.Variants[a.control].Name {
			both += v.Traffic.Fraction()
		}
	}
	if a.in.PlannedUsers > 0 && both > 0 {
		return float64(a.in.PlannedUsers) * both / whole
	}
	return first.users() / first.Time
}
