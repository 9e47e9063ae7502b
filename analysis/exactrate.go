package analysis

import (
	"math"

	"readout/experiment"
	"readout/sequential"
)

// rareRate is the share of all users who convert up to which a rate is tested by its
// conversions alone. What those who do not convert could add is less than 3 % of the width of
// an interval while the rate is not above it, and conversions are few for long.
const rareRate = 0.05

// exactRate tests a rare rate by how conversions fall between treatment and control. It holds
// from the first conversion on and estimates no variance, which for few conversions is far
// from the true one. Its scale is tuned, in conversions, to those planned as seen at the
// first look, and like the choice of this test kept from then on. Both rest on the
// conversions of all arms together, which say nothing about the effect.
//
// Its interval is one for the ratio of the rates, which is the lift and 1. That of the effect
// is what the interval of the lift comes to at the overall rate as it is observed by now, so
// that either excludes no effect exactly when the other does; it leaves out how uncertain the
// overall rate is. One-sided it is the end of the two-sided interval. Covariates take no part.
type exactRate struct {
	alwaysValid
	// conversions returns those of a treatment and control, per phase.
	conversions func(variant string) []Conversions
}

// Conversions are those of a treatment and control in one phase.
type Conversions struct {
	// Users are those of both arms.
	Users     int64 `json:"users"`
	Treatment int64 `json:"treatment"`
	Control   int64 `json:"control"`
	// Share is the planned share of treatment among both.
	Share float64 `json:"share"`
}

// exact reports whether the metric's conversions are tested alone, which the first look of
// any of its comparisons decides, once there has been one.
func (a *analyzer) exact(m *experiment.Metric) bool {
	stats := a.in.Experiment.Statistics
	if m.Kind() != experiment.KindProportion || a.in.Summarized || stats.Method == experiment.MethodFixed || stats.Procedure != experiment.ProcedureAlwaysValid {
		return false
	}
	for _, l := range a.in.Looks {
		if l.Metric == m.Name && l.Config == a.in.MetricHash[m.Name] && !l.At.After(a.day.Through) {
			return len(l.Conversions) > 0
		}
	}
	var users, converted int64
	for _, arms := range a.phasesOf(m) {
		for _, arm := range arms {
			users, converted = users+arm.Moments.N, converted+arm.converted()
		}
	}
	return users > 0 && float64(converted) <= rareRate*float64(users)
}

// phasesOf returns today's arms of a metric.
func (a *analyzer) phasesOf(m *experiment.Metric) [][]Arm {
	for i, s := range scoredMetrics(a.in.Experiment.Scorecard) {
		if s.metric == m {
			return a.day.Metrics[i]
		}
	}
	return nil
}

// converted returns the users of a rate who converted.
func (arm Arm) converted() int64 {
	if arm.Moments.N == 0 {
		return 0
	}
	return int64(math.Round(float64(arm.Moments.N) * arm.Moments.Mean[0]))
}

// conversions returns today's conversions of a metric in a treatment and in control, in the
// phases in which both recruited.
func (a *analyzer) conversions(m *experiment.Metric, variant string) []Conversions {
	var out []Conversions
	for p, arms := range a.phasesOf(m) {
		weights := a.weights(p)
		for v, arm := range arms {
			control := arms[a.control]
			share := weights[v] / (weights[v] + weights[a.control])
			if a.in.Experiment.Variants[v].Name == variant && arm.Moments.N > 0 && control.Moments.N > 0 && share > 0 && share < 1 {
				out = append(out, Conversions{
					Users: arm.Moments.N + control.Moments.N, Share: share,
					Treatment: arm.converted(), Control: control.converted(),
				})
			}
		}
	}
	return out
}

func (v exactRate) next(t test, earlier []Look, l Look) (Look, error) {
	if l.Conversions = v.conversions(l.Variant); len(l.Conversions) == 0 {
		return l, errNoPlan
	}
	if len(earlier) > 0 {
		l.Scale = earlier[0].Scale
	} else {
		var users, converted float64
		for _, c := range l.Conversions {
			users, converted = users+float64(c.Users), converted+float64(c.Treatment+c.Control)
		}
		// Half a conversion more, so that a first look without one plans some.
		m, err := sequential.TuneMixture(v.planned(l)*(converted+0.5)/(users+1), t.alpha, 2)
		if err != nil {
			return l, err
		}
		l.Scale = Defined(m.Scale)
	}
	p, err := l.mixture().P(l.splits())
	if err != nil {
		return l, err
	}
	if toward := l.toward(); t.sides == 2 || toward*t.direction > 0 {
		l.LnP = p.LogP
		l.Crossed = p.LogP < math.Log(t.alpha)
	}
	if len(earlier) > 0 {
		l.LnP = math.Min(l.LnP, earlier[len(earlier)-1].LnP)
	}
	return l, nil
}

// due: conversions need no number at which their variance is known.
func (v exactRate) due(past []Look, e effect, now sight) bool {
	now.ready = true
	return v.alwaysValid.due(past, e, now)
}

// criticalAt has none: the test is not one of a score. See [Look.exactLift].
func (exactRate) criticalAt(test, float64, []Look) (sequential.Critical, error) {
	return sequential.Critical{}, nil
}

// mixture returns what conversions are tested with.
func (l Look) mixture() sequential.BinomialMixture {
	return sequential.BinomialMixture{Scale: l.Scale.Or(0)}
}

// splits returns the conversions as the test takes them.
func (l Look) splits() []sequential.ConversionSplit {
	out := make([]sequential.ConversionSplit, len(l.Conversions))
	for i, c := range l.Conversions {
		out[i] = sequential.ConversionSplit{Treatment: c.Treatment, Control: c.Control, Share: c.Share}
	}
	return out
}

// toward is positive when treatment has more conversions than its planned share of them, and
// negative when it has fewer.
func (l Look) toward() float64 {
	var sum float64
	for _, c := range l.Conversions {
		sum += float64(c.Treatment) - c.Share*float64(c.Treatment+c.Control)
	}
	return sum
}

// exactLift returns the interval of the lift at the given alpha from conversions.
func (l Look) exactLift(t test, alpha float64) (lo, hi Number) {
	ratio, err := l.mixture().Interval(alpha, l.splits())
	if err != nil {
		return Number{}, Number{}
	}
	if t.sides == 2 || t.direction > 0 {
		lo = Defined(ratio.Lo - 1)
	}
	if ratio.HiFinite && (t.sides == 2 || t.direction < 0) {
		hi = Defined(ratio.Hi - 1)
	}
	return lo, hi
}

// exactEffect returns the interval of the effect that belongs to one of the lift.
func (l Look) exactEffect(liftLo, liftHi Number) (lo, hi Number) {
	if v, ok := liftLo.Get(); ok {
		lo = Defined(l.effectAt(v + 1))
	}
	if v, ok := liftHi.Get(); ok {
		hi = Defined(l.effectAt(v + 1))
	}
	return lo, hi
}

// effectAt returns the difference of the rates that belongs to their ratio θ at the overall
// rate p̄ of each phase,
//
//	Σ share_p (θ − 1) p̄_p / (q_p θ + 1 − q_p)
//
// with q the planned share of treatment and share_p the phase's part of the users. It rises
// with θ and is 0 at 1.
func (l Look) effectAt(ratio float64) float64 {
	var users, sum float64
	for _, c := range l.Conversions {
		users += float64(c.Users)
		sum += float64(c.Treatment+c.Control) * (ratio - 1) / (c.Share*ratio + 1 - c.Share)
	}
	return sum / users
}
