package analysis

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"readout/experiment"
	"readout/moments"
)

// TestRecommendationOrder: the first rule that holds decides, in the order of the contract.
// Each case has everything that the later rules need as well.
func TestRecommendationOrder(t *testing.T) {
	big := func(v Verdict) Comparison { return Comparison{Variant: "big", Verdict: v, Lift: Defined(0.1)} }
	huge := func(v Verdict) Comparison { return Comparison{Variant: "huge", Verdict: v, Lift: Defined(0.2)} }
	metric := func(role Role, c ...Comparison) MetricResult {
		return MetricResult{Name: string(role), Role: role, Goal: string(experiment.GoalIncrease), Comparisons: c}
	}
	futile := func(c Comparison) Comparison { c.Futile = true; return c }
	harm := func(c Comparison) Comparison { c.Harm = true; return c }
	said := func(c Comparison) Comparison { c.Sentence = "All are alike."; return c }
	counted := func(m MetricResult) MetricResult { m.Variants = []VariantResult{{Users: 5}}; return m }
	oneSided := func(m MetricResult) MetricResult { m.OneSided = true; return m }
	stopped := func(c Comparison) Comparison { c.Stopped = true; return c }
	found := func(c Comparison) Comparison { c.Significant = true; return c }
	for _, c := range []struct {
		name    string
		metrics []MetricResult
		alarm   bool
		// days is how many of the 14 have passed, after which the last users wait for 2 more.
		days            int
		action, variant string
		sentence        string
	}{
		{"a failed check comes first", []MetricResult{metric(Primary, big(Worse), huge(Better))}, true, 10, ActionInvestigate, "", "numbers differ"},
		{"harm to a primary metric", []MetricResult{metric(Primary, big(Worse), huge(Better))}, false, 10, ActionStopForHarm, "big", "big makes primary worse"},
		{"harm to a guardrail", []MetricResult{metric(Primary, big(Better), huge(NotYet)), metric(Guardrail, harm(big(Fails)), huge(Passes))}, false, 10, ActionStopForHarm, "big", ""},
		{"harm by a stopped arm", []MetricResult{metric(Primary, stopped(big(Worse)), huge(Better))}, false, 10, ActionShip, "huge", ""},
		{"a guardrail fails uncorrected", []MetricResult{metric(Primary, big(Better), huge(NotYet)), metric(Guardrail, big(Fails), huge(Passes))}, false, 10, ActionKeepRunning, "", ""},
		{"the best arm", []MetricResult{metric(Primary, big(Better), huge(Better))}, false, 10, ActionShip, "huge", "Ship huge"},
		{"arms that improve alike", []MetricResult{metric(Primary, big(Better), Comparison{Variant: "huge", Verdict: Better, Lift: Defined(0.1)})}, false, 10, ActionShip, "big", ""},
		{"the best arm that passes", []MetricResult{metric(Primary, big(Better), huge(Better)), metric(Guardrail, big(Passes), huge(Undecided))}, false, 10, ActionShip, "big", ""},
		{"no guardrail passes", []MetricResult{metric(Primary, big(Better), huge(Better)), metric(Guardrail, big(Undecided), huge(CannotSay))}, false, 10, ActionKeepRunning, "", "Keep running: 4 days left"},
		{"within the first week", []MetricResult{metric(Primary, big(Better), huge(NotYet))}, false, 5, ActionKeepRunning, "big", "for 2 days more"},
		{"a week is over", []MetricResult{metric(Primary, big(Better), huge(NotYet))}, false, 7, ActionShip, "big", ""},
		{"one is not futile", []MetricResult{metric(Primary, futile(big(NotYet)), huge(NotYet))}, false, 10, ActionKeepRunning, "", ""},
		{"all are futile", []MetricResult{metric(Primary, futile(big(NotYet)), futile(huge(NotYet)))}, false, 10, ActionStopFutility, "", "Stop for futility: had a primary metric improved"},
		{"all are futile but for a stopped one", []MetricResult{metric(Primary, futile(big(NotYet)), stopped(huge(NotYet)))}, false, 10, ActionStopFutility, "", ""},
		{"enrolment is over", []MetricResult{metric(Primary, big(NotYet), huge(NotYet))}, false, 14, ActionKeepRunning, "", "Keep waiting"},
		{"nothing more to come", []MetricResult{metric(Primary, futile(big(NoDifference)), futile(huge(NoDifference)))}, false, 16, ActionInconclusive, "", "no primary metric has moved"},
		{"a stopped arm has moved the second metric", []MetricResult{metric(Primary, big(NoDifference), stopped(huge(NoDifference))), metric(Primary, big(NoDifference), found(stopped(huge(Better))))}, false, 16, ActionInconclusive, "",
			"no primary metric has moved beyond chance for a variant that was not stopped."},
		{"a stopped arm has moved a secondary metric", []MetricResult{metric(Primary, big(NoDifference), stopped(huge(NoDifference))), metric(Secondary, big(NoDifference), found(stopped(huge(Better))))}, false, 16, ActionInconclusive, "",
			"no primary metric has moved beyond chance."},
		{"harm beside an arm that does none", []MetricResult{metric(Primary, big(Worse), huge(NotYet))}, false, 10, ActionStopForHarm, "big",
			"Stop for harm: big makes primary worse (+10.0%). The other variants may go on without it."},
		{"harm by all arms", []MetricResult{metric(Primary, big(Worse), huge(Worse))}, false, 10, ActionStopForHarm, "big", "worse (+10.0%)."},
		{"harm, and nothing to stop", []MetricResult{metric(Primary, big(Worse), huge(Better))}, false, 16, ActionStopForHarm, "big",
			"Do not ship big: it makes primary worse (+10.0%). Of the others, huge improves primary (+20.0%) and harms nothing"},
		{"a secondary metric is worse", []MetricResult{metric(Primary, big(Better), huge(NotYet)), metric(Secondary, big(Worse), huge(Worse))}, false, 10, ActionShip, "big",
			"harms no other primary metric and no guardrail. Weigh first that it makes secondary worse"},
		{"only a secondary metric is better", []MetricResult{metric(Primary, big(NotYet), huge(NotYet)), metric(Secondary, big(Better), huge(NotYet))}, false, 10, ActionKeepRunning, "",
			"Keep running: 4 days left"},
		{"nobody looks for harm", []MetricResult{metric(Primary, big(Better), huge(NotYet)), oneSided(metric(Secondary, big(NoDifference), huge(NotYet)))}, false, 10, ActionShip, "big",
			"harms nothing that is watched. Whether it harms secondary was not tested: that test looks for an improvement only."},
		{"only of what looks for no harm", []MetricResult{oneSided(metric(Primary, big(Better), huge(NotYet))), metric(Primary, big(NotYet), huge(NotYet)), oneSided(metric(Secondary, big(NoDifference), huge(NotYet))), oneSided(metric(Guardrail, big(Passes), huge(Passes)))}, false, 10, ActionShip, "big",
			" Whether it harms secondary was not tested: that test looks for an improvement only."},
		{"a guardrail holds the better arm back", []MetricResult{metric(Primary, big(Better), huge(NotYet)), metric(Guardrail, big(Undecided), huge(Passes))}, false, 10, ActionKeepRunning, "",
			"4 days left. So far big improves primary (+10.0%), but guardrail guardrail may still be beyond its margin."},
		{"a guardrail holds it back until the end", []MetricResult{metric(Primary, big(Better), huge(NoDifference)), metric(Guardrail, big(Fails), huge(Passes))}, false, 16, ActionInconclusive, "",
			"the experiment is over and big improves primary (+10.0%), but guardrail guardrail is beyond its margin."},
		{"nothing can be said", []MetricResult{counted(metric(Primary, said(big(CannotSay)), huge(CannotSay)))}, false, 10, ActionKeepRunning, "", "4 days left. All are alike."},
		{"nothing could be said", []MetricResult{counted(metric(Primary, said(big(CannotSay)), huge(CannotSay)))}, false, 16, ActionInconclusive, "", "is over. All are alike."},
		{"nobody counts yet", []MetricResult{metric(Primary, said(big(CannotSay)), huge(CannotSay))}, false, 10, ActionKeepRunning, "", "Keep running: 4 days left."},
		{"the last day that counts", []MetricResult{metric(Primary, big(NotYet), huge(NotYet))}, false, 14, ActionKeepRunning, "", "counted by the end of " + day0.AddDate(0, 0, 15).Format(time.DateOnly)},
		{"futile, and only the last users to come", []MetricResult{metric(Primary, futile(big(NotYet)), futile(huge(NotYet)))}, false, 15, ActionStopFutility, "", "Nothing to wait for"},
		{"nothing to decide by", []MetricResult{metric(Secondary, big(Better), huge(Worse))}, false, 10, ActionNone, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := Input{Location: time.UTC}
			card := Scorecard{
				Start: day0, End: day0.AddDate(0, 0, 14), Final: day0.AddDate(0, 0, 16), Through: day0.AddDate(0, 0, c.days),
				DaysLeft: max(0, 14-c.days), Metrics: c.metrics,
				Variants: []Variant{{Name: "control", Control: true, Users: 9}, {Name: "big", Users: 9}, {Name: "huge", Users: 9}},
				Checks:   []Check{{Name: "a", Severity: Warning, Sentence: "Never mind."}},
			}
			for i := range c.metrics[0].Comparisons {
				if c.metrics[0].Comparisons[i].Stopped {
					card.Variants[i+1].Stopped = day0.AddDate(0, 0, 3)
				}
			}
			if c.alarm {
				card.Checks = append(card.Checks, Check{Name: "b", Severity: Alarm, Sentence: "Numbers differ."})
			}
			a := analyzer{in: &in}
			got := a.recommend(&card)
			if got.Action != c.action || got.Variant != c.variant || !strings.Contains(got.Sentence, c.sentence) {
				t.Errorf("%+v, want %s %s with %q", got, c.action, c.variant, c.sentence)
			}
		})
	}
}

