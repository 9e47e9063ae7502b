package analysis

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"readout/experiment"
	"readout/moments"
	"readout/sequential"
)

// TestStagewise: there is none before a test has ended, nor of what is no primary metric; at a look of record it agrees with
// the crossing and draws the estimate towards 0, and it stays.
func TestStagewise(t *testing.T) {
	for _, sides := range experiment.AllSides() {
		e := testExperiment()
		e.Scorecard.Primary[0].Sides = sides
		e.Scorecard.Secondary = []*experiment.Metric{testMetric("orders")}
		control, big := newStream(10, 4, 1), newStream(10.8, 4, 2)
		var at *Stagewise
		for _, card := range daily(t, testInput(e, 14), func(int) []moments.Set {
			return []moments.Set{control.more(100), big.more(100)}
		}, 15) {
			c := first(card)
			if (c.Stagewise != nil) != c.Significant {
				t.Fatalf("%s: stage-wise %v, significant %v", card.Date, c.Stagewise, c.Significant)
			}
			if other := card.Metrics[1].Comparisons[0]; other.Stagewise != nil {
				t.Fatalf("%s: secondary metric, stage-wise %v", card.Date, other.Stagewise)
			}
			if c.Stagewise == nil {
				continue
			}
			if at == nil {
				at = c.Stagewise
			}
			s := c.Stagewise
			if *s != *at || s.Look != c.Record.Look || s.P.value > 0.05 || s.Lo.value <= 0 ||
				s.Estimate.value >= c.Record.Effect.value || s.Lo.value < c.Record.Lo.value || s.Hi.ok != (sides == experiment.SidesTwo) {
				t.Errorf("%s, %s: %+v, record %+v", sides, card.Date, s, c.Record)
			}
		}
		if at == nil || at.Look < 2 {
			t.Errorf("%s: ended at %+v", sides, at)
		}
	}
}

// TestStagewiseOfOneLook: with a single look it is Welch's test.
func TestStagewiseOfOneLook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := testExperiment()
		if rapid.Bool().Draw(t, "decrease") {
			e.Scorecard.Primary[0].Goal = experiment.GoalDecrease
		}
		if rapid.Bool().Draw(t, "one-sided") {
			e.Scorecard.Primary[0].Sides = experiment.SidesOne
		}
		in := testInput(e, 1)
		seed := rapid.Uint64().Draw(t, "seed")
		in.addDay(newStream(10, 1, seed).more(8), newStream(10.5, 1, seed+1).more(8))
		in.Days[0].Through = day0.AddDate(0, 0, 2)
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		c := first(card)
		s := c.Stagewise
		if s == nil || !(math.Abs(s.P.value-c.P.value) <= 1e-8) || !(math.Abs(s.Estimate.value-c.Effect.Value.value) <= 1e-7) {
			t.Fatalf("%+v of %+v", s, c)
		}
		for _, end := range [][2]Number{{s.Lo, c.Lo}, {s.Hi, c.Hi}} {
			if end[0].ok != end[1].ok || !(math.Abs(end[0].value-end[1].value) <= 1e-7) {
				t.Fatalf("[%v, %v], Welch's [%v, %v]", s.Lo, s.Hi, c.Lo, c.Hi)
			}
		}
	})
}

// TestStagewiseOfEqualArms: between arms with the same figures the estimate is 0, and not what
// the search for it left.
func TestStagewiseOfEqualArms(t *testing.T) {
	cards := daily(t, testInput(testExperiment(), 3), func(k int) []moments.Set {
		n := int64(100 * (k + 1))
		return []moments.Set{exactly(5, 1.4, n), exactly(5, 1.4, n)}
	}, 4)
	s := first(cards[len(cards)-1]).Stagewise
	if s == nil || s.Estimate != Defined(0) || !(s.Lo.Or(0) < 0 && s.Hi.Or(0) > 0) {
		t.Errorf("%+v", s)
	}
}

// TestStagewiseOfHugeEffects: no p-value is 0, and a harm as large as a gain is as certain.
func TestStagewiseOfHugeEffects(t *testing.T) {
	for effect, want := range map[float64]float64{0.5: 7.05e-23, 5: floorP} {
		var p [2]float64
		for i, mean := range []float64{10 + effect, 10 - effect} {
			in := testInput(testExperiment(), 1)
			in.addDay(exactly(10, 1, 800), exactly(mean, 1, 800))
			in.Days[0].Through = day0.AddDate(0, 0, 2)
			card, _, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			p[i] = first(card).Stagewise.P.Or(0)
		}
		if !(math.Abs(p[0]/want-1) <= 1e-3) || !(math.Abs(p[1]/p[0]-1) <= 1e-9) {
			t.Errorf("effect ±%v: p %v, want about %v", effect, p, want)
		}
	}
}

