package analysis

import (
	"slices"
	"strings"
	"testing"

	"readout/experiment"
	"readout/moments"
)

// Who has seen results may not choose by them what decides: another primary metric is not tested, and what
// else decides raises the alarm too.
func TestChangedDecision(t *testing.T) {
	card := func(changed ...string) (Scorecard, []Look) {
		t.Helper()
		in := testInput(testExperiment(), 14)
		in.Changed = changed
		control, big := newStream(10, 2, 1), newStream(10, 2, 2)
		for range 5 {
			in.addDay(control.more(500), big.more(500))
		}
		card, looks, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		return card, looks
	}
	if c, looks := card(); len(looks) != 1 || c.Recommendation.Action == ActionInvestigate {
		t.Errorf("nothing changed: %d looks, %s", len(looks), c.Recommendation.Sentence)
	}
	if c, looks := card("primary"); len(looks) != 0 || first(c).Verdict != CannotSay || !strings.Contains(c.Recommendation.Sentence, "was changed while it ran (primary), so what is new is not tested") {
		t.Errorf("another primary metric: %d looks, %s, %s", len(looks), first(c).Verdict, c.Recommendation.Sentence)
	}

	in := testInput(testExperiment(), 14)
	control, big := newStream(10, 2, 1), newStream(10, 2, 2)
	for range 5 {
		in.addDay(control.more(500), big.more(500))
	}
	_, looks, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Looks, in.Changed = looks, []string{"guardrails"}
	in.addDay(control.more(500), big.more(500))
	c, looks, err := Analyze(in)
	if err != nil || len(looks) != 1 {
		t.Errorf("other guardrails: %d looks of the metric they do not concern, %v", len(looks), err)
	}
	i := slices.IndexFunc(c.Checks, func(c Check) bool { return c.Name == CheckDefinition })
	if i < 0 || c.Checks[i].Severity != Alarm || !strings.Contains(c.Checks[i].Sentence, "(guardrails)") {
		t.Errorf("other guardrails: %+v", c.Checks)
	}
}

// A secondary metric decides nothing, and may be chosen later.
func TestChangedSecondary(t *testing.T) {
	e := testExperiment()
	e.Scorecard.Secondary = []*experiment.Metric{testMetric("orders")}
	in := testInput(e, 14)
	in.Changed = []string{"guardrails"}
	control, big := newStream(10, 2, 1), newStream(10, 2, 2)
	for range 5 {
		in.addDay(control.more(500), big.more(500))
	}
	card, looks, err := Analyze(in)
	if err != nil || len(looks) != 1 || looks[0].Metric != "orders" || first(card).Look != 0 {
		t.Errorf("%d looks, %v", len(looks), err)
	}
}

// Who goes on after a stop may do so by the results: from then on the error rate is approximate.
func TestResumedIsApproximate(t *testing.T) {
	for _, resumed := range []bool{false, true} {
		in := testInput(testExperiment(), 14)
		in.Resumed = resumed
		control, big := newStream(10, 2, 1), newStream(10, 2, 2)
		for _, card := range daily(t, in, func(int) []moments.Set { return []moments.Set{control.more(200), big.more(200)} }, 3)[1:] {
			if got := first(card).Approximate; got != resumed {
				t.Errorf("resumed %v: approximate %v", resumed, got)
			}
		}
	}
}
