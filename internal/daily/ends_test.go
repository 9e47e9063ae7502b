package daily_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/reports"
)

// On a day after the end, on which last users are waited for, those who came since then do not count,
// whether the run of that day is made before the end is moved or after, or its scorecard once more.
// From the extension on they count.
func TestDaysBetweenAnEndAndItsExtension(t *testing.T) {
	var daybyday map[string]string
	for _, before := range [][]string{{"2026-03-31", "2026-04-01"}, {"2026-03-31"}, nil} {
		s := newShop(t)
		s.mustRun(before...)
		s.extend("2026-04-02", "2026-04-04")
		s.mustRun("2026-04-02")
		for date, want := range map[string]int64{"2026-03-31": 800, "2026-04-01": 800, "2026-04-02": 960} {
			card, err := reports.ReadDay(s.runner.State, "button", date)
			if err != nil {
				t.Fatal(err)
			}
			if got := users(card); got != want {
				t.Errorf("after %d runs, %s: %d users, want %d", len(before), date, got, want)
			}
		}
		made := results(s)
		if daybyday == nil {
			daybyday = made
		}
		sameFiles(t, made, daybyday)
		if err := os.RemoveAll(filepath.Join(s.runner.State, "scorecards")); err != nil {
			t.Fatal(err)
		}
		s.mustRun("2026-04-02")
		sameFiles(t, results(s), daybyday)
	}
}

func users(card analysis.Scorecard) int64 {
	var n int64
	for _, v := range card.Variants {
		n += v.Users
	}
	return n
}

// results returns the looks and the scorecards.
func results(s *shop) map[string]string {
	out := map[string]string{}
	for path, text := range s.files() {
		if path == "looks.jsonl" || strings.HasPrefix(path, "scorecards") {
			out[path] = text
		}
	}
	return out
}

// Who goes on after a stop may do so because of the results, also where the end is no later than planned.
func TestGoingOnAfterAStopIsApproximate(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-03-28")
	button := s.runner.Project.Experiments[0]
	noon := func(date string) time.Time { return s.day(date).Start.Add(12 * time.Hour) }
	s.move(button, experiment.Request{Action: experiment.ActionStop, At: noon("2026-03-29"), Why: "looks good", By: "ana"})
	s.mustRun("2026-03-29")
	s.move(button, experiment.Request{Action: experiment.ActionExtend, At: noon("2026-03-30"), Until: s.day("2026-03-31").Through, By: "ana"})
	s.mustRun("2026-03-30")
	for date, want := range map[string]bool{"2026-03-28": false, "2026-03-29": false, "2026-03-30": true} {
		card, err := reports.ReadDay(s.runner.State, "button", date)
		if err != nil {
			t.Fatal(err)
		}
		if c := card.Metrics[0].Comparisons[0]; c.Approximate != want || c.Look == 0 {
			t.Errorf("%s: approximate %v, want %v; %d looks", date, c.Approximate, want, c.Look)
		}
	}
}
