package analysis

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"readout/experiment"
	"readout/moments"
)

// rateExperiment tests a rate by the always-valid procedure, with covariates.
func rateExperiment() *experiment.Experiment {
	e := alwaysValidExperiment()
	e.Statistics.Method = experiment.MethodSequentialCUPED
	e.Scorecard.Primary[0].Numerator.Aggregate = experiment.AggregateAny
	return e
}

// rateStream is users who convert with a probability, with a covariate that says nothing.
type rateStream struct {
	set  moments.Set
	rate float64
	r    *rand.Rand
}

func newRateStream(rate float64, seed uint64) *rateStream {
	return &rateStream{set: moments.New(3), rate: rate, r: rand.New(rand.NewPCG(seed, 9))}
}

// more adds n users and returns all so far.
func (s *rateStream) more(n int) moments.Set {
	for range n {
		y := 0.0
		if s.r.Float64() < s.rate {
			y = 1
		}
		s.set.Add(y, s.r.NormFloat64(), 0)
	}
	return s.set.Clone()
}

// TestRareRate: a rate of 1 % is tested by its conversions from its first look on, also when
// it is no longer rare; one of 20 % is not. Without a window only the latter is approximate.
func TestRareRate(t *testing.T) {
	for _, c := range []struct {
		rate, later float64
		exact       bool
	}{{0.01, 0.01, true}, {0.01, 0.3, true}, {0.2, 0.2, false}, {0.2, 0, false}} {
		control, big := newRateStream(c.rate, 1), newRateStream(c.rate, 2)
		e := rateExperiment()
		e.Scorecard.Primary[0].Numerator.Window = experiment.Window{Open: true}
		cards := daily(t, testInput(e, 8), func(k int) []moments.Set {
			if k == 3 {
				control.rate, big.rate = c.later, c.later
			}
			return []moments.Set{control.more(200), big.more(200)}
		}, 9)
		for _, card := range cards[2:] {
			row := card.Metrics[0]
			if row.Exact != c.exact || (row.CUPED == nil) != c.exact || row.Comparisons[0].Critical.ok == c.exact || row.Comparisons[0].Verdict == TooEarly || row.Comparisons[0].Approximate == c.exact {
				t.Errorf("rate %v: exact %v, CUPED %v, critical %v, %s", c.rate, row.Exact, row.CUPED, row.Comparisons[0].Critical, row.Comparisons[0].Verdict)
			}
			for _, check := range card.Checks {
				if c.exact && check.Name == CheckFewUsers {
					t.Errorf("rate %v: %s", c.rate, check.Sentence)
				}
			}
			if strings.Contains(card.Plan.Sentence, "rare rates exactly") != c.exact {
				t.Errorf("rate %v: %s", c.rate, card.Plan.Sentence)
			}
		}
	}
	in := testInput(rateExperiment(), 8)
	in.addDay(moments.New(3), moments.New(3))
	// A day that is made again knows nothing of looks that came after it.
	name := in.Experiment.Scorecard.Primary[0].Name
	in.Looks = []Look{{Metric: name, Config: in.MetricHash[name], At: in.today().Through.Add(1), Conversions: []Conversions{{}}}}
	if card, _, err := Analyze(in); err != nil || card.Metrics[0].Exact {
		t.Errorf("the rate of nobody is called rare: %v", err)
	}
}

// TestRareRateBesideAnother: how a rate is tested is decided by its own looks.
func TestRareRateBesideAnother(t *testing.T) {
	e := rateExperiment()
	often := *e.Scorecard.Primary[0]
	often.Name = "often"
	e.Scorecard.Primary = append(e.Scorecard.Primary, &often)
	in := testInput(e, 8)
	control, big := newRateStream(0.01, 1), newRateStream(0.01, 2)
	controlOften, bigOften := newRateStream(0.3, 3), newRateStream(0.3, 4)
	for range 5 {
		in.addDay(control.more(200), big.more(200))
		in.today().Metrics[1] = [][]Arm{{{Moments: controlOften.more(200)}, {Moments: bigOften.more(200)}}}
		card, looks, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if !card.Metrics[0].Exact || card.Metrics[1].Exact {
			t.Errorf("%s: exact %v and %v, want the first alone", card.Date, card.Metrics[0].Exact, card.Metrics[1].Exact)
		}
		in.Looks = append(in.Looks, looks...)
	}
	if len(in.Looks) < 6 {
		t.Errorf("%d looks", len(in.Looks))
	}
}

