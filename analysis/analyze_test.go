package analysis

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// daily analyses day after day as the daily job does, and returns the scorecards.
func daily(t *testing.T, in Input, arms func(k int) []moments.Set, days int) []Scorecard {
	t.Helper()
	var cards []Scorecard
	for k := range days {
		in.addDay(arms(k)...)
		card, added, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, added...)
		cards = append(cards, card)
	}
	return cards
}

func first(c Scorecard) Comparison { return c.Metrics[0].Comparisons[0] }

func TestAClearEffectIsFoundAndStaysOnRecord(t *testing.T) {
	control, big := newStream(10, 4, 1), newStream(10.8, 4, 2)
	cards := daily(t, testInput(testExperiment(), 14), func(int) []moments.Set {
		return []moments.Set{control.more(100), big.more(100)}
	}, 15)
	crossed := -1
	for k, c := range cards {
		if first(c).Significant && crossed < 0 {
			crossed = k
		}
	}
	if crossed < 3 || crossed == len(cards)-1 {
		t.Fatalf("crossed on day %d of %d", crossed, len(cards))
	}
	record := first(cards[crossed]).Record
	for _, c := range cards[crossed:] {
		if got := first(c); got.Verdict != Better || *got.Record != *record {
			t.Errorf("%s: verdict %s, record %+v, want %+v", c.Date, got.Verdict, got.Record, record)
		}
	}
	if got := cards[len(cards)-1].Recommendation; got.Action != ActionShip || got.Variant != "big" {
		t.Errorf("recommendation %+v", got)
	}
	if got := cards[crossed].Recommendation; crossed < 6 && got.Action != ActionKeepRunning {
		t.Errorf("shipping on day %d, before a full week: %+v", crossed+1, got)
	}
}

func TestNoEffectEndsInconclusive(t *testing.T) {
	control, big := newStream(10, 4, 3), newStream(10, 4, 4)
	cards := daily(t, testInput(testExperiment(), 7), func(int) []moments.Set {
		return []moments.Set{control.more(100), big.more(100)}
	}, 8)
	last := cards[len(cards)-1]
	if first(last).Verdict != NoDifference || last.Recommendation.Action != ActionInconclusive {
		t.Errorf("verdict %s, recommendation %+v", first(last).Verdict, last.Recommendation)
	}
	if spent, alpha := first(last).Spent.Or(0), first(last).Alpha.Or(1); spent != alpha {
		t.Errorf("the final look spends all: %v of %v", spent, alpha)
	}
	if got := cards[0]; first(got).Look != 0 || first(got).Verdict != TooEarly || first(got).Sentence != "It is too early to say anything about big on revenue." {
		t.Errorf("before the first window is over: look %d, verdict %s", first(got).Look, first(got).Verdict)
	}
	if got := cards[2]; got.Recommendation.Action != ActionKeepRunning || got.DaysLeft != 4 {
		t.Errorf("day 3: %+v, %d days left", got.Recommendation, got.DaysLeft)
	}
}

// A look needs new users in both arms; the final one does not, and nothing follows it.
func TestLooks(t *testing.T) {
	control, big := newStream(10, 4, 5), newStream(10, 4, 6)
	add := [][2]int{{0, 0}, {50, 50}, {0, 0}, {50, 50}, {0, 50}, {50, 0}, {50, 0}, {0, 0}, {0, 0}}
	cards := daily(t, testInput(testExperiment(), 7), func(k int) []moments.Set {
		return []moments.Set{control.more(add[k][0]), big.more(add[k][1])}
	}, len(add))
	wantLooks, wantToday := []int{0, 1, 1, 2, 2, 3, 3, 4, 4}, []bool{false, true, false, true, false, true, false, true, false}
	for k, c := range cards {
		if got := first(c); got.Look != wantLooks[k] || got.Today != wantToday[k] {
			t.Errorf("%s: look %d today %v, want %d %v (%s)", c.Date, got.Look, got.Today, wantLooks[k], wantToday[k], got.Reason)
		}
	}
	if got := first(cards[2]); got.AsOf != cards[1].Date || got.Lo != first(cards[1]).Lo {
		t.Errorf("a day without a look shows the last one: as of %q, lo %v", got.AsOf, got.Lo)
	}
}

