package analysis

import (
	"errors"
	"math"
	"slices"

	"readout/cuped"
	"readout/experiment"
)

// floorP is the smallest p-value that is shown as a number.
const floorP = 1e-300

// comparison tests treatment v against control.
func (a *analyzer) comparison(s scored, t test, row MetricResult, phases [][]Arm, fits, raws [][]cuped.Adjustment, v int) (Comparison, error) {
	name := a.in.Experiment.Variants[v].Name
	c := Comparison{Variant: name, Alpha: Defined(t.alpha)}
	if s.role == Guardrail {
		c.Margin = Defined(s.margin)
	}
	treatment, control := column(phases, v), column(phases, a.control)
	needs := needOf(s.metric, row.Exact)
	e, err := compare(pairs(needs, fits, a.control, v), control, treatment)
	if raw, rawErr := compare(pairs(needs, raws, a.control, v), control, treatment); rawErr == nil {
		c.Raw = Estimate{Defined(raw.value), Defined(raw.se), Defined(raw.df)}
	}
	past, now, mayLook := a.recorded(&c, s, name)
	tested := now
	if at, ok := a.in.Stopped[name]; ok && at.Before(a.day.Through) {
		c.Stopped, mayLook = true, false
	}
	if row.Reason != "" || err != nil {
		c.Reason = row.Reason
		if c.Reason == "" {
			c.Reason = err.Error()
		}
		c.undefined(row, v, a.control)
	} else {
		c.Effect = Estimate{Defined(e.value), Defined(e.se), Defined(e.df)}
		if now == nil && mayLook && a.isLook(s, t, past, e, readyPhase(s.metric, control, treatment)) {
			l, err := t.next(past, a.look(s, name, e))
			switch {
			case errors.Is(err, errTooLarge), errors.Is(err, errNoPlan):
				c.Reason = err.Error()
			case err != nil:
				return c, err
			default:
				l.setLift(t, e)
				a.looks = append(a.looks, l)
				now = &l
			}
		}
	}
	if a.passing {
		return c, nil
	}
	if len(e.control) > 0 {
		a.noteSmallPhases(s.metric.Name, name, e, control, treatment)
	}
	looks := slices.Clone(past)
	if now != nil {
		looks = append(looks, *now)
		c.Today = true
	}
	if err := t.addP(looks); err != nil {
		return c, err
	}
	c.describe(t, looks, e)
	if tested != nil && (!c.Effect.SE.ok || tested.changed(e)) {
		c.AsTested = tested.record(c.Looks[len(c.Looks)-1])
	}
	if recruiting(control, treatment) > 1 {
		c.Phases = len(e.control)
		if c.AsOf != "" {
			c.Phases = len(looks[len(looks)-1].Control)
		}
	}
	c.Approximate = a.approximate(t, s.metric, looks)
	if err := a.describeFutility(&c, t, looks, t.alpha); err != nil {
		return c, err
	}
	// Harm that was found does not go away on a day without new users: those of the last
	// look are still there.
	if s.role == Guardrail && c.Look > 0 && !c.Stopped && c.Reason == "" && c.Lift.ok && guardrailVerdict(&c, t) == Fails {
		if c.Harm, err = a.harm(&c, t, looks, e); err != nil {
			return c, err
		}
	}
	err = a.setPower(&c, s, t, e, looks)
	return c, err
}

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

// harm reports whether a guardrail lies beyond its margin at alpha over the number of
// guardrails and treatments.
func (a *analyzer) harm(c *Comparison, t test, looks []Look, e effect) (bool, error) {
	family := len(a.in.Experiment.Scorecard.Guardrails) * len(a.treatments())
	alpha := t.alpha / float64(family)
	if last := looks[len(looks)-1]; len(last.Conversions) > 0 {
		strict := *c
		strict.LiftLo, strict.LiftHi = last.exactLift(t, alpha)
		return guardrailVerdict(&strict, t) == Fails, nil
	}
	critical, err := t.procedure.criticalAt(t, alpha, looks)
	if err != nil || !critical.Finite {
		return false, err
	}
	strict := *c
	strict.setLift(t, e, studentScore(critical.Value, e.df))
	return guardrailVerdict(&strict, t) == Fails, nil
}

// approximate reports whether the error rate is kept only approximately. Without a window
// past users keep changing, which the correlation between looks sees only where there are
// joint moments, and an always-valid test not at all, but for that of rare rates: later
// conversions fall between the arms like earlier ones. An extension may have been driven by
// the results, which an always-valid test does not mind.
func (a *analyzer) approximate(t test, m *experiment.Metric, looks []Look) bool {
	open := MatureAfter(m) == 0
	switch t.procedure.(type) {
	case fixed, exactRate:
		return false
	case alwaysValid:
		return open
	}
	return len(a.in.Extensions) > 0 || open && !crossMoments(looks)
}