// TestExactRateFollowsFromOneRule: verdict, p and both intervals exclude no effect together,
// intervals only shrink, and one-sided tests bound the effect from the side they guard.
func TestExactRateFollowsFromOneRule(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		e := rateExperiment()
		if rapid.Bool().Draw(rt, "one-sided") {
			e.Scorecard.Primary[0].Sides = experiment.SidesOne
		}
		if rapid.Bool().Draw(rt, "decrease") {
			e.Scorecard.Primary[0].Goal = experiment.GoalDecrease
		}
		control := newRateStream(0.02, seed)
		big := newRateStream(0.02*math.Exp(rapid.Float64Range(-2.5, 1.5).Draw(rt, "log ratio")), seed+1)
		cards := daily(t, testInput(e, 8), func(int) []moments.Set {
			return []moments.Set{control.more(300), big.more(300)}
		}, 9)
		var before Comparison
		for _, card := range cards {
			c := first(card)
			if !c.Today || !card.Metrics[0].Exact {
				continue
			}
			excludes := c.Lo.Or(0) > 0 || c.Hi.Or(0) < 0
			lift := c.LiftLo.Or(0) > 0 || c.LiftHi.Or(0) < 0
			small := c.LnP.value < math.Log(0.05)
			if c.Significant != excludes || lift != excludes || math.Abs(c.LnP.value-math.Log(0.05)) > 1e-9 && small != excludes {
				rt.Fatalf("significant %v, interval [%v, %v], lift [%v, %v], p %v", c.Significant, c.Lo, c.Hi, c.LiftLo, c.LiftHi, c.P)
			}
			if before.P.ok && (c.LnP.value > before.LnP.value || c.LiftLo.Or(-1) < before.LiftLo.Or(-1) || before.LiftHi.ok && c.LiftHi.Or(math.Inf(1)) > before.LiftHi.value) {
				rt.Fatalf("p %v and [%v, %v] after %v and [%v, %v]", c.P, c.LiftLo, c.LiftHi, before.P, before.LiftLo, before.LiftHi)
			}
			if p := c.Looks[len(c.Looks)-1]; p.Z.ok || p.Critical.ok {
				rt.Fatalf("a test without a score has %+v", p)
			}
			if e.Scorecard.Primary[0].Sides == experiment.SidesOne && (c.Hi.ok && e.Scorecard.Primary[0].Goal == experiment.GoalIncrease || c.Lo.ok && e.Scorecard.Primary[0].Goal == experiment.GoalDecrease) {
				rt.Fatalf("a one-sided test has the interval [%v, %v]", c.Lo, c.Hi)
			}
			before = c
		}
	})
}

// TestExactRateIsTheSplitTest: against no effect the likelihood ratio is that of the test of
// the split of users, made for conversions instead, which is held to reference values.
func TestExactRateIsTheSplitTest(t *testing.T) {
	for _, c := range []Conversions{{Treatment: 12, Control: 4, Share: 0.5}, {Treatment: 0, Control: 30, Share: 0.2}, {Treatment: 100, Control: 90, Share: 0.4}} {
		l := Look{Conversions: []Conversions{c}, Scale: Defined(25)}
		p, err := l.mixture().P(l.splits())
		want := -logSplitE([]int64{c.Control, c.Treatment}, []float64{1 - c.Share, c.Share}, 25)
		if err != nil || !(math.Abs(p.LogP-min(0, want)) <= 1e-11) {
			t.Errorf("%+v: log p %v, %v, want %v", c, p.LogP, err, want)
		}
	}
}

// TestExactEffectOfARatio: the rates in the ratio that the effect stands for make up the overall one of
// each phase.
func TestExactEffectOfARatio(t *testing.T) {
	const ratio = 1.7
	l := Look{Conversions: []Conversions{
		{Users: 1000, Treatment: 12, Control: 8, Share: 0.5}, {Users: 3000, Treatment: 9, Control: 21, Share: 0.2},
	}}
	want := 0.0
	for _, c := range l.Conversions {
		control := float64(c.Treatment+c.Control) / (float64(c.Users) * (c.Share*ratio + (1 - c.Share)))
		want += float64(c.Users) / 4000 * (ratio*control - control)
	}
	lo, hi := l.exactEffect(Number{}, Defined(ratio-1))
	if lo.ok || !(math.Abs(hi.Or(0)-want) <= 1e-12*want) {
		t.Errorf("[%v, %v], want no lower end and %v", lo, hi, want)
	}
}

