package daily_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/daily"
	"readout/reports"
)

// An analysis on request says of every day what the daily job says, whatever was done to the end of
// the experiment, and of days without a scorecard what the last one before them does.
func TestAdHocAgreesWithTheDailyJob(t *testing.T) {
	noon := func(s *shop, date string) time.Time { return s.day(date).Start.Add(12 * time.Hour) }
	for _, life := range []struct {
		name string
		live func(*shop)
	}{
		{"as planned", func(*shop) {}},
		{"extended under way", func(s *shop) { s.extend("2026-03-29", "2026-04-02") }},
		{"extended while last users are waited for", func(s *shop) { s.extend("2026-04-01", "2026-04-03") }},
		{"extended after the last look", func(s *shop) { s.extend("2026-04-03", "2026-04-06") }},
		{"extended twice", func(s *shop) {
			s.extend("2026-03-29", "2026-04-02")
			s.extend("2026-04-02", "2026-04-06")
		}},
		{"ended earlier", func(s *shop) { s.extend("2026-03-29", "2026-03-30") }},
		{"stopped", func(s *shop) {
			s.move(s.button(), experiment.Request{Action: experiment.ActionStop, At: noon(s, "2026-03-29"), Why: "harm", By: "ana"})
		}},
		{"stopped and resumed", func(s *shop) {
			s.move(s.button(), experiment.Request{Action: experiment.ActionStop, At: noon(s, "2026-03-28"), Why: "harm", By: "ana"})
			s.extend("2026-03-31", "2026-04-02")
		}},
		{"decided", func(s *shop) {
			s.move(s.button(), experiment.Request{Action: experiment.ActionDecide, At: noon(s, "2026-04-01"), Variant: "big", Why: "time", By: "ana"})
		}},
	} {
		s := newShop(t)
		life.live(s)
		s.mustRun("2026-04-03")
		var card *analysis.Scorecard
		for d := s.day("2026-03-27"); d.Date <= "2026-04-03"; d = d.Next(s.zone) {
			if reports.HasDay(s.runner.State, "button", d.Date) {
				made, err := reports.ReadDay(s.runner.State, "button", d.Date)
				if err != nil {
					t.Fatal(err)
				}
				card = &made
			} else if life.name == "decided" {
				continue // the analysis is asked for what came of its users later
			}
			s.adHocSays(life.name, d, card)
		}
	}
}

// button is the experiment of the shop.
func (s *shop) button() *experiment.Experiment { return s.runner.Project.Experiments[0] }

// adHocSays compares an analysis on request, through a day, with a scorecard.
func (s *shop) adHocSays(life string, d daily.Day, want *analysis.Scorecard) {
	s.t.Helper()
	log, err := daily.ReadLifecycle(s.runner.State)
	if err != nil {
		s.t.Fatal(err)
	}
	e := s.button()
	job := daily.AdHoc{
		Project: s.runner.Project, Engine: s.runner.Engine, Experiment: e, Control: experiment.Control,
		State: log.State(e), Start: log.State(e).Start, End: log.State(e).End, Through: d,
	}
	got, err := job.Run(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	// A p-value is found to 1e-9, look by look or at once.
	near := cmp.Comparer(func(a, b analysis.Number) bool {
		x, okX := a.Get()
		y, okY := b.Get()
		return okX == okY && math.Abs(x-y) <= 1e-9*max(1, math.Abs(x))
	})
	if got.Date != want.Date || !got.End.Equal(want.End) {
		s.t.Errorf("%s, %s: ad hoc of %s with the end %s, daily of %s with the end %s", life, d.Date, got.Date, got.End, want.Date, want.End)
	}
	for _, diff := range []string{cmp.Diff(got.Metrics, want.Metrics, near, cmpopts.EquateEmpty()), cmp.Diff(got.Recommendation, want.Recommendation)} {
		if diff != "" {
			s.t.Errorf("%s, %s: ad hoc (-), daily (+):\n%s", life, d.Date, diff)
		}
	}
}