// A day analysed again, with its looks on record, gives the same bytes and adds no look.
func TestAgainGivesTheSame(t *testing.T) {
	control, big := newStream(10, 4, 7), newStream(10.5, 4, 8)
	in := testInput(testExperiment(), 6)
	var before [][]byte
	for range 7 {
		in.addDay(control.more(80), big.more(80))
		card, added, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, added...)
		text, err := json.Marshal(card)
		if err != nil {
			t.Fatal(err)
		}
		before = append(before, text)
	}
	// Looks come back from the log as JSON.
	text, err := json.Marshal(in.Looks)
	if err != nil {
		t.Fatal(err)
	}
	var looks []Look
	if err := json.Unmarshal(text, &looks); err != nil {
		t.Fatal(err)
	}
	for k := range before {
		again := in
		again.Days, again.Looks = in.Days[:k+1], looks
		card, added, err := Analyze(again)
		if err != nil {
			t.Fatal(err)
		}
		if len(added) != 0 {
			t.Errorf("day %d made %d new looks", k+1, len(added))
		}
		if text, _ := json.Marshal(card); string(text) != string(before[k]) {
			t.Errorf("day %d differs:\n%s\n%s", k+1, text, before[k])
		}
	}
}

// A day that was missed may not become a look once later days have been tested.
func TestMissedDayIsDescriptive(t *testing.T) {
	control, big := newStream(10, 4, 9), newStream(10, 4, 10)
	in := testInput(testExperiment(), 6)
	for range 4 {
		in.addDay(control.more(80), big.more(80))
	}
	_, added, err := Analyze(in)
	if err != nil || len(added) != 1 {
		t.Fatalf("%d looks, %v", len(added), err)
	}
	missed := in
	missed.Days, missed.Looks = in.Days[:3], added
	card, added, err := Analyze(missed)
	if err != nil || len(added) != 0 {
		t.Fatalf("%d looks, %v", len(added), err)
	}
	if got := first(card); got.Look != 0 || got.P.ok {
		t.Errorf("look %d, p %v", got.Look, got.P)
	}
}

func TestChangedDefinitionStopsTheTest(t *testing.T) {
	control, big := newStream(10, 4, 11), newStream(10, 4, 12)
	in := testInput(testExperiment(), 6)
	for range 3 {
		in.addDay(control.more(80), big.more(80))
	}
	_, looks, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Looks = looks
	in.MetricHash["revenue"] = "another test"
	in.addDay(control.more(80), big.more(80))
	card, added, err := Analyze(in)
	if err != nil || len(added) != 0 {
		t.Fatalf("%d looks, %v", len(added), err)
	}
	if card.Recommendation.Action != ActionInvestigate || !strings.Contains(card.Recommendation.Sentence, "changed while it ran") {
		t.Errorf("%+v", card.Recommendation)
	}
}

func TestNotDefined(t *testing.T) {
	huge := set(1e300, -1e300)
	for _, c := range []struct {
		name         string
		control, big moments.Set
		reason       string
		effect       bool
		verdict      Verdict
	}{
		{"nobody", set(), set(), "no users yet", false, TooEarly},
		{"an empty arm", set(1, 2, 3), set(), "no users yet", false, CannotSay},
		{"one user", set(0), set(1, 1, 1), "control: only one user, so the variance is not defined", true, CannotSay},
		{"no variation", set(2, 2, 2), set(3, 3, 3), "no variation: every user has the same value", true, CannotSay},
		{"too large", huge, huge, "control: values are too large to compute with", true, CannotSay},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := testExperiment()
			e.Statistics.Method = experiment.MethodFixed
			in := testInput(e, 1)
			in.addDay(c.control, c.big)
			card, looks, err := Analyze(in)
			if err != nil || len(looks) != 0 {
				t.Fatalf("%d looks, %v", len(looks), err)
			}
			got := first(card)
			if got.Reason != c.reason || got.Verdict != c.verdict || !strings.HasSuffix(got.Sentence, ": "+c.reason+".") || got.P.ok || got.Lo.ok || got.LiftLo.ok || got.Effect.Value.ok != c.effect {
				t.Errorf("reason %q, verdict %s, %+v", got.Reason, got.Verdict, got)
			}
		})
	}
}

