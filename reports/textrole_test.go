package reports

import (
	"strings"
	"testing"

	"readout/analysis"
	"readout/experiment"
)

func TestMeanHead(t *testing.T) {
	mean := &analysis.MetricResult{Kind: string(experiment.KindMean)}
	rate := &analysis.MetricResult{Kind: string(experiment.KindProportion)}
	quantile := &analysis.MetricResult{Kind: string(experiment.KindQuantile)}
	for _, c := range []struct {
		metrics []*analysis.MetricResult
		want    string
	}{
		{[]*analysis.MetricResult{mean, rate}, "rate or mean"},
		{[]*analysis.MetricResult{quantile}, "quantile"},
		{[]*analysis.MetricResult{mean, quantile}, "rate, mean or quantile"},
	} {
		if got := meanHead(c.metrics); got != c.want {
			t.Errorf("%d metrics: %q, want %q", len(c.metrics), got, c.want)
		}
	}
}

// TestTestNotes: what the test of a comparison comes to is in the text as well as on the page.
func TestTestNotes(t *testing.T) {
	r := row{metric: &analysis.MetricResult{Kind: string(experiment.KindProportion), Role: analysis.Primary}, card: &analysis.Scorecard{}}
	r.comparison = &analysis.Comparison{
		Look: 3, Today: true, PowerSoFar: analysis.Defined(0.31), Alpha: analysis.Defined(0.05),
		ConditionalPowerMDE: analysis.Defined(0.75), ConditionalPowerNow: analysis.Defined(0.1), ExpectedUsers: analysis.Defined(12345),
		Stagewise: &analysis.Stagewise{
			Date: "2026-01-31", Look: 3, P: analysis.Defined(0.012),
			Estimate: analysis.Defined(0.021), Lo: analysis.Defined(0.01), Hi: analysis.Defined(0.03),
		},
	}
	want := func(want ...string) {
		t.Helper()
		got := notes(r)
		if len(got) != len(want) {
			t.Fatalf("%d notes: %q", len(got), got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%q, want %q", got[i], want[i])
			}
		}
	}
	want("after the end (look 3 on 2026-01-31): median-unbiased estimate +2.10 [+1.00, +3.00] pp, p 0.0120",
		"look 3, today, power so far 31%, conditional power 75% for the effect that is looked for and 10% for today's (forecast: 12,345 users of both arms at the end)")

	r.metric.Role = analysis.Secondary
	r.comparison = &analysis.Comparison{CountedFirst: &analysis.CountedFirst{
		Effect: analysis.Estimate{Value: analysis.Defined(0.021), SE: analysis.Defined(0.005)},
		Lo:     analysis.Defined(0.011), Hi: analysis.Defined(0.031), Lift: analysis.Defined(0.2),
	}}
	want("with everybody counted in the variant seen first: effect +2.10 [+1.10, +3.10] pp, lift +20.0%")
	r.comparison.CountedFirst = &analysis.CountedFirst{Reason: "control: no users yet"}
	want("with everybody counted in the variant seen first: control: no users yet")

	r.metric.Role = analysis.Guardrail
	r.comparison = &analysis.Comparison{Look: 3, Today: true, PowerSoFar: analysis.Defined(0.31), Margin: analysis.Defined(0.02)}
	want("power so far to pass 31%, if there is no effect")
}

// One user is not "1 users".
func TestOneUser(t *testing.T) {
	if got := capNote(analysis.Cap{Of: "value", Upper: analysis.Defined(9), Users: 1}); got != "value capped at 9, 1 user changed" {
		t.Error(got)
	}
	for _, got := range []string{cupedNote(&analysis.CUPED{MissingHistory: 1}), cupedSentence(&analysis.CUPED{MissingHistory: 1})} {
		if !strings.Contains(got, "1 user without the whole history") {
			t.Error(got)
		}
	}
}

func TestLookNoteWithoutBoundary(t *testing.T) {
	c := &analysis.Comparison{Look: 1, Today: true, Z: def(0.2185)}
	if got, want := lookNote(c), "look 1, today, z 0.2185 with no boundary"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	c.Critical = def(2.5)
	if got, want := lookNote(c), "look 1, today, z 0.2185 against a boundary of 2.5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A secondary metric that is too early to say anything about says so below its table.
func TestTooEarlyIsSaidOfSecondaryMetrics(t *testing.T) {
	m := analysis.MetricResult{Role: analysis.Secondary}
	c := analysis.Comparison{Verdict: analysis.TooEarly, Sentence: "It is too early."}
	r := row{metric: &m, comparison: &c}
	if got := sentences(r); len(got) != 1 {
		t.Errorf("too early: %q", got)
	}
	if c.Verdict = analysis.NotYet; len(sentences(r)) != 0 {
		t.Errorf("not yet: %q", sentences(r))
	}
}
