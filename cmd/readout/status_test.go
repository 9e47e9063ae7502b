package main

import (
	"strings"
	"testing"
	"time"

	"readout/experiment"
)

// TestStatusOfLongExperiments: one that has a day left is not over, and one that has begun is not without progress.
func TestStatusOfLongExperiments(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	end := start.AddDate(1, 0, 0)
	for progress, want := range map[float64]string{0: " 0% ", 0.001: " < 1% ", 0.5: " 50% ", 0.997: " > 99% ", 1: " 100% "} {
		var out strings.Builder
		a := &app{out: &out}
		a.printStandings([]standing{{
			Experiment: "checkout", Status: experiment.Running, Start: &start, End: &end, Progress: progress, DaysLeft: 1,
		}}, time.UTC, false)
		if !strings.Contains(out.String(), want) {
			t.Errorf("progress %v: want %q in\n%s", progress, want, &out)
		}
	}
}