// Verdict, interval of the effect, interval of the lift and p-value follow from one rule.
func TestOneRule(t *testing.T) {
	e := testExperiment()
	e.Statistics.Method = experiment.MethodFixed
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Float64Range(-50, 50)
		draw := func(label string) moments.Set {
			return set(rapid.SliceOfN(value, 2, 12).Draw(t, label)...)
		}
		in := testInput(e, 1)
		in.addDay(draw("control"), draw("big"))
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		c := first(card)
		if c.Reason != "" {
			return
		}
		excludes := c.Lo.Or(0) > 0 || c.Hi.Or(0) < 0
		if c.Significant != excludes {
			t.Fatalf("significant %v, interval [%v, %v]", c.Significant, c.Lo, c.Hi)
		}
		if !c.LiftUnbounded && c.LiftReason == "" {
			if lift := c.LiftLo.Or(0) > 0 || c.LiftHi.Or(0) < 0; lift != excludes {
				t.Fatalf("lift [%v, %v], effect [%v, %v]", c.LiftLo, c.LiftHi, c.Lo, c.Hi)
			}
		}
		if p := c.P.Or(1); math.Abs(p-0.05) > 1e-9 && (p < 0.05) != excludes {
			t.Fatalf("p %v, interval [%v, %v]", p, c.Lo, c.Hi)
		}
	})
}

// Swapping the arms mirrors the effect; scaling the values scales it; neither moves p.
func TestMirrorAndScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Float64Range(-50, 50)
		a := rapid.SliceOfN(value, 3, 12).Draw(t, "a")
		b := rapid.SliceOfN(value, 3, 12).Draw(t, "b")
		scale := math.Exp(rapid.Float64Range(-20, 20).Draw(t, "scale"))
		scaled := func(x []float64) moments.Set {
			s := moments.New(1)
			for _, v := range x {
				s.Add(v * scale)
			}
			return s
		}
		estimate := func(control, treatment moments.Set) (effect, error) {
			fit := cuped.Fit(cuped.Model{Outcome: cuped.Column(0)}, control, treatment)
			return effectOf([]pair{{control: fit, treatment: fit}}, []Arm{{Moments: control}}, []Arm{{Moments: treatment}})
		}
		e, err := estimate(set(a...), set(b...))
		if err != nil {
			return
		}
		m, err := estimate(set(b...), set(a...))
		if err != nil || m.value != -e.value || !(math.Abs(m.se/e.se-1) <= 1e-12) || !(math.Abs(m.df/e.df-1) <= 1e-9) {
			t.Fatalf("mirrored: %+v, %+v, %v", e, m, err)
		}
		s, err := estimate(scaled(a), scaled(b))
		if err != nil || !(math.Abs(s.se/(scale*e.se)-1) <= 1e-9) || !(math.Abs(s.value-scale*e.value) <= 1e-9*scale*50) {
			t.Fatalf("scaled by %v: %+v, %+v, %v", scale, e, s, err)
		}
	})
}

// A goal to decrease makes a fall an improvement, everywhere.
func TestDecreaseIsBetter(t *testing.T) {
	e := testExperiment()
	e.Statistics.Method = experiment.MethodFixed
	e.Scorecard.Primary[0].Goal = experiment.GoalDecrease
	in := testInput(e, 1)
	in.addDay(newStream(10, 1, 13).more(200), newStream(9, 1, 14).more(200))
	in.End = day0
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	if first(card).Verdict != Better || card.Recommendation.Action != ActionShip {
		t.Errorf("verdict %s, %+v", first(card).Verdict, card.Recommendation)
	}
}