// crossMoments reports whether the correlations between the looks are all from users'
// values at both. The first look has none.
func crossMoments(looks []Look) bool {
	for i, l := range looks {
		if i > 0 && !l.CrossMoments {
			return false
		}
	}
	return true
}

// column returns one variant's arms, one per phase.
func column(phases [][]Arm, v int) []Arm {
	out := make([]Arm, len(phases))
	for p := range phases {
		out[p] = phases[p][v]
	}
	return out
}

// recorded returns the comparison's looks before today and today's, where they are on
// record, and whether a new look may be made.
func (a *analyzer) recorded(c *Comparison, s scored, variant string) (past []Look, now *Look, mayLook bool) {
	looks, changed := looksOf(a.in.Looks, s.metric.Name, variant, a.in.MetricHash[s.metric.Name])
	mayLook = true
	if changed {
		a.redefined = append(a.redefined, s.metric.Name+": "+variant)
		mayLook = false
		if len(looks) == 0 {
			c.Reason = redefinedReason
		}
	}
	for i := range looks {
		switch at := looks[i].At; {
		case at.Before(a.day.Through):
			past = append(past, looks[i])
		case at.Equal(a.day.Through):
			now = &looks[i]
		default:
			mayLook = false
		}
	}
	return past, now, mayLook
}

// isLook reports whether today is a look. ready is that of [readyPhase].
func (a *analyzer) isLook(s scored, t test, past []Look, e effect, ready bool) bool {
	now := sight{
		time:  a.in.spendingTime(s.metric, a.day.Through),
		final: !a.day.Through.Before(a.in.final(s.metric)),
		ready: ready,
	}
	return t.procedure.due(past, e, now)
}

// sight is what is known of a day before it is decided whether it is a look.
type sight struct {
	// time is the spending time.
	time float64
	// final says that no user is to come.
	final bool
	// ready says that there is what the first look waits for, see [readyPhase].
	ready bool
}

// users returns the number of users of an arm over its phases.
func users(arms []LookArm) int64 {
	var n int64
	for _, arm := range arms {
		n += arm.N
	}
	return n
}

// look returns today's look, untested.
func (a *analyzer) look(s scored, variant string, e effect) Look {
	l := Look{
		Experiment: a.in.Experiment.Name, Metric: s.metric.Name, Variant: variant,
		Date: a.day.Date, At: a.day.Through, Config: a.in.MetricHash[s.metric.Name],
		Time:   a.in.spendingTime(s.metric, a.day.Through),
		Effect: e.value, SE: e.se, DF: e.df, Z: normalScore(e.value/e.se, e.df),
		Control: e.control, Treatment: e.treatment,
	}
	if a.hasFutility(s) {
		l.Drift = Defined(a.in.Experiment.Statistics.MDE * math.Abs(e.controlMean) / e.se)
	}
	return l
}

// undefined shows the difference of means where there is one but nothing to test it by.
func (c *Comparison) undefined(row MetricResult, v, control int) {
	t, okT := row.Variants[v].Mean.Get()
	k, okC := row.Variants[control].Mean.Get()
	if okT && okC {
		c.Effect.Value = Defined(t - k)
		c.Raw.Value = c.Effect.Value
	}
}

// describe fills in what the looks so far say, with today's estimate. On a day without a
// look, interval and lift are those of the last one.
func (c *Comparison) describe(t test, looks []Look, e effect) {
	c.Look = len(looks)
	c.Looks = t.points(looks)
	for i, l := range looks {
		if l.Crossed {
			c.Record = l.record(c.Looks[i])
			c.Significant = true
			break
		}
	}
	if c.Effect.SE.ok {
		c.setLift(t, e, noScore)
	}
	if len(looks) == 0 {
		return
	}
	last, point := looks[len(looks)-1], c.Looks[len(looks)-1]
	c.Z, c.Time, c.Spent, c.Critical = point.Z, Defined(last.Time), point.Spent, point.Critical
	c.LnP = Defined(last.LnP)
	c.P = Defined(math.Max(floorP, math.Exp(last.LnP)))
	if !c.Today {
		c.AsOf = last.Date
		c.Effect = Estimate{Defined(last.Effect), Defined(last.SE), Defined(last.DF)}
		c.Lift = point.Lift
		c.LiftUnbounded, c.LiftReason = point.liftMissing()
	}
	if critical, ok := last.Critical.Get(); ok && c.Today && c.Effect.SE.ok {
		score := studentScore(critical, e.df)
		c.Lo, c.Hi = t.interval(e.value, e.se, score)
		c.setLift(t, e, score)
	}
	if !c.Today || t.procedure.running() {
		c.Lo, c.Hi = point.Lo, point.Hi
		c.LiftLo, c.LiftHi = point.LiftLo, point.LiftHi
		if c.LiftReason == "" {
			c.LiftUnbounded, c.LiftReason = point.liftMissing()
		}
	}
	if c.LiftUnbounded && (c.LiftLo.ok || c.LiftHi.ok) {
		c.LiftUnbounded, c.LiftReason = false, ""
	}
}

