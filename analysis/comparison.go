package analysis

import (
	"errors"
	"math"
	"slices"

	"readout/experiment"
)

// floorP is the smallest p-value that is shown as a number.
const floorP = 1e-300

// compared is a comparison with today's estimate and its looks.
type compared struct {
	control, treatment []Arm
	effect             effect
	// ready is that of [readyPhase].
	ready bool
	looks []Look
	// recorded is today's look where it is on record, made of the numbers of its time.
	recorded *Look
}

// comparison tests treatment v against control, and says what the looks so far come to.
func (a *analyzer) comparison(s scored, t test, row MetricResult, arms fitted, v int) (Comparison, error) {
	c, x, err := a.compare(s, t, row, arms, v)
	if err != nil || a.passing {
		return c, err
	}
	if len(x.effect.control) > 0 {
		a.noteSmallPhases(s.metric.Name, c.Variant, x.effect, x.control, x.treatment)
	}
	if err := t.addP(x.looks); err != nil {
		return c, err
	}
	c.describe(t, x.looks, x.effect)
	if x.recorded != nil && (!c.Effect.SE.ok || x.recorded.changed(x.effect)) {
		c.AsTested = x.recorded.record(c.Looks[len(c.Looks)-1])
	}
	if recruiting(x.control, x.treatment) > 1 {
		c.Phases = len(x.effect.control)
		if c.AsOf != "" {
			c.Phases = len(x.looks[len(x.looks)-1].Control)
		}
	}
	c.Approximate = a.approximate(t, s.metric, x.looks)
	// Harm that was found does not go away on a day without new users: those of the last
	// look are still there.
	if s.role == Guardrail && c.Look > 0 && !c.Stopped && c.Reason == "" && c.Lift.ok && guardrailVerdict(&c, t) == Fails {
		if c.Harm, err = a.harm(&c, t, x.looks, x.effect); err != nil {
			return c, err
		}
	}
	if len(x.looks) == 0 && (!x.ready || c.Stopped) {
		return c, nil // the standard error says as little of power as of the effect, or no test is to come
	}
	return c, a.setOutlook(&c, s, t, x.effect, x.looks)
}

// compare estimates the effect of treatment v, and makes today's look where one is due.
func (a *analyzer) compare(s scored, t test, row MetricResult, arms fitted, v int) (Comparison, compared, error) {
	c := Comparison{Variant: a.in.Experiment.Variants[v].Name, Alpha: Defined(t.alpha)}
	if s.role == Guardrail {
		c.Margin = Defined(s.margin)
	}
	if raw, err := arms.rawEffect(v); err == nil {
		c.Raw = raw.estimate()
	}
	var x compared
	var err error
	x.effect, err = arms.effect(v)
	x.control, x.treatment = arms.arms(v)
	x.ready = readyPhase(s.metric, x.control, x.treatment)
	past, now, mayLook := a.recorded(&c, s, c.Variant)
	x.recorded = now
	if at, ok := a.in.Stopped[c.Variant]; ok && at.Before(a.day.Through) {
		c.Stopped, mayLook = true, false
	}
	if row.Reason != "" || err != nil {
		c.Reason = row.Reason
		if c.Reason == "" {
			c.Reason = err.Error()
		}
		c.undefined(row, v, a.control)
	} else {
		c.Effect = x.effect.estimate()
		if now == nil && mayLook && a.isLook(s, t, past, x.effect, x.ready) {
			if now, err = a.takeLook(&c, s, t, past, x.effect); err != nil {
				return c, x, err
			}
		}
	}
	x.looks = slices.Clone(past)
	if now != nil {
		x.looks = append(x.looks, *now)
		c.Today = true
	}
	return c, x, nil
}

// harm reports whether a guardrail lies beyond its margin at alpha over the number of
// guardrails and treatments: by today's estimate e on the day of a look, otherwise by that of the last look,
// whose interval is shown.
func (a *analyzer) harm(c *Comparison, t test, looks []Look, e effect) (bool, error) {
	family := len(a.in.Experiment.Scorecard.Guardrails) * len(a.treatments())
	alpha := t.alpha / float64(family)
	last := looks[len(looks)-1]
	if len(last.Conversions) > 0 {
		strict := *c
		strict.LiftLo, strict.LiftHi = last.exactLift(t, alpha)
		return guardrailVerdict(&strict, t) == Fails, nil
	}
	critical, err := t.procedure.criticalAt(t, alpha, looks)
	if err != nil || !critical.Finite {
		return false, err
	}
	if !c.Today {
		e = last.effect()
	}
	strict := *c
	strict.setLift(t, e, studentScore(critical.Value, e.df))
	return guardrailVerdict(&strict, t) == Fails, nil
}

// approximate reports whether the error rate is kept only approximately. Without a window
// past users keep changing, which the correlation between looks sees only where there are
// joint moments, and an always-valid test not at all, but for that of rare rates: later
// conversions fall between the arms like earlier ones. An extension, or to go on after a stop, may
// have been driven by the results, which an always-valid test does not mind.
func (a *analyzer) approximate(t test, m *experiment.Metric, looks []Look) bool {
	open := MatureAfter(m) == 0
	switch t.procedure.(type) {
	case fixed, exactRate:
		return false
	case alwaysValid:
		return open
	}
	return len(a.in.Extensions) > 0 || a.in.Resumed || open && !crossMoments(looks)
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
	if changed {
		a.redefined = append(a.redefined, s.metric.Name+": "+variant)
	}
	// Who has seen results may not choose by them what decides.
	chosen := len(looks) == 0 && len(a.in.Changed) > 0 && s.role != Secondary
	if mayLook = !changed && !chosen; !mayLook && len(looks) == 0 {
		c.Reason = redefinedReason
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
	final := a.in.final(s.metric)
	now := sight{
		time:  a.in.spendingTime(s.metric, a.day.Through),
		final: !a.day.Through.Before(final),
		over:  len(past) > 0 && !past[len(past)-1].At.Before(final),
		ready: ready,
	}
	return t.procedure.due(past, e, now)
}

// sight is what is known of a day before it is decided whether it is a look.
type sight struct {
	// time is the spending time.
	time float64
	// final says that no user is to come, over that this was so at the last look already:
	// after a stop some of the time is left then, but nothing new to look at.
	final, over bool
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

// takeLook makes today's look and tests it. What cannot be tested is no look: then it is nil, and
// the comparison has the reason.
func (a *analyzer) takeLook(c *Comparison, s scored, t test, past []Look, e effect) (*Look, error) {
	l, err := t.next(past, a.look(s, c.Variant, e))
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, errNoPlan):
		c.Reason = err.Error()
		return nil, nil
	case err != nil:
		return nil, err
	}
	l.setLift(t, e)
	a.looks = append(a.looks, l)
	return &l, nil
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
	c.P = shownP(c.LnP)
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
		P: shownP(Defined(l.LnP)), Critical: l.Critical,
	}
}