func TestGuardrails(t *testing.T) {
	for _, c := range []struct {
		name      string
		goal      experiment.Goal
		treatment float64
		verdict   Verdict
		action    string
	}{
		{"unharmed", experiment.GoalIncrease, 100.2, Passes, ActionInconclusive},
		{"beyond its margin", experiment.GoalIncrease, 80, Fails, ActionStopForHarm},
		{"on its margin", experiment.GoalIncrease, 98, Undecided, ActionInconclusive},
		{"lower is better: unharmed", experiment.GoalDecrease, 99.8, Passes, ActionInconclusive},
		{"lower is better: far lower", experiment.GoalDecrease, 80, Passes, ActionInconclusive},
		{"lower is better: beyond its margin", experiment.GoalDecrease, 120, Fails, ActionStopForHarm},
		{"lower is better: on its margin", experiment.GoalDecrease, 102, Undecided, ActionInconclusive},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := testExperiment()
			e.Statistics.Method = experiment.MethodFixed
			e.Scorecard.Guardrails = []experiment.Guardrail{{Metric: testMetric("speed"), Margin: 0.02}}
			e.Scorecard.Guardrails[0].Metric.Goal = c.goal
			in := testInput(e, 1)
			in.addDay(newStream(10, 1, 15).more(1000), newStream(10, 1, 16).more(1000))
			in.Days[0].Metrics[1] = [][]Arm{{
				{Moments: newStream(100, 10, 17).more(1000)}, {Moments: newStream(c.treatment, 10, 18).more(1000)},
			}}
			in.End = day0
			card, _, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			if got := card.Metrics[1].Comparisons[0]; got.Verdict != c.verdict || card.Recommendation.Action != c.action {
				t.Errorf("verdict %s (%v to %v), %+v", got.Verdict, got.LiftLo, got.LiftHi, card.Recommendation)
			}
		})
	}
}

// Bonferroni gives every comparison its part of alpha, Holm adjusts p-values and says that
// intervals are not adjusted.
func TestCorrections(t *testing.T) {
	for _, correction := range experiment.Corrections() {
		e := testExperiment()
		e.Statistics.Method = experiment.MethodFixed
		e.Statistics.Correction = correction
		e.Scorecard.Primary = append(e.Scorecard.Primary, testMetric("orders"))
		in := testInput(e, 1)
		in.addDay(newStream(10, 4, 19).more(500), newStream(10.56, 4, 20).more(500))
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		c := first(card)
		p := c.P.Or(1)
		if p < 0.001 || p > 0.05 {
			t.Fatalf("p = %v does not tell the corrections apart", p)
		}
		switch correction {
		case experiment.CorrectionBonferroni:
			if c.Alpha.Or(0) != 0.025 || c.Significant != (p < 0.025) || c.IntervalUnadjusted {
				t.Errorf("alpha %v, significant %v at p %v", c.Alpha, c.Significant, p)
			}
		case experiment.CorrectionHolm:
			if c.PAdjusted.Or(0) != 2*p || c.Significant != (2*p <= 0.05) || !c.IntervalUnadjusted {
				t.Errorf("adjusted %v of %v, significant %v", c.PAdjusted, p, c.Significant)
			}
		}
	}
}

// Holm's family is the one that was planned: a comparison without a p-value, because its
// metric's window is not over for anybody, counts as one that shows nothing.
func TestHolmTakesTheWholeFamily(t *testing.T) {
	e := testExperiment()
	e.Statistics.Correction = experiment.CorrectionHolm
	late := testMetric("orders")
	late.Numerator.Window.To = 30 * 24 * time.Hour
	e.Scorecard.Primary = append(e.Scorecard.Primary, late)
	in := testInput(e, 1)
	in.addDay(newStream(10, 4, 19).more(500), newStream(10.56, 4, 20).more(500))
	in.Days[0].Through = day0.AddDate(0, 0, 2)
	in.Days[0].Metrics[1] = [][]Arm{{{Moments: moments.New(1)}, {Moments: moments.New(1)}}}
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	c := first(card)
	p := c.P.Or(1)
	if p < 0.025 || p > 0.05 || card.Metrics[1].Comparisons[0].P.ok {
		t.Fatalf("p = %v and %v do not tell the families apart", c.P, card.Metrics[1].Comparisons[0].P)
	}
	if c.PAdjusted.Or(0) != 2*p || c.Significant {
		t.Errorf("adjusted %v of %v, significant %v, for %v", c.PAdjusted, p, c.Significant, card.Plan.Family)
	}
}

// Phases with other shares of traffic are combined, not pooled: a rate that drifts is no
// effect.
func TestPhasesAreNotPooled(t *testing.T) {
	rate := func(n, converted int) moments.Set {
		s := moments.New(1)
		for i := range n {
			if i < converted {
				s.Add(1)
			} else {
				s.Add(0)
			}
		}
		return s
	}
	e := testExperiment()
	e.Statistics.Method = experiment.MethodFixed
	in := testInput(e, 1)
	in.addDay(rate(14500, 1350), rate(5500, 450))
	in.Days[0].Metrics[0] = [][]Arm{
		{{Moments: rate(9500, 950)}, {Moments: rate(500, 50)}},
		{{Moments: rate(5000, 400)}, {Moments: rate(5000, 400)}},
	}
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	if c := first(card); !(math.Abs(c.Effect.Value.Or(1)) <= 1e-12) || c.Significant {
		t.Errorf("effect %v, significant %v, p %v", c.Effect.Value, c.Significant, c.P)
	}
}