// Harm needs an interval beyond the margin at alpha over guardrails and arms: one of many
// that fails at its own level stops nothing.
func TestHarmIsCorrected(t *testing.T) {
	for _, c := range []struct {
		guardrails int
		harm       bool
	}{{1, true}, {10, false}} {
		e := testExperiment()
		e.Statistics.Method = experiment.MethodFixed
		for range c.guardrails {
			e.Scorecard.Guardrails = append(e.Scorecard.Guardrails, experiment.Guardrail{Metric: testMetric("speed"), Margin: 0.02})
		}
		users := func(mean float64) moments.Set {
			s := moments.New(1)
			s.N, s.Mean[0], s.C[0] = 10_000, mean, 100*9_999
			return s
		}
		in := testInput(e, 1)
		// 0.34 below the margin of 2%, at a standard error of 0.14: z is 2.4.
		in.addDay(users(100), users(97.66))
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := card.Metrics[1].Comparisons[0]; got.Verdict != Fails || got.Harm != c.harm {
			t.Errorf("%d guardrails: verdict %s, harm %v", c.guardrails, got.Verdict, got.Harm)
		}
	}
}

// TestHarmIsTheVerdictAtItsShare: with five guardrails harm on some day is what the verdict of
// a single guardrail is at a fifth of alpha, with boundaries over several looks. An
// always-valid test, whose scale depends on alpha, finds harm only where it fails.
func TestHarmIsTheVerdictAtItsShare(t *testing.T) {
	cards := func(procedure experiment.Procedure, guardrails int, confidence, treatment float64) []Scorecard {
		e := testExperiment()
		e.Statistics.Procedure, e.Statistics.Confidence = procedure, confidence
		for range guardrails {
			e.Scorecard.Guardrails = append(e.Scorecard.Guardrails, experiment.Guardrail{Metric: testMetric("speed"), Margin: 0.02})
		}
		control, big := newStream(100, 10, 31), newStream(treatment, 10, 32)
		return daily(t, testInput(e, 6), func(int) []moments.Set {
			return []moments.Set{control.more(400), big.more(400)}
		}, 6)
	}
	for _, procedure := range experiment.Procedures() {
		fails, harmed := 0, 0
		for _, treatment := range []float64{97.8, 97.4, 97.2, 97, 96.8, 96.6, 96.4, 96.2} {
			five, one := cards(procedure, 5, 0.95, treatment), cards(procedure, 1, 0.99, treatment)
			for day := range five {
				got, strict := five[day].Metrics[1].Comparisons[0], one[day].Metrics[1].Comparisons[0]
				if procedure == experiment.ProcedureGroupSequential && got.Harm != (strict.Verdict == Fails) || got.Harm && got.Verdict != Fails {
					t.Errorf("%s, mean %v, day %d: harm %v, %s, at a fifth of alpha %s", procedure, treatment, day, got.Harm, got.Verdict, strict.Verdict)
				}
				if got.Verdict == Fails {
					fails++
				}
				if got.Harm {
					harmed++
				}
			}
		}
		if harmed == 0 || harmed == fails {
			t.Errorf("%s: %d fail, %d of them harm: the test compares nothing", procedure, fails, harmed)
		}
	}
}

