package analysis

import (
	"strings"
	"testing"
	"time"

	"readout/experiment"
	"readout/moments"
)

// A stopped variant is tested no more: its last look stays on the scorecard, and it neither
// stops the experiment for harm nor can it be shipped.
func TestStoppedVariant(t *testing.T) {
	e := testExperiment()
	e.Variants = append(e.Variants, experiment.Variant{Name: "huge", Traffic: experiment.Whole / 2})
	in := testInput(e, 14)
	in.Stopped = map[string]time.Time{"huge": day0.AddDate(0, 0, 9).Add(12 * time.Hour)}
	control, big, huge := newStream(10, 4, 1), newStream(10.9, 4, 2), newStream(9.2, 4, 3)
	cards := daily(t, in, func(int) []moments.Set {
		return []moments.Set{control.more(100), big.more(100), huge.more(100)}
	}, 15)
	before, after := cards[8].Metrics[0].Comparisons[1], cards[14].Metrics[0].Comparisons[1]
	if before.Stopped || !before.Today || !before.Significant {
		t.Fatalf("before the stop: stopped %v, look today %v, significant %v", before.Stopped, before.Today, before.Significant)
	}
	if !after.Stopped || after.Today || after.Look != before.Look || after.Effect != before.Effect || after.LiftLo != before.LiftLo {
		t.Errorf("after the stop: %+v", after)
	}
	if !strings.Contains(after.Sentence, "as of "+before.Looks[len(before.Looks)-1].Date) {
		t.Errorf("sentence %q does not say of which day it is", after.Sentence)
	}
	if got := cards[14].Recommendation; got.Action != ActionShip || got.Variant != "big" {
		t.Errorf("recommendation %+v", got)
	}
	if got := cards[14].Variants[2].Stopped; !got.Equal(in.Stopped["huge"]) {
		t.Errorf("stopped %v", got)
	}
	if got := cards[8].Recommendation; got.Action != ActionStopForHarm {
		t.Errorf("before the stop: %+v", got)
	}
}

// What a stopped variant has shown is not denied at the end: only of the others nothing moved.
func TestInconclusiveBesideAStoppedVariant(t *testing.T) {
	for mean, want := range map[float64]string{
		9.2:  "Inconclusive: the experiment is over and no primary metric has moved beyond chance for a variant that was not stopped.",
		10.1: "Inconclusive: the experiment is over and no primary metric has moved beyond chance.",
	} {
		e := testExperiment()
		e.Variants = append(e.Variants, experiment.Variant{Name: "huge", Traffic: experiment.Whole / 2})
		in := testInput(e, 14)
		in.Stopped = map[string]time.Time{"huge": day0.AddDate(0, 0, 9).Add(12 * time.Hour)}
		control, big, huge := newStream(10, 4, 1), newStream(10.1, 4, 2), newStream(mean, 4, 3)
		cards := daily(t, in, func(int) []moments.Set {
			return []moments.Set{control.more(100), big.more(100), huge.more(100)}
		}, 15)
		if got := cards[14].Recommendation.Sentence; got != want {
			t.Errorf("mean %v: %s", mean, got)
		}
		// Nothing is to come of a stopped variant, and of the other something is.
		if got := cards[10].Metrics[0].Comparisons; mean > 10 && got[1].Verdict != NoDifference || got[0].Verdict != NotYet {
			t.Errorf("mean %v, after the stop: %s and %s", mean, got[0].Verdict, got[1].Verdict)
		}
	}
}

// Nothing is forecast of a stopped variant: no further look of it is to come.
func TestStoppedVariantHasNoForecast(t *testing.T) {
	e := testExperiment()
	e.Statistics.MDE, e.Statistics.HasMDE, e.Statistics.Power = 0.05, true, 0.8
	e.Variants = append(e.Variants, experiment.Variant{Name: "huge", Traffic: experiment.Whole / 2})
	in := testInput(e, 14)
	in.Stopped = map[string]time.Time{"huge": day0.AddDate(0, 0, 9).Add(12 * time.Hour)}
	control, big, huge := newStream(10, 4, 1), newStream(10.1, 4, 2), newStream(10.1, 4, 3)
	cards := daily(t, in, func(int) []moments.Set {
		return []moments.Set{control.more(100), big.more(100), huge.more(100)}
	}, 12)
	for day, want := range map[int][2]bool{8: {true, true}, 11: {true, false}} {
		for i, c := range cards[day].Metrics[0].Comparisons {
			if c.ConditionalPowerMDE.ok != want[i] || c.ConditionalPowerNow.ok != want[i] || c.ExpectedUsers.ok != want[i] {
				t.Errorf("day %d, %s: conditional power %v and %v with %v users", day, c.Variant, c.ConditionalPowerMDE, c.ConditionalPowerNow, c.ExpectedUsers)
			}
		}
	}
}

// Of a variant that was stopped before its first look no test was made, and none is to come that could have a
// power.
func TestStoppedBeforeTheFirstLook(t *testing.T) {
	for _, correction := range []experiment.Correction{experiment.CorrectionBonferroni, experiment.CorrectionHolm} {
		e := testExperiment()
		e.Statistics.Correction, e.Statistics.MDE, e.Statistics.HasMDE = correction, 0.05, true
		e.Variants = append(e.Variants, experiment.Variant{Name: "huge", Traffic: experiment.Whole / 2})
		in := testInput(e, 5)
		in.Stopped = map[string]time.Time{"huge": day0.Add(12 * time.Hour)}
		big, huge := newStream(10, 4, 2), newStream(10, 4, 3)
		control := newStream(10, 4, 1)
		cards := daily(t, in, func(int) []moments.Set {
			return []moments.Set{control.more(100), big.more(100), huge.more(100)}
		}, 5)
		goesOn, stopped := cards[3].Metrics[0].Comparisons[0], cards[3].Metrics[0].Comparisons[1]
		if !goesOn.PowerSoFar.ok || stopped.Look != 0 || stopped.PowerSoFar.ok {
			t.Errorf("%s: power so far %v, of the stopped one %v after %d looks", correction, goesOn.PowerSoFar, stopped.PowerSoFar, stopped.Look)
		}
	}
}
