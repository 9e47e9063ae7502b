package reports

import (
	"slices"
	"strings"
	"testing"
	"time"

	"readout/analysis"
	"readout/experiment"
)

// A page says by which commands its advice is followed, and nothing where people can only wait.
func TestNext(t *testing.T) {
	f := func(status experiment.Status, action string, treatments int, want string) {
		t.Helper()
		card := base()
		card.Recommendation = analysis.Recommendation{Action: action, Variant: "big"}
		card.Variants = []analysis.Variant{{Name: "control", Control: true}, {Name: "gone", Stopped: day("2026-01-10")}}
		for range treatments {
			card.Variants = append(card.Variants, analysis.Variant{Name: "big"})
		}
		p := Page{Experiment: "checkout-button", Card: &card, State: stateSample(status)}
		if got := next(&p, status); got != want {
			t.Errorf("%s, %s with %d treatments: %q, want %q", status, action, treatments, got, want)
		}
		p.State = nil
		if got := next(&p, status); got != "" {
			t.Errorf("without a lifecycle: %q", got)
		}
	}
	stop := "To stop it: readout stop checkout-button --why …, then readout decide checkout-button control --why …."
	end := "To end it: readout decide checkout-button VARIANT --why …, where control leaves things as they are."

	f(experiment.Running, analysis.ActionShip, 1, "To ship it now: readout stop checkout-button --why …, then readout decide checkout-button big --why …. It may also run on until its end; what was decided stays.")
	f(experiment.Running, analysis.ActionStopForHarm, 1, stop)
	f(experiment.Running, analysis.ActionStopForHarm, 2, "To take it out: readout stop-variant checkout-button big --why ….")
	f(experiment.Running, analysis.ActionStopFutility, 2, stop)
	f(experiment.Running, analysis.ActionKeepRunning, 1, "")
	f(experiment.Running, analysis.ActionInvestigate, 1, "")
	f(experiment.ReadyForReview, analysis.ActionShip, 1, "To ship it: readout decide checkout-button big --why ….")
	f(experiment.ReadyForReview, analysis.ActionInconclusive, 1, end)
	f(experiment.ReadyForReview, analysis.ActionStopForHarm, 1, end)
	f(experiment.ReadyForReview, analysis.ActionKeepRunning, 1, "")
	f(experiment.ReadyForReview, analysis.ActionInvestigate, 1, "")
	f(experiment.Completed, analysis.ActionShip, 1, "")
}

// The first number is awaited until somebody counts, also on the day at whose very end the first
// window may be over.
func TestAwaitsFirst(t *testing.T) {
	card := base()
	for _, c := range []struct {
		first time.Time
		users int64
		want  bool
	}{
		{card.Through.Add(time.Hour), 0, true},
		{card.Through, 0, true},
		{card.Through, 1, false},
		{card.Through.Add(-time.Hour), 0, false},
		{time.Time{}, 0, false},
	} {
		m := analysis.MetricResult{FirstNumber: c.first, Variants: []analysis.VariantResult{{Variant: "control", Users: analysis.Count(c.users)}}}
		if got := awaitsFirst(&card, &m); got != c.want {
			t.Errorf("first number at %v with %d users: %v, want %v", c.first, c.users, got, c.want)
		}
	}
}

// The means of a metric have the decimals of the most certain one.
func TestMeansHaveTheSameDecimals(t *testing.T) {
	m := analysis.MetricResult{Variants: []analysis.VariantResult{
		{Variant: "control", Mean: def(51), SE: def(1.2)}, {Variant: "big", Mean: def(48.123), SE: def(0.9)},
	}}
	for i, want := range []string{"51.00", "48.12"} {
		if got := meanCell(row{metric: &m, result: &m.Variants[i]}); got != want {
			t.Errorf("%s is %s, want %s", m.Variants[i].Variant, got, want)
		}
	}
}

// A scale is only named where something is drawn on it: a margin alone is nothing.
func TestNothingIsDrawnWithoutEstimates(t *testing.T) {
	m := analysis.MetricResult{Comparisons: []analysis.Comparison{{Variant: "big", Margin: def(0.1)}}}
	if _, drawn := axisOf(&m); drawn {
		t.Error("a margin alone is drawn")
	}
	m.Comparisons[0].Lift, m.Comparisons[0].Effect.Value = def(0.02), def(1)
	if _, drawn := axisOf(&m); !drawn {
		t.Error("an estimate is not drawn")
	}
}

// An alarm stands at every result, a stopped variant at its row, and a test that is over is not
// futile so far.
func TestResultsSayWhatLimitsThem(t *testing.T) {
	p := fullPage()
	p.Card.Variants[1].Stopped = time.Date(2026, 1, 17, 23, 30, 0, 0, time.UTC)
	berlin := zoneOf("Europe/Berlin")
	v, err := results(p.Card, berlin)
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Roles[0].Metrics[0].Rows[1].Stopped; got != "stopped on 2026-01-18" {
		t.Errorf("stopped: %q", got)
	}
	p.Card.TimeZone = "Europe/Berlin"
	if text := string(textOf(t, TextOptions{}, *p.Card)); !strings.Contains(text, ", stopped on 2026-01-18") {
		t.Errorf("the text report has another day: %s", text)
	}
	if v.Doubt != pageDoubt {
		t.Errorf("with an alarm: %q", v.Doubt)
	}
	explained := func(severity analysis.Severity) bool {
		p.Card.Checks = []analysis.Check{{Severity: severity, Numbers: []analysis.CheckNumber{{Name: "ln_e_value", Value: def(8)}}}}
		v, err := results(p.Card, berlin)
		return err == nil && slices.ContainsFunc(v.Glossary, func(t term) bool { return t == evidenceTerm() })
	}
	if !explained(analysis.Alarm) || explained(analysis.OK) {
		t.Error("an e-value is explained where none is shown, or not where one is")
	}
	p.Card.Checks = nil
	if v, err = results(p.Card, berlin); err != nil || v.Doubt != "" {
		t.Errorf("without checks: %q, %v", v.Doubt, err)
	}
	r := rows(p.Card, &p.Card.Metrics[0])[1]
	if r.comparison.Stopped = true; len(endNotes(r)) != 0 {
		t.Errorf("over: %v", endNotes(r))
	}
}
