package analysis

import (
	"math"
	"slices"
	"testing"
	"time"

	"readout/experiment"
	"readout/moments"
	"readout/sequential"
)

// extended analyses an experiment of ten days day by day, which on its eighth day is extended
// to twenty, and returns its looks and scorecards.
func extended(t *testing.T, effect float64) (in Input, cards []Scorecard) {
	t.Helper()
	e := testExperiment()
	e.Statistics.HasMDE, e.Statistics.MDE = true, 0.05
	control, big := newStream(10, 4, 1), newStream(10+effect, 4, 2)
	in = testInput(e, 10)
	in.FirstEnd = in.End
	for k := range 21 {
		if k == 8 {
			in.End = day0.AddDate(0, 0, 20)
			in.Extensions = []experiment.Extension{{At: day0.AddDate(0, 0, k).Add(9 * time.Hour), From: in.FirstEnd, To: in.End, End: in.FirstEnd}}
		}
		in.addDay(control.more(100), big.more(100))
		card, added, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, added...)
		cards = append(cards, card)
	}
	return in, cards
}

// After an extension every day goes on to be a look, though less of the longer timeline has
// passed than of the shorter one, and spends what the formula of extensions says.
func TestExtensionGoesOnLooking(t *testing.T) {
	in, cards := extended(t, 0.1)
	if len(in.Looks) != 20 {
		t.Fatalf("%d looks, want 20: one on each day from the second on", len(in.Looks))
	}
	const sides, alpha = 2, 0.05
	obf := func(t float64) float64 { return sequential.Spent(sequential.OBrienFleming{}, t, alpha, sides) }
	// The metric's clock starts a day after the experiment.
	const at, before, after = 7 + 9./24, 10., 20.
	for i, l := range in.Looks {
		passed := float64(i + 1)
		want := obf(passed / before)
		if passed > at {
			spent, rest := obf(at/before), obf(at/after)
			want = spent + (alpha-spent)*(obf(passed/after)-rest)/(alpha-rest)
		}
		if !(math.Abs(l.Spent-want) <= 1e-12) {
			t.Errorf("%s: spent %v, want %v", l.Date, l.Spent, want)
		}
	}
	// Half of the users are still to come on the day of the extension.
	c := first(cards[10])
	if got, want := c.ExpectedUsers.Or(0), 2*11*100*20/10.; !(math.Abs(got-want) <= 1e-9) {
		t.Errorf("%v users expected at the end, want %v", got, want)
	}
	if c := first(cards[20]); c.Spent.Or(0) != alpha || !c.Approximate {
		t.Errorf("at the end alpha spent is %v, approximate %v", c.Spent, c.Approximate)
	}
}

// The p-value takes looks from before an extension at their times on the longer timeline: it
// is at most alpha exactly when a boundary has been crossed.
func TestExtensionKeepsPAndVerdictTogether(t *testing.T) {
	crossings := 0
	for _, effect := range []float64{0, 0.2, 0.3, 0.35, 0.4, 0.5, 0.8} {
		in, _ := extended(t, effect)
		togetherAtEachLook(t, effect, in.Looks)
		if i := slices.IndexFunc(in.Looks, crossed); i > 7 {
			crossings++
		}
	}
	if crossings == 0 {
		t.Error("no crossing after an extension")
	}
}

// togetherAtEachLook holds that the p-value is at most alpha exactly from the look on at which a
// boundary has been crossed.
func togetherAtEachLook(t *testing.T, effect float64, looks []Look) {
	t.Helper()
	for i, l := range looks {
		if got, want := l.LnP <= math.Log(l.Alpha), slices.ContainsFunc(looks[:i+1], crossed); got != want {
			t.Errorf("effect %v, %s: ln p %v, crossed %v", effect, l.Date, l.LnP, want)
		}
	}
}

// A last look that was taken has spent all: what is extended afterwards has no further look.
func TestNoLookAfterTheLast(t *testing.T) {
	control, big := newStream(10, 4, 1), newStream(10, 4, 2)
	in := testInput(testExperiment(), 3)
	in.FirstEnd = in.End
	arms := func(int) []moments.Set { return []moments.Set{control.more(100), big.more(100)} }
	for k := range 8 {
		if k == 5 {
			in.End = day0.AddDate(0, 0, 8)
			in.Extensions = []experiment.Extension{{At: day0.AddDate(0, 0, k), From: in.FirstEnd, To: in.End, End: in.FirstEnd}}
		}
		in.addDay(arms(k)...)
		_, added, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, added...)
	}
	if got := in.Looks[len(in.Looks)-1]; got.Date != "2026-01-08" || got.Time != 1 {
		t.Errorf("last look on %s at time %v", got.Date, got.Time)
	}
}