// TestStagewiseUnderHolm: a comparison that crossed its boundary and is not significant
// after Holm's correction has no stage-wise inference.
func TestStagewiseUnderHolm(t *testing.T) {
	for _, p := range []float64{0.03, 0.20} {
		e := testExperiment()
		e.Statistics.Correction = experiment.CorrectionHolm
		e.Scorecard.Primary = append(e.Scorecard.Primary, testMetric("orders"))
		in := testInput(e, 1)
		z := 0.4 * sequential.LogUpperQuantile(math.Log(p/2)) * math.Sqrt(2.0/200)
		in.addDay(exactly(10, 0.4, 200), exactly(10+z, 0.4, 200))
		in.Days[0].Through = day0.AddDate(0, 0, 2)
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if c := first(card); c.Significant || (c.Stagewise == nil) != (p < 0.05) {
			t.Errorf("p %v: significant %v, stage-wise %+v", c.P, c.Significant, c.Stagewise)
		}
	}
}

// exactly returns n users with just this mean and standard deviation.
func exactly(mean, sd float64, n int64) moments.Set {
	return moments.Set{N: n, Mean: []float64{mean}, C: []float64{sd * sd * float64(n-1)}}
}

// futileExperiment has a minimum detectable effect of 5%.
func futileExperiment(goal experiment.Goal) *experiment.Experiment {
	e := testExperiment()
	e.Statistics.MDE, e.Statistics.HasMDE = 0.05, true
	e.Scorecard.Primary[0].Goal = goal
	return e
}

// TestFutility: without an effect and with many users, stopping for futility is advised
// before the end, in either direction of the goal; the boundary stays as it is.
func TestFutility(t *testing.T) {
	for _, goal := range []experiment.Goal{experiment.GoalIncrease, experiment.GoalDecrease} {
		run := func(e *experiment.Experiment) []Scorecard {
			control, big := newStream(10, 4, 51), newStream(10, 4, 52)
			return daily(t, testInput(e, 14), func(int) []moments.Set {
				return []moments.Set{control.more(60), big.more(60)}
			}, 15)
		}
		without := futileExperiment(goal)
		without.Statistics.Futility = experiment.FutilityNone
		plain, cards := run(without), run(futileExperiment(goal))
		stopped := -1
		for k, card := range cards {
			c := first(card)
			if plain := first(plain[k]); plain.FutilityBound.ok || plain.Critical != c.Critical || plain.P != c.P {
				t.Errorf("%s: futility changes the test: %v and %v", card.Date, plain.Critical, c.Critical)
			}
			if c.FutilityBound.ok && c.Critical.ok && c.FutilityBound.value > c.Critical.value {
				t.Errorf("%s: bound %v above the boundary %v", card.Date, c.FutilityBound, c.Critical)
			}
			if last := k == len(cards)-1; c.Look > 0 && c.ConditionalPowerMDE.ok == last {
				t.Errorf("%s: conditional power %v", card.Date, c.ConditionalPowerMDE)
			}
			if stopped < 0 && c.Futile {
				stopped = k
				if got := card.Recommendation; got.Action != ActionStopFutility || !strings.Contains(got.Sentence, "5%") {
					t.Errorf("%s: %+v", card.Date, got)
				}
				if c.ConditionalPowerNow.value > c.ConditionalPowerMDE.value || c.ConditionalPowerMDE.value > 0.7 {
					t.Errorf("%s: conditional power %v, now %v", card.Date, c.ConditionalPowerMDE, c.ConditionalPowerNow)
				}
				if want := 2 * 60 * 15.0; !(math.Abs(c.ExpectedUsers.value-want) <= 300) {
					t.Errorf("%v users expected, about %v come", c.ExpectedUsers, want)
				}
			}
		}
		if stopped < 3 || stopped > 12 {
			t.Errorf("%s: futile on day %d", goal, stopped+1)
		}
		if got := cards[len(cards)-1].Recommendation.Action; got != ActionInconclusive {
			t.Errorf("at the end: %s", got)
		}
	}
}

// TestFutilityNeedsEveryComparison: one arm that may still win keeps the experiment running.
func TestFutilityNeedsEveryComparison(t *testing.T) {
	card := Scorecard{Metrics: []MetricResult{
		{Role: Primary, Comparisons: []Comparison{{Futile: true}, {Futile: true}}},
		{Role: Secondary, Comparisons: []Comparison{{}, {}}},
	}}
	if !futile(&card) {
		t.Error("all primary comparisons are futile")
	}
	card.Metrics[0].Comparisons[1].Futile = false
	if futile(&card) {
		t.Error("one primary comparison is not futile")
	}
	if futile(&Scorecard{}) {
		t.Error("nothing to be futile")
	}
}

