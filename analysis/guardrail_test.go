package analysis

import (
	"math"
	"testing"

	"readout/experiment"
	"readout/moments"
	"readout/power"
)

// TestGuardrailPower: a guardrail shows the power that its margin is planned with, that of a
// test without an effect to pass, and not that of finding the effect that primary metrics look for.
func TestGuardrailPower(t *testing.T) {
	users := func(n int64, mean, variance float64) moments.Set {
		s := moments.New(1)
		s.N, s.Mean[0], s.C[0] = n, mean, variance*float64(n-1)
		return s
	}
	for _, c := range []struct {
		name string
		goal experiment.Goal
		mean float64
		// margin is the planned one, below 0 where the metric should not fall.
		margin float64
	}{
		{"should not fall", experiment.GoalIncrease, 100, -0.02},
		{"should not rise", experiment.GoalDecrease, 100, 0.02},
		{"is negative and should not fall", experiment.GoalIncrease, -100, -0.02},
		{"is negative and should not rise", experiment.GoalDecrease, -100, 0.02},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := testExperiment()
			e.Statistics.Method, e.Statistics.HasMDE, e.Statistics.MDE = experiment.MethodFixed, true, 0.3
			guard := testMetric("speed")
			guard.Goal = c.goal
			e.Scorecard.Guardrails = []experiment.Guardrail{{Metric: guard, Margin: math.Abs(c.margin)}}
			in := testInput(e, 1)
			in.addDay(users(800, c.mean, 400), users(1200, c.mean, 400))
			card, _, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			want, err := power.Power(power.Mean(c.mean, 20), power.Effect{}, power.Design{
				Alpha: 0.05, Margin: power.Effect{Size: c.margin, Relative: true},
			}, 800, 1200)
			if err != nil {
				t.Fatal(err)
			}
			if got := card.Metrics[1].Comparisons[0].PowerSoFar; !(math.Abs(got.Or(0)-want[0]) <= 1e-12) {
				t.Errorf("power to pass %v, planned %v", got, want[0])
			}
		})
	}
}
