package reports

import (
	"strings"
	"testing"
	"time"

	"readout/analysis"
	"readout/experiment"
)

// TestAdjustedByIsSaidOfWhatIsAdjusted: a method without CUPED, and quantiles, have no covariate.
func TestAdjustedByIsSaidOfWhatIsAdjusted(t *testing.T) {
	page := func(method experiment.Method, card bool) *Page {
		p := &Page{Definition: definitionSample()}
		p.Definition.Statistics.Method = method
		p.Definition.Scorecard.Guardrails[0].Metric.Lookback = 14 * 24 * time.Hour
		if card {
			c := full()
			p.Card = &c
		}
		return p
	}
	for _, tt := range []struct {
		name string
		page *Page
		want string
	}{
		{"planned with CUPED", page(experiment.MethodSequentialCUPED, false), "purchased"},
		{"planned without", page(experiment.MethodSequential, false), ""},
		{"adjusted", page(experiment.MethodSequentialCUPED, true), "purchased"},
	} {
		var adjusted []string
		for _, m := range definitions(tt.page, zoneOf("UTC")) {
			for _, f := range m.Facts {
				if f.Word == "Adjusted by" {
					adjusted = append(adjusted, m.Name)
				}
			}
		}
		if got := strings.Join(adjusted, " "); got != tt.want {
			t.Errorf("%s: adjusted are %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestCUPEDWithoutCovariateSaysWhy: no gain is claimed where nothing was there to adjust by.
func TestCUPEDWithoutCovariateSaysWhy(t *testing.T) {
	a := &analysis.CUPED{Note: "no pre-period data", VarianceKept: def(1), EffectiveSampleGained: def(0), MissingHistory: 3}
	const want = "not adjusted by CUPED: no pre-period data, 3 users without history"
	if got := cupedNote(a); got != want {
		t.Errorf("text says %q, want %q", got, want)
	}
	if got := cupedSentence(a); got != upperFirst(want)+"." {
		t.Errorf("page says %q", got)
	}
}

// TestMarginThatStaysOpen: "yet" is said of a guardrail only while something is to come.
func TestMarginThatStaysOpen(t *testing.T) {
	card := full()
	m := latency()
	m.Comparisons[0].Verdict = analysis.Undecided
	m.Final = card.Through
	over := metricOf(&card, &m, zoneOf("UTC")).Rows[1].Verdict.Text
	m.Final = card.Through.Add(time.Hour)
	before := metricOf(&card, &m, zoneOf("UTC")).Rows[1].Verdict.Text
	m.Comparisons[0].Stopped = true
	stopped := metricOf(&card, &m, zoneOf("UTC")).Rows[1].Verdict.Text
	if before != "Margin not settled yet" || over != "Margin not settled" || stopped != over {
		t.Errorf("before the end %q, at the end %q, stopped %q", before, over, stopped)
	}
}
