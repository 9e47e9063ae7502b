package experiment

import (
	"fmt"
	"testing"
	"time"
)

// TestWithoutLookback keeps every metric in its role, without a covariate, and leaves the
// scorecard it was asked for alone.
func TestWithoutLookback(t *testing.T) {
	e, _ := completeProject(t).Experiment("checkout-button")
	e.Scorecard.Secondary = append(e.Scorecard.Secondary, e.Scorecard.Primary[0])
	plain := e.Scorecard.WithoutLookback()
	var want, got [3][]string
	covariates := 0
	for i, s := range []Scorecard{e.Scorecard, plain} {
		names := []*[3][]string{&want, &got}[i]
		for _, m := range s.Primary {
			names[0] = append(names[0], m.Name)
		}
		for _, m := range s.Secondary {
			names[1] = append(names[1], m.Name)
		}
		for _, g := range s.Guardrails {
			names[2] = append(names[2], fmt.Sprint(g.Metric.Name, " ", g.Margin))
		}
	}
	same(t, "metrics by role", want, got)
	for i, m := range e.Scorecard.Metrics() {
		if m.Lookback != 0 {
			covariates++
		}
		same(t, "lookback of "+m.Name, time.Duration(0), plain.Metrics()[i].Lookback)
	}
	if covariates == 0 || len(want[2]) == 0 {
		t.Errorf("%d metrics with a covariate, guardrails %v", covariates, want[2])
	}
}