// Harm stays found on days that bring no users, as when data are late.
func TestHarmStaysWithoutNewUsers(t *testing.T) {
	e := testExperiment()
	e.Scorecard.Guardrails = []experiment.Guardrail{{Metric: testMetric("speed"), Margin: 0.02}}
	in := testInput(e, 5)
	control, big := newStream(100, 10, 1), newStream(90, 10, 2)
	for day, users := range []int{2000, 2000, 2000, 0, 0} {
		in.addDay(control.more(users), big.more(users))
		card, looks, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, looks...)
		c := card.Metrics[1].Comparisons[0]
		if day >= 2 && (!c.Harm || c.Verdict != Fails) {
			t.Errorf("day %d: verdict %s, harm %v, a look today %v", day, c.Verdict, c.Harm, c.Today)
		}
		if day == 3 && c.Today {
			t.Error("a look without new users")
		}
	}
}

// On a day without a look harm is that of the last one, like the interval shown, whatever the values of
// the same users have become by then.
func TestHarmIsThatOfTheLastLook(t *testing.T) {
	users := func(mean float64) moments.Set {
		s := moments.New(1)
		s.N, s.Mean[0], s.C[0] = 4000, mean, 100*3999
		return s
	}
	for _, c := range []struct {
		control, first, then float64
		harm                 bool
	}{
		{100, 95, 99.9, true}, {100, 95, 80, true}, {-100, -105, -100, true},
		{100, 97.4, 90, false}, {-100, -102.6, -110, false},
	} {
		e := testExperiment()
		e.Statistics.Spending = experiment.Spending{Name: experiment.SpendingPocock}
		for i := range 10 {
			e.Scorecard.Guardrails = append(e.Scorecard.Guardrails, experiment.Guardrail{Metric: testMetric(fmt.Sprint("speed", i)), Margin: 0.02})
		}
		in := testInput(e, 5)
		in.addDay(users(c.control), users(c.first)) // before anybody's window is over
		for day, mean := range []float64{c.first, c.then} {
			in.addDay(users(c.control), users(mean))
			card, looks, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, looks...)
			if got := card.Metrics[1].Comparisons[0]; got.Today != (day == 0) || got.Verdict != Fails || got.Harm != c.harm {
				t.Errorf("%v, day %d: a look %v, %s at %v to %v, harm %v", c, day, got.Today, got.Verdict, got.LiftLo, got.LiftHi, got.Harm)
			}
		}
	}
}