// No scorecard holds a number that JSON cannot say, whatever the procedure.
func TestScorecardIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		extreme := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1, 1), rapid.Just(0.0), rapid.Just(1e9))
		e := testExperiment()
		e.Statistics.Procedure = rapid.SampledFrom(experiment.Procedures()).Draw(t, "procedure")
		e.Statistics.Futility = rapid.SampledFrom(experiment.Futilities()).Draw(t, "futility")
		e.Statistics.MDE, e.Statistics.HasMDE = rapid.SampledFrom([]float64{0, 1e-9, 0.05, 1}).Draw(t, "MDE"), true
		e.Statistics.Power = rapid.SampledFrom([]float64{0, 0.8, 0.9999, 1}).Draw(t, "power")
		e.Scorecard.Primary[0].Sides = rapid.SampledFrom(experiment.AllSides()).Draw(t, "sides")
		in := testInput(e, 2)
		for range 3 {
			in.addDay(set(rapid.SliceOfN(extreme, 0, 6).Draw(t, "control")...), set(rapid.SliceOfN(extreme, 0, 6).Draw(t, "big")...))
			card, added, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := json.Marshal(card); err != nil {
				t.Fatal(err)
			}
			if _, err := json.Marshal(added); err != nil {
				t.Fatal(err)
			}
			for _, l := range added {
				if err := l.Check(); err != nil {
					t.Fatal(err)
				}
			}
			in.Looks = append(in.Looks, added...)
		}
	})
}

// The fixed method has one look; what follows it is descriptive.
func TestFixedHasOneLook(t *testing.T) {
	e := testExperiment()
	e.Statistics.Method = experiment.MethodFixed
	control, big := newStream(10, 4, 61), newStream(10, 4, 62)
	cards := daily(t, testInput(e, 3), func(int) []moments.Set {
		return []moments.Set{control.more(100), big.more(100)}
	}, 2)
	if one, two := first(cards[0]), first(cards[1]); !one.Critical.ok || !one.Lo.ok || two.Critical.ok || two.Lo.ok {
		t.Errorf("boundaries %v and %v, intervals from %v and %v", one.Critical, two.Critical, one.Lo, two.Lo)
	}
}

// The scorecard is final once its last metric is, and totals are sums over all users.
func TestFinalAndTotals(t *testing.T) {
	e := testExperiment()
	e.Statistics.Method = experiment.MethodFixed
	late, ratio := testMetric("late"), testMetric("ratio")
	late.Numerator.Window.To = 72 * time.Hour
	ratio.Denominator = &experiment.Column{Event: "visit", Aggregate: experiment.AggregateCount, Window: ratio.Numerator.Window}
	e.Scorecard.Secondary = []*experiment.Metric{late, ratio}
	in := testInput(e, 1)
	in.addDay(set(1, 2, 3), set(2, 4, 6))
	both := func(factor float64) moments.Set {
		s := moments.New(2)
		for k := range 3 {
			s.Add(factor*float64(k+1), float64(k+2))
		}
		return s
	}
	in.Days[0].Metrics[2] = [][]Arm{{{Moments: both(1)}, {Moments: both(2)}}}
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	if want := in.End.Add(72 * time.Hour); !card.Final.Equal(want) {
		t.Errorf("final at %v, want %v", card.Final, want)
	}
	mean := card.Metrics[0].Variants[1]
	closeTo(t, "mean", mean.Mean.Or(0), 4, 1e-12)
	closeTo(t, "variance", mean.Variance.Or(0), 4, 1e-12)
	closeTo(t, "standard error", mean.SE.Or(0), math.Sqrt(4.0/3), 1e-12)
	v := card.Metrics[2].Variants[1]
	closeTo(t, "total", v.Total.Or(0), 12, 1e-12)
	closeTo(t, "total of the denominator", v.DenominatorTotal.Or(0), 9, 1e-12)
	closeTo(t, "ratio", v.Mean.Or(0), 12.0/9, 1e-12)
}

