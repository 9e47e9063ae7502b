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
	const want = "not adjusted by CUPED: no pre-period data, 3 users without the whole history"
	if got := cupedNote(a); got != want {
		t.Errorf("text says %q, want %q", got, want)
	}
	if got := cupedSentence(a); got != upperFirst(want)+"." {
		t.Errorf("page says %q", got)
	}
}

// TestNoRawResultWithoutAdjustment: what is not adjusted has no other result beside it.
func TestNoRawResultWithoutAdjustment(t *testing.T) {
	card := full()
	const raw = "purchased, big: without adjustment"
	if out := string(textOf(t, TextOptions{}, card)); !strings.Contains(out, raw) {
		t.Fatalf("no %q in\n%s", raw, out)
	}
	card.Metrics[0].CUPED = &analysis.CUPED{Note: "no pre-period data"}
	if out := string(textOf(t, TextOptions{}, card)); strings.Contains(out, raw) {
		t.Errorf("%q in\n%s", raw, out)
	}
}

// TestMarginThatStaysOpen: "yet" is said of a guardrail only while something is to come.
func TestMarginThatStaysOpen(t *testing.T) {
	word := func(change func(*analysis.Scorecard, *analysis.MetricResult)) string {
		card, m := full(), latency()
		m.Comparisons[0].Verdict = analysis.Undecided
		m.Final = card.Through.Add(time.Hour)
		change(&card, &m)
		return metricOf(&card, &m, zoneOf("UTC")).Rows[1].Verdict.Text
	}
	allTime := func(_ *analysis.Scorecard, m *analysis.MetricResult) { m.Comparisons[0].Time = def(1) }
	for _, c := range []struct {
		name, want string
		change     func(*analysis.Scorecard, *analysis.MetricResult)
	}{
		{"before the end", "Margin not settled yet", func(*analysis.Scorecard, *analysis.MetricResult) {}},
		{"at the end", "Margin not settled", func(card *analysis.Scorecard, m *analysis.MetricResult) { m.Final = card.Through }},
		{"stopped", "Margin not settled", func(_ *analysis.Scorecard, m *analysis.MetricResult) { m.Comparisons[0].Stopped = true }},
		{"extended after the last look", "Margin not settled", allTime},
		{"extended, always-valid", "Margin not settled yet", func(card *analysis.Scorecard, m *analysis.MetricResult) {
			card.Plan.Procedure = "always-valid"
			allTime(card, m)
		}},
	} {
		if got := word(c.change); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestGuardrailThatDiffers: a difference from control decides nothing about a margin.
func TestGuardrailThatDiffers(t *testing.T) {
	card := full()
	m := &card.Metrics[5]
	if m.Role != analysis.Guardrail {
		t.Fatalf("%s is %s", m.Name, m.Role)
	}
	m.Comparisons[0].Record = &analysis.LookOfRecord{Date: "2026-01-18", Look: 7, Effect: def(2.1), Lo: def(0.31), Hi: def(3.89), P: def(0.0031)}
	page := strings.Join(metricOf(&card, m, zoneOf("UTC")).Notes, "\n")
	for _, tt := range []struct{ format, out, want string }{
		{"page", page, "big: Differs from control, whatever the margin, since 2026-01-18, at look 7: effect +2.10 [+0.31, +3.89], p-value 0.00310."},
		{"text", string(textOf(t, TextOptions{}, card)), "latency, big: differs from control, whatever the margin, since look 7 on 2026-01-18: effect +2.10 [+0.31, +3.89], p 0.00310\n"},
	} {
		if !strings.Contains(tt.out, tt.want) {
			t.Errorf("%s: no %q in\n%s", tt.format, tt.want, tt.out)
		}
	}
	if strings.Contains(page, "Decided") {
		t.Errorf("a guardrail is decided by its margin:\n%s", page)
	}
}

// TestOneSidedWords: a test that looks for an improvement only finds no difference the other way.
func TestOneSidedWords(t *testing.T) {
	card := full()
	m := &card.Metrics[0]
	m.Comparisons[0].Verdict = analysis.NoDifference
	two := metricOf(&card, m, zoneOf("UTC")).Rows[1].Verdict.Text
	m.OneSided = true
	if one := metricOf(&card, m, zoneOf("UTC")).Rows[1].Verdict.Text; two != "No difference found" || one != "No improvement found" {
		t.Errorf("two-sided %q, one-sided %q", two, one)
	}
}

// TestWhatIsNotKnownOfAMetricIsNotSaid: no instant, no window, and no cap that was not applied.
func TestWhatIsNotKnownOfAMetricIsNotSaid(t *testing.T) {
	card := full()
	bare := analysis.MetricResult{
		Name: "bare", Role: analysis.Primary, Kind: "mean", Goal: "increase", Reason: "the cap is 0",
		Caps: []analysis.Cap{{Of: "value", Upper: def(0), Problem: "the cap is 0"}},
	}
	card.Metrics = []analysis.MetricResult{bare}
	page := fullPage()
	page.Card = &card
	var facts []string
	for _, fact := range definitions(&page, zoneOf("UTC"))[0].Facts {
		facts = append(facts, fact.Word)
	}
	if got, want := strings.Join(facts, ", "), "Role, Measures, Better when, No numbers"; got != want {
		t.Errorf("the page knows %s, want %s", got, want)
	}
	if got := windows(&card, []*analysis.MetricResult{&bare}, zoneOf("UTC")); len(got) > 0 {
		t.Errorf("below the table stands %q", got)
	}
	var c canvas
	writeNotes(&c, &card, &bare)
	if got := c.String(); !strings.Contains(got, "bare: the cap is 0\n") || strings.Contains(got, "capped") {
		t.Errorf("notes: %q", got)
	}
}