// A guardrail without a lift is undecided: what cannot be related to control is in no margin.
func TestGuardrailWithoutLift(t *testing.T) {
	e := testExperiment()
	e.Statistics.Method = experiment.MethodFixed
	e.Scorecard.Guardrails = []experiment.Guardrail{{Metric: testMetric("speed"), Margin: 0.02}}
	in := testInput(e, 1)
	in.addDay(set(-1, 1, -2, 2), set(4, 5, 6, 7))
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	got := card.Metrics[1].Comparisons[0]
	if got.Verdict != Undecided || got.Lift.ok || !got.Lo.ok || got.PowerSoFar.ok {
		t.Errorf("%s, lift %v, interval from %v, power %v", got.Verdict, got.Lift, got.Lo, got.PowerSoFar)
	}
}

// A stopped arm gives no alpha back to the others.
func TestStoppedVariantReturnsNoAlpha(t *testing.T) {
	e := testExperiment()
	e.Variants = append(e.Variants, experiment.Variant{Name: "huge", Traffic: experiment.Whole / 2})
	in := testInput(e, 14)
	in.addDay(set(1, 2, 3), set(1, 2, 4), set(2, 3, 4))
	in.Stopped = map[string]time.Time{"huge": day0.Add(time.Hour)}
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	if got := card.Metrics[0].Comparisons[0].Alpha; got != Defined(0.025) || card.Plan.AlphaEach != got || len(card.Plan.Family) != 2 {
		t.Errorf("alpha %v of %v", got, card.Plan)
	}
}