// TestExtensionAfterTheLastLook: where all alpha was spent before the end was moved, nobody is told
// to wait for looks that do not come; an always-valid test goes on, and so does one with another
// primary metric whose looks are not over.
func TestExtensionAfterTheLastLook(t *testing.T) {
	late := testMetric("late")
	late.Numerator.Window.To = 240 * time.Hour
	over := "Inconclusive: the last look was taken before the experiment was extended and no primary metric has moved beyond chance. Nothing can become significant any more."
	for _, want := range []struct {
		procedure experiment.Procedure
		late      Role
		verdict   Verdict
		action    string
		sentence  string
	}{
		{experiment.ProcedureGroupSequential, "", NoDifference, ActionInconclusive, over},
		{experiment.ProcedureGroupSequential, Secondary, NoDifference, ActionInconclusive, over},
		{experiment.ProcedureGroupSequential, Primary, NoDifference, ActionKeepRunning, "Keep running: 9 days left."},
		{experiment.ProcedureAlwaysValid, "", NotYet, ActionKeepRunning, "Keep running: 9 days left."},
	} {
		e := testExperiment()
		e.Statistics.Procedure = want.procedure
		switch want.late {
		case Primary:
			e.Scorecard.Primary = append(e.Scorecard.Primary, late)
		case Secondary:
			e.Scorecard.Secondary = []*experiment.Metric{late}
		}
		control, big := newStream(10, 4, 1), newStream(10.1, 4, 2)
		in := testInput(e, 5)
		in.FirstEnd = in.End
		var card Scorecard
		for k := range 11 {
			if k == 8 {
				in.End = day0.AddDate(0, 0, 20)
				in.Extensions = []experiment.Extension{{At: day0.AddDate(0, 0, k).Add(9 * time.Hour), From: in.FirstEnd, To: in.End, End: in.FirstEnd}}
			}
			in.addDay(control.more(100), big.more(100))
			var added []Look
			var err error
			if card, added, err = Analyze(in); err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, added...)
		}
		if c := first(card); c.Verdict != want.verdict {
			t.Errorf("%s, late %q: %s, want %s", want.procedure, want.late, c.Verdict, want.verdict)
		}
		if got := card.Recommendation; got.Action != want.action || got.Sentence != want.sentence {
			t.Errorf("%s, late %q: %+v", want.procedure, want.late, got)
		}
	}
}

// A stopped experiment that is extended has what its looks have left of alpha, also after the end
// that was planned: the first look of the extension does not spend it all, and the p-value stays
// at most alpha exactly when a boundary has been crossed.
func TestExtensionAfterAStop(t *testing.T) {
	crossings := 0
	for _, effect := range []float64{0, 0.2, 0.3, 0.35, 0.4, 0.5} {
		control, big := newStream(10, 4, 1), newStream(10+effect, 4, 2)
		in := testInput(testExperiment(), 10)
		in.FirstEnd = in.End
		for k := range 21 {
			n := 100
			switch {
			case k == 5:
				// The metric has a window of a day: its last look is that of 2026-01-11.
				in.End = day0.AddDate(0, 0, k).Add(9 * time.Hour)
			case k > 6 && k < 13:
				n = 0
			case k == 13:
				in.Extensions = []experiment.Extension{{
					At: day0.AddDate(0, 0, k).Add(9 * time.Hour), From: in.FirstEnd, To: day0.AddDate(0, 0, 20), End: in.End,
				}}
				in.End = day0.AddDate(0, 0, 20)
			}
			in.addDay(control.more(n), big.more(n))
			card, added, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, added...)
			if c := first(card); c.Look > 0 && !c.Critical.ok {
				t.Errorf("effect %v, %s: no boundary, though alpha is left", effect, card.Date)
			}
		}
		const sides, alpha, at, before, after = 2, 0.05, 6., 10., 20.
		obf := func(t float64) float64 { return sequential.Spent(sequential.OBrienFleming{}, t, alpha, sides) }
		spent, rest := obf(at/before), obf(at/after)
		for _, l := range in.Looks {
			if passed := 20 * l.Time; passed > 7 && !l.At.Before(day0.AddDate(0, 0, 14)) {
				want := spent + (alpha-spent)*(obf(passed/after)-rest)/(alpha-rest)
				if !(math.Abs(l.Spent-want) <= 1e-12) {
					t.Errorf("effect %v, %s: spent %v, want %v", effect, l.Date, l.Spent, want)
				}
			}
		}
		togetherAtEachLook(t, effect, in.Looks)
		if i := slices.IndexFunc(in.Looks, crossed); i > 6 {
			crossings++
		}
	}
	if crossings == 0 {
		t.Error("no crossing after the first look of an extension")
	}
}

// An extension before the first look only moves the end, also after the end that was planned: the
// first look does not have all of alpha to spend, and those after it have some left. Days that are
// analysed when the extension is known, and were before it, are on the timeline of their time.
func TestExtensionBeforeTheFirstLook(t *testing.T) {
	const sides, alpha = 2, 0.05
	for _, from := range []int{3, 8, 14} {
		at := day0.AddDate(0, 0, 12).Add(9 * time.Hour)
		control, big := newStream(10, 4, 1), newStream(10.5, 4, 2)
		in := testInput(testExperiment(), 20)
		in.FirstEnd = day0.AddDate(0, 0, 10)
		in.Extensions = []experiment.Extension{{At: at, From: in.FirstEnd, To: in.End, End: in.FirstEnd}}
		for k := range 21 {
			n := 100
			if k < from {
				n = 0
			}
			in.addDay(control.more(n), big.more(n))
			_, added, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, added...)
		}
		if len(in.Looks) == 0 {
			t.Fatalf("from day %d: no look", from)
		}
		for _, l := range in.Looks {
			// The metric's clock starts a day after the experiment.
			want := sequential.Spent(sequential.OBrienFleming{}, l.Time, alpha, sides)
			if from < 12 {
				want = min(alpha, sequential.Spent(sequential.OBrienFleming{}, 20*l.Time/10, alpha, sides))
			}
			if !(math.Abs(l.Spent-want) <= 1e-12) {
				t.Errorf("from day %d, %s: spent %v, want %v", from, l.Date, l.Spent, want)
			}
		}
		togetherAtEachLook(t, 0.5, in.Looks)
	}
}