// TestExactRateLooksAreLogged: a look with conversions comes back from the log as it was, and
// one with impossible counts is refused.
func TestExactRateLooksAreLogged(t *testing.T) {
	in := testInput(rateExperiment(), 8)
	in.addDay(newRateStream(0.01, 1).more(300), newRateStream(0.03, 2).more(300))
	in.addDay(newRateStream(0.01, 1).more(600), newRateStream(0.03, 2).more(600))
	_, looks, err := Analyze(in)
	if err != nil || len(looks) != 1 || len(looks[0].Conversions) != 1 {
		t.Fatalf("looks %+v, %v", looks, err)
	}
	text, err := json.Marshal(looks[0])
	if err != nil {
		t.Fatal(err)
	}
	var logged Look
	if err := json.Unmarshal(text, &logged); err != nil {
		t.Fatal(err)
	}
	if err := logged.Check(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(looks[0].Conversions, logged.Conversions); diff != "" || logged.Scale != looks[0].Scale {
		t.Errorf("conversions (-made +logged):\n%s", diff)
	}
	nobody := logged
	nobody.Conversions = []Conversions{{Users: 1, Share: 0.5}}
	if err := nobody.Check(); err != nil {
		t.Errorf("a user who did not convert: %v", err)
	}
	for _, change := range []func(c *Conversions){
		func(c *Conversions) { c.Share = 1 },
		func(c *Conversions) { c.Users, c.Treatment, c.Control = 0, 0, 0 },
		func(c *Conversions) { c.Treatment = -1 },
		func(c *Conversions) { c.Treatment = c.Users },
		func(c *Conversions) { c.Control = -1 },
	} {
		bad := logged
		bad.Conversions = []Conversions{logged.Conversions[0]}
		change(&bad.Conversions[0])
		if bad.Check() == nil {
			t.Errorf("no error for %+v", bad.Conversions)
		}
	}
}

// TestExactRateErrorRate: with some two conversions a day in either arm, no more experiments
// than alpha find a difference where there is none, and of the intervals not more than alpha
// ever leave out the true ratio.
func TestExactRateErrorRate(t *testing.T) {
	const runs, alpha, ratio = 300, 0.10, 1.6
	found, missed := 0, 0
	for seed := range uint64(runs) {
		for _, lift := range []float64{1, ratio} {
			e := rateExperiment()
			e.Statistics.Confidence = 1 - alpha
			in := testInput(e, 10)
			control, big := newRateStream(0.02, 2*seed), newRateStream(0.02*lift, 2*seed+1)
			r := rand.New(rand.NewPCG(seed, 5))
			var last Comparison
			for range 11 {
				// Users are assigned at random, so that how many an arm gets varies.
				n := 0
				for range 200 {
					n += r.IntN(2)
				}
				in.addDay(control.more(n), big.more(200-n))
				card, looks, err := Analyze(in)
				if err != nil {
					t.Fatal(err)
				}
				in.Looks = append(in.Looks, looks...)
				last = first(card)
			}
			switch {
			case lift == 1 && last.Significant:
				found++
			case lift == ratio && (last.LiftLo.Or(-1) > ratio-1 || last.LiftHi.Or(math.Inf(1)) < ratio-1):
				missed++
			}
		}
	}
	if most := runs*alpha + 3*math.Sqrt(runs*alpha*(1-alpha)); float64(found) > most || float64(missed) > most {
		t.Errorf("%d found an effect, %d missed one, of %d; at most %.0f should", found, missed, runs, most)
	}
	t.Logf("%d found an effect, %d missed one, of %d", found, missed, runs)
}

// TestExactRateHarm: a guardrail does harm when its lift lies beyond the margin at alpha over
// the number of guardrails.
func TestExactRateHarm(t *testing.T) {
	e := rateExperiment()
	rate := e.Scorecard.Primary[0]
	second := *rate
	second.Name = "second"
	e.Scorecard.Primary = nil
	e.Scorecard.Guardrails = []experiment.Guardrail{{Metric: rate, Margin: 0.1}, {Metric: &second, Margin: 0.1}}
	arm := func(conversions int) moments.Set {
		s := moments.New(3)
		for i := range 2000 {
			y := 0.0
			if i < conversions {
				y = 1
			}
			s.Add(y, float64(i%7), 0)
		}
		return s
	}
	failed, harmed := 0, 0
	for k := range 80 {
		in := testInput(e, 8)
		for range 2 {
			in.addDay(arm(80), arm(k))
		}
		card, looks, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		c := first(card)
		how := test{alpha: 0.05, sides: 2, direction: 1}
		_, strict := looks[0].exactLift(how, 0.025)
		if want := strict.value < -0.1; c.Harm != want || c.Harm && c.Verdict != Fails {
			t.Errorf("%d conversions against 80: harm %v, %s; lift at most %v", k, c.Harm, c.Verdict, strict)
		}
		if c.Verdict == Fails {
			failed++
		}
		if c.Harm {
			harmed++
		}
	}
	if !(failed > harmed && harmed > 0) {
		t.Errorf("%d fail, %d do harm", failed, harmed)
	}
}

// TestExactRateWithoutPlannedTraffic: users of an arm that gets none cannot be tested by a
// planned share. It is no error.
func TestExactRateWithoutPlannedTraffic(t *testing.T) {
	in := testInput(rateExperiment(), 8)
	in.Phases = []Phase{{Weights: []float64{1, 0}}}
	for k := range 2 {
		in.addDay(newRateStream(0.01, 1).more(300*(k+1)), newRateStream(0.03, 2).more(300*(k+1)))
	}
	card, looks, err := Analyze(in)
	if c := first(card); err != nil || len(looks) != 0 || c.Verdict != CannotSay || c.Reason != errNoPlan.Error() {
		t.Errorf("%d looks, %s: %q, %v", len(looks), c.Verdict, c.Reason, err)
	}
}