// A chance that is not 0 or 1 is not written as one.
func TestChance(t *testing.T) {
	for p, want := range map[float64]string{0: "0%", 0.004: "less than 1%", 0.016: "2%", 0.5: "50%", 0.996: "more than 99%", 1: "100%"} {
		if got := chance(p); got != want {
			t.Errorf("%v: %s, want %s", p, got, want)
		}
	}
}

// A test in one direction has one end of the interval, which its sentence says.
func TestOneSidedSentence(t *testing.T) {
	c := Comparison{Variant: "big", Verdict: NotYet, Lift: Defined(0.1), LiftLo: Defined(-0.02)}
	got := comparisonSentence(&c, scored{metric: testMetric("orders"), role: Primary})
	if want := "No difference found so far for big on orders: +10.0% [-2.0%, no limit]."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What cannot be tested any more, because its definition was changed, is not too early to say.
func TestChangedTestSaysSo(t *testing.T) {
	in := testInput(testExperiment(), 14)
	control, big := newStream(10, 2, 1), newStream(10, 2, 2)
	for range 5 {
		in.addDay(control.more(500), big.more(500))
	}
	_, looks, err := Analyze(in)
	if err != nil || len(looks) != 1 {
		t.Fatal(len(looks), err)
	}
	in.Looks, in.MetricHash["revenue"] = looks, "another"
	card, looks, err := Analyze(in)
	if err != nil || len(looks) != 0 {
		t.Fatal(len(looks), err)
	}
	c := card.Metrics[0].Comparisons[0]
	if c.Verdict != CannotSay || c.Sentence != "Nothing can be said about big on revenue: the test was changed while it ran." {
		t.Errorf("%s: %s", c.Verdict, c.Sentence)
	}
}

// TestForecastsAreOfVariantsThatGetUsers: what a stopped variant would have found by the end,
// or could find today, is no advice.
func TestForecastsAreOfVariantsThatGetUsers(t *testing.T) {
	card := Scorecard{DaysLeft: 3, Plan: PlanLine{MDE: Defined(0.05)}, Metrics: []MetricResult{{Role: Primary, Comparisons: []Comparison{
		{Variant: "big", Stopped: true, ConditionalPowerMDE: Defined(0.9), PowerSoFar: Defined(0.9)},
		{Variant: "huge", ConditionalPowerMDE: Defined(0.2), PowerSoFar: Defined(0.3)},
	}}}}
	if got := futilitySentence(&card); !strings.Contains(got, "had huge improved") || !strings.Contains(got, "with 20% probability") {
		t.Error(got)
	}
	if got := powerClause(&card, foundSoFar); !strings.Contains(got, "with 30% probability") {
		t.Error(got)
	}
}

// TestEverybodyLeftOut: where the assignment is broken and everybody saw several variants,
// nobody counts, but it is not that nobody was exposed.
func TestEverybodyLeftOut(t *testing.T) {
	a := analyzer{in: &Input{Location: time.UTC}}
	card := Scorecard{DaysLeft: 4, Variants: []Variant{{Name: "control", Control: true, Several: 5}, {Name: "big", Several: 4}}}
	for want, got := range map[string]string{
		"Keep running: 4 days left. But everybody was seen in several variants and is left out: find out why.":           a.keepRunningSentence(&card),
		"Inconclusive: the experiment is over and everybody was seen in several variants and is left out: find out why.": inconclusiveSentence(&card, "the experiment is over"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	card.Variants[0].Several, card.Variants[1].Several = 0, Unknown
	if got := a.keepRunningSentence(&card); got != "Keep running: nobody has been exposed yet, 4 days left. Check that the experiment is served and that its exposures are logged." {
		t.Error(got)
	}
	card.DaysLeft, card.Final = 0, time.Date(2026, 1, 29, 0, 0, 0, 0, time.UTC)
	if got := a.keepRunningSentence(&card); got != "Keep waiting: enrolment is over, the last users are counted by the end of 2026-01-28. But nobody has been exposed: check that the experiment was served and that its exposures were logged." {
		t.Error(got)
	}
}

// TestEverybodyInUnknownVariants: somebody was exposed where all exposures name variants that the
// experiment does not have.
func TestEverybodyInUnknownVariants(t *testing.T) {
	a := analyzer{in: &Input{Location: time.UTC}}
	card := Scorecard{DaysLeft: 4, Variants: []Variant{{Name: "control", Control: true}, {Name: "big"}}, Checks: []Check{{Name: CheckUnknownVariants}}}
	const clause = "everybody was exposed to variants that the experiment does not have: put the names right."
	if got, want := a.keepRunningSentence(&card), "Keep running: 4 days left. But "+clause; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := inconclusiveSentence(&card, "the experiment is over"), "Inconclusive: the experiment is over and "+clause; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	card.Variants[1].Users = 1
	if got := a.keepRunningSentence(&card); strings.Contains(got, clause) {
		t.Error(got)
	}
}

// A comparison that was decided stays so. Where its latest figures point the other way, what is
// said names those it was decided by, and never that a fall is an improvement.
func TestFiguresThatTurned(t *testing.T) {
	effects := []float64{0.7, 0.7, 0.7, 0.2, 0.1, -0.05, -0.1, -0.15}
	for _, goal := range []experiment.Goal{experiment.GoalIncrease, experiment.GoalDecrease} {
		e := testExperiment()
		e.Scorecard.Primary[0].Goal = goal
		shipped := 0
		cards := daily(t, testInput(e, 14), func(k int) []moments.Set {
			n := int64(500 * (k + 1))
			return []moments.Set{exactly(10, 2, n), exactly(10+effects[k], 2, n)}
		}, len(effects))
		for k, card := range cards {
			c := first(card)
			if !c.Significant {
				continue
			}
			said := strings.Contains(c.Sentence, "decided on "+c.Record.Date+" at +7.00%, but the latest figures point the other way: "+signed(c.Lift.Or(0), liftDecimals(c.Lift, c.LiftLo, c.LiftHi)))
			if said != (effects[k] < 0) {
				t.Errorf("%s, goal %s: %s", card.Date, goal, c.Sentence)
			}
			advised := strings.Contains(card.Recommendation.Sentence, "(decided on "+c.Record.Date+" at +7.00%, but the latest figures point the other way: "+signed(c.Lift.Or(0), liftDecimals(c.Lift, c.LiftLo, c.LiftHi))+")")
			if advised != (effects[k] < 0) {
				t.Errorf("%s, goal %s: %s", card.Date, goal, card.Recommendation.Sentence)
			}
			if card.Recommendation.Action == ActionShip {
				shipped++
				improves := strings.Contains(card.Recommendation.Sentence, ": it improves ")
				warned := strings.HasSuffix(card.Recommendation.Sentence, " Find out first why the figures turned.")
				if improves != (effects[k] > 0) || warned != (effects[k] < 0) {
					t.Errorf("%s: %s", card.Date, card.Recommendation.Sentence)
				}
			}
		}
		if c := first(cards[len(cards)-1]); !c.Significant || shipped == 0 && goal == experiment.GoalIncrease {
			t.Fatal("nothing was decided, or nothing shipped")
		}
	}
}
