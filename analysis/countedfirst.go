package analysis

import "fmt"

// CountedFirst is a comparison with everybody counted in the variant seen first, for when
// leaving out those seen in several variants biases it. It is descriptive: its interval is at
// the comparison's boundary, and no look is made of it.
type CountedFirst struct {
	Effect Estimate `json:"effect"`
	Lo     Number   `json:"lo"`
	Hi     Number   `json:"hi"`
	Lift   Number   `json:"lift"`
	LiftLo Number   `json:"lift_lo"`
	LiftHi Number   `json:"lift_hi"`
	// Reason says why there is no effect; empty otherwise.
	Reason string `json:"reason,omitempty"`
}

// LeavingOutBiases reports whether users seen in several variants are left out more often from
// one arm than from another, so that [AddCountedFirst] has something to show.
func (card *Scorecard) LeavingOutBiases() bool {
	for _, c := range card.Checks {
		if c.Name == CheckSeveralVariants && c.Severity == Alarm {
			return true
		}
	}
	return false
}

// AddCountedFirst adds to the scorecard of in its comparisons on the same day as it is with
// everybody counted in the variant seen first.
func AddCountedFirst(card *Scorecard, in Input, day Day) error {
	in.Days = []Day{day}
	a := analyzer{in: &in, day: in.today(), control: in.control()}
	for i, s := range scoredMetrics(in.Experiment.Scorecard) {
		if day.Metrics[i] == nil {
			continue
		}
		phases := withQuantiles(s.metric, day.Metrics[i])
		model, _ := modelOf(s.metric, phases, in.Experiment.Statistics.Method)
		t, err := a.test(s.metric, a.alpha(s.role))
		if err != nil {
			return fmt.Errorf("metric %s: %w", s.metric.Name, err)
		}
		_, exact := t.procedure.(exactRate)
		arms := a.fitPhases(model, phases, needOf(s.metric, exact))
		for j, v := range a.treatments() {
			e, err := arms.effect(v)
			c := &card.Metrics[i].Comparisons[j]
			c.CountedFirst = t.countedFirst(e, err, c.Critical)
		}
	}
	return nil
}

// countedFirst returns an effect with its intervals at a boundary.
func (t test) countedFirst(e effect, err error, critical Number) *CountedFirst {
	if err != nil {
		return &CountedFirst{Reason: err.Error()}
	}
	out := &CountedFirst{Effect: e.estimate()}
	score := float64(noScore)
	if c, ok := critical.Get(); ok {
		score = studentScore(c, e.df)
		out.Lo, out.Hi = t.interval(e.value, e.se, score)
	}
	l := t.lift(e, score)
	out.Lift, out.LiftLo, out.LiftHi = l.value, l.lo, l.hi
	return out
}