// TestFutilitySpendsBeta: with the effect looked for, no more than beta of the experiments
// fall below the bound.
func TestFutilitySpendsBeta(t *testing.T) {
	const runs = 150
	fell := 0
	for i := range runs {
		e := futileExperiment(experiment.GoalIncrease)
		in := testInput(e, 5)
		control, big := newStream(10, 4, uint64(2*i)), newStream(10.5, 4, uint64(2*i+1))
		for range 6 {
			in.addDay(control.more(200), big.more(200))
			card, looks, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, looks...)
			c := first(card)
			if c.Significant {
				break
			}
			if c.Futile {
				fell++
				break
			}
		}
	}
	if limit := 0.2*runs + 3*math.Sqrt(0.2*0.8*runs); float64(fell) > limit {
		t.Errorf("%d of %d fell below, at most %.0f should", fell, runs, limit)
	}
}

// TestFutilityMirrors: with all values and the goal turned around, bound, futility and
// conditional power are the same.
func TestFutilityMirrors(t *testing.T) {
	run := func(goal experiment.Goal, sign float64) []Scorecard {
		control, big := newStream(sign*10, sign*4, 31), newStream(sign*9.6, sign*4, 32)
		return daily(t, testInput(futileExperiment(goal), 10), func(int) []moments.Set {
			return []moments.Set{control.more(60), big.more(60)}
		}, 8)
	}
	up, down := run(experiment.GoalIncrease, 1), run(experiment.GoalDecrease, -1)
	futile := false
	for k := range up {
		u, d := first(up[k]), first(down[k])
		futile = futile || u.Futile
		if u.Futile != d.Futile || u.Z.value != -d.Z.value {
			t.Errorf("%s: futile %v and %v at %v and %v", up[k].Date, u.Futile, d.Futile, u.Z, d.Z)
		}
		for _, n := range [][2]Number{
			{u.FutilityBound, d.FutilityBound}, {u.ConditionalPowerMDE, d.ConditionalPowerMDE}, {u.ConditionalPowerNow, d.ConditionalPowerNow},
		} {
			if n[0] != n[1] {
				t.Errorf("%s: %v and %v", up[k].Date, n[0], n[1])
			}
		}
	}
	if !futile {
		t.Error("a fall never gets futile for a goal to rise")
	}
}

// TestFutileCounts: a binding bound counts for good, another one at the last look only, and
// neither once the test is decided.
func TestFutileCounts(t *testing.T) {
	fell := []Look{{Time: 0.5, Drift: Defined(1), Futile: true}, {Time: 1, Drift: Defined(1)}}
	for _, c := range []struct {
		futility    experiment.Futility
		looks       []Look
		significant bool
		want        bool
	}{
		{experiment.FutilityNonBinding, fell, false, false},
		{experiment.FutilityBinding, fell, false, true},
		{experiment.FutilityBinding, fell, true, false},
		{experiment.FutilityNonBinding, []Look{{Time: 1, Drift: Defined(1), Futile: true}}, false, true},
		{experiment.FutilityNonBinding, nil, false, false},
	} {
		e := testExperiment()
		e.Statistics.Futility = c.futility
		a := analyzer{in: &Input{Experiment: e}}
		got := Comparison{Significant: c.significant}
		over := groupSequential{clock: func(time.Time) float64 { return 1 }}
		if err := a.describeFutility(&got, test{alpha: 0.05, sides: 2, direction: 1, procedure: over}, c.looks, 0.05); err != nil {
			t.Fatal(err)
		}
		if got.Futile != c.want {
			t.Errorf("%+v: futile %v", c, got.Futile)
		}
	}
}

// TestStagewiseMirrors: with the statistics turned around, so are estimate and interval,
// and the p-value stays.
func TestStagewiseMirrors(t *testing.T) {
	how := test{alpha: 0.10, sides: 2, direction: 1}
	looks := func(sign float64) []Look {
		var out []Look
		for k, z := range []float64{0.3, 1.1, 0.7} {
			l := Look{Number: k + 1, Z: sign * z, Effect: sign * z / 10, SE: 0.1, DF: 50, Critical: Defined(1.7)}
			if k > 0 {
				l.Correlation = Defined(0.8)
			}
			out = append(out, l)
		}
		return out
	}
	up, err := how.stagewise(looks(1))
	if err != nil {
		t.Fatal(err)
	}
	down, err := how.stagewise(looks(-1))
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string][2]float64{
		"p": {up.P.value, down.P.value}, "estimate": {up.Estimate.value, -down.Estimate.value},
		"one end": {up.Lo.value, -down.Hi.value}, "the other end": {up.Hi.value, -down.Lo.value},
	} {
		if !(math.Abs(n[0]-n[1]) <= 1e-8) {
			t.Errorf("%s: %v and %v", name, n[0], n[1])
		}
	}
}