// noScore asks for a lift without an interval.
const noScore = -1

// setLift fills in the lift and its interval at critical value score.
func (c *Comparison) setLift(t test, e effect, score float64) {
	l := t.lift(e, score)
	c.Lift, c.LiftLo, c.LiftHi = l.value, l.lo, l.hi
	c.LiftUnbounded, c.LiftReason = l.unbounded, l.reason
}

// setLift fills in the lift and its interval at the look's own boundary.
func (l *Look) setLift(t test, e effect) {
	score := float64(noScore)
	if c, ok := l.Critical.Get(); ok {
		score = studentScore(c, e.df)
	}
	r := t.lift(e, score)
	l.Lift, l.LiftLo, l.LiftHi = r.value, r.lo, r.hi
	if len(l.Conversions) > 0 {
		l.LiftLo, l.LiftHi = l.exactLift(t, l.Alpha)
	}
}

// lift returns the effect relative to control; a one-sided test bounds it only from the
// side it guards.
func (t test) lift(e effect, score float64) lift {
	l := fieller(e, score)
	if t.sides == 1 && t.direction > 0 {
		l.hi = Number{}
	} else if t.sides == 1 {
		l.lo = Number{}
	}
	return l
}

// interval returns the repeated confidence interval value ± score · se; a one-sided test
// bounds the effect only from the side it guards.
func (t test) interval(value, se, score float64) (lo, hi Number) {
	lo, hi = Defined(value-score*se), Defined(value+score*se)
	if t.sides == 1 {
		if t.direction > 0 {
			return lo, Number{}
		}
		return Number{}, hi
	}
	return lo, hi
}

// points returns the looks for pictures, with running intervals where the procedure has them.
func (t test) points(looks []Look) []LookPoint {
	out := make([]LookPoint, 0, len(looks))
	for i, l := range looks {
		p := l.point(t)
		if i > 0 && t.procedure.running() {
			before := out[i-1]
			p.Lo, p.Hi = intersect(before.Lo, before.Hi, p.Lo, p.Hi)
			p.LiftLo, p.LiftHi = intersect(before.LiftLo, before.LiftHi, p.LiftLo, p.LiftHi)
			if len(l.Conversions) > 0 {
				p.Lo, p.Hi = l.exactEffect(p.LiftLo, p.LiftHi)
			}
		}
		out = append(out, p)
	}
	return out
}

// intersect returns the part of the interval from lo to hi that lies inside the one
// before; an end that is not defined is no limit. Where no part does, it is the end of the
// one before that is nearest, so that intervals of later looks always lie inside those of
// earlier ones.
func intersect(beforeLo, beforeHi, lo, hi Number) (Number, Number) {
	inside := func(v Number) Number {
		if beforeLo.ok && v.value < beforeLo.value {
			return beforeLo
		}
		if beforeHi.ok && v.value > beforeHi.value {
			return beforeHi
		}
		return v
	}
	newLo, newHi := beforeLo, beforeHi
	if lo.ok {
		newLo = inside(lo)
	}
	if hi.ok {
		newHi = inside(hi)
	}
	return newLo, newHi
}

// point returns a look for pictures.
func (l Look) point(t test) LookPoint {
	p := LookPoint{
		Date: l.Date, Effect: Defined(l.Effect), SE: Defined(l.SE),
		Lift: l.Lift, LiftLo: l.LiftLo, LiftHi: l.LiftHi,
		Z: Defined(l.Z), Critical: l.Critical, Futility: l.Futility,
	}
	if !t.procedure.running() {
		p.Spent = Defined(l.Spent)
	}
	if c, ok := l.Critical.Get(); ok {
		p.Lo, p.Hi = t.interval(l.Effect, l.SE, studentScore(c, l.DF))
	}
	if len(l.Conversions) > 0 {
		p.Z = Number{}
		p.Lo, p.Hi = l.exactEffect(p.LiftLo, p.LiftHi)
	}
	return p
}

// changed reports whether the effect is another one than when the look was made. Other files of
// the same rows may differ in the last bits.
func (l *Look) changed(e effect) bool {
	return math.Abs(e.value-l.Effect) > 1e-9*l.SE || math.Abs(e.se-l.SE) > 1e-9*l.SE
}

// record returns a look, with its point, as the look of record.
func (l Look) record(p LookPoint) *LookOfRecord {
	return &LookOfRecord{
		Date: l.Date, Look: l.Number, Effect: p.Effect, Lo: p.Lo, Hi: p.Hi,
		Lift: l.Lift, LiftLo: p.LiftLo, LiftHi: p.LiftHi,
		P: Defined(math.Max(floorP, math.Exp(l.LnP))), Critical: l.Critical,
	}
}