// The q-values of secondary metrics are over all of their comparisons and no others, whatever
// stands before and behind them on the scorecard.
func TestSecondaryQValues(t *testing.T) {
	e := testExperiment()
	e.Scorecard.Secondary = []*experiment.Metric{testMetric("orders"), testMetric("visits")}
	e.Scorecard.Guardrails = []experiment.Guardrail{{Metric: testMetric("refunds"), Margin: 0.1}}
	in := testInput(e, 14)
	in.addDay(scoring(3, 15)...)
	in.addDay(scoring(3, 15)...)
	for i, z := range []float64{5, 2.5, 2, 4} {
		arms := scoring(z, 15)
		in.today().Metrics[i] = [][]Arm{{{Moments: arms[0], Converted: 500}, {Moments: arms[1], Converted: 500}}}
	}
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	var p, q []float64
	for _, m := range card.Metrics {
		c := m.Comparisons[0]
		if c.Q.ok != (m.Role == Secondary) {
			t.Errorf("%s metric %s: q-value %v", m.Role, m.Name, c.Q)
		}
		if m.Role == Secondary {
			p, q = append(p, c.P.Or(-1)), append(q, c.Q.Or(-1))
		}
	}
	if diff := cmp.Diff(benjaminiHochberg(p), q); diff != "" || slices.Contains(p, -1) {
		t.Errorf("q-values of %v (-want +got):\n%s", p, diff)
	}
}

// Whatever the test, no difference is said once nothing is to come.
func TestNoDifferenceIsSaidAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		method    experiment.Method
		procedure experiment.Procedure
		before    Verdict
	}{
		{experiment.MethodSequential, experiment.ProcedureGroupSequential, NotYet},
		{experiment.MethodSequential, experiment.ProcedureAlwaysValid, NotYet},
		{experiment.MethodFixed, experiment.ProcedureGroupSequential, TooEarly},
	} {
		e := testExperiment()
		e.Statistics.Method, e.Statistics.Procedure = c.method, c.procedure
		control, big := newStream(10, 4, 3), newStream(10, 4, 4)
		cards := daily(t, testInput(e, 7), func(int) []moments.Set {
			return []moments.Set{control.more(100), big.more(100)}
		}, 8)
		if before, last := first(cards[6]).Verdict, first(cards[7]).Verdict; before != c.before || last != NoDifference {
			t.Errorf("%s, %s: %s before the end, then %s", c.method, c.procedure, before, last)
		}
	}
}

// Of a metric that was not computed nobody knows how many users count, and the advice is why.
func TestNotComputed(t *testing.T) {
	in := testInput(testExperiment(), 1)
	in.addDay(set(1, 2, 3), set(1, 2, 4))
	in.today().Metrics = [][][]Arm{nil}
	in.today().Caps = [][]Cap{{{Of: "value", Problem: CapIsZero}}}
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range card.Metrics[0].Variants {
		if v.Users != Unknown || v.Conversions != Unknown || v.Reason != CapIsZero {
			t.Errorf("%+v", v)
		}
	}
	if got := card.Recommendation.Sentence; !strings.Contains(got, CapIsZero) {
		t.Errorf("advice %q", got)
	}
}

// Where a denominator explains all variation, users still do not all have the same value.
func TestRatioWithoutVariation(t *testing.T) {
	e := testExperiment()
	e.Statistics.Method = experiment.MethodFixed
	items := e.Scorecard.Primary[0].Numerator
	e.Scorecard.Primary[0].Denominator = &items
	in := testInput(e, 1)
	proportional, same := moments.New(2), moments.New(2)
	for i := range 60 {
		proportional.Add(float64(2*(1+i%3)), float64(1+i%3))
		same.Add(2, 1)
	}
	for _, c := range []struct {
		control, big moments.Set
		reason       string
	}{
		{proportional, proportional, "next to no variation: the values differ too little to compute with"},
		{same, proportional, "next to no variation: the values differ too little to compute with"},
		{same, same, "no variation: every user has the same value"},
	} {
		day := in
		day.addDay(c.control, c.big)
		card, _, err := Analyze(day)
		if err != nil {
			t.Fatal(err)
		}
		if got := first(card).Reason; got != c.reason {
			t.Errorf("reason %q, want %q", got, c.reason)
		}
	}
}
