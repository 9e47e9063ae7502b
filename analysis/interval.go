package analysis

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
