package daily_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
	"readout/internal/daily"
)

// What was decided by stays on record: who asks for its days again, when data have come or gone, gets those
// that are not there or cannot be read.
func TestDecidedStaysOnRecord(t *testing.T) {
	s := newShop(t)
	s.mustRun("2026-04-03")
	at, err := time.ParseInLocation(time.DateTime, "2026-04-04 12:00:00", s.zone)
	if err != nil {
		t.Fatal(err)
	}
	s.move(s.button(), experiment.Request{Action: experiment.ActionDecide, At: at, Variant: "big", Why: "better", By: "ana"})
	cards := func() map[string]string {
		files := s.files()
		for path := range files {
			if !strings.HasPrefix(path, "scorecards/") {
				delete(files, path)
			}
		}
		return files
	}
	before := cards()
	again := func(what string, last daily.Day) *daily.Report {
		t.Helper()
		report, err := s.runner.Run(context.Background(), s.day("2026-04-06").Through, s.day("2026-03-27"), last)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return report
	}

	s.addLate()
	report := again("late rows", s.day("2026-03-29"))
	if diff := cmp.Diff(before, cards()); diff != "" {
		t.Errorf("late rows: scorecards changed (-before +after):\n%s", diff)
	}
	if want := []daily.Idle{{Experiment: "button", Reason: "is decided: its results are frozen"}}; !cmp.Equal(report.Idle, want) {
		t.Errorf("a day before the decision was asked for: %v, want %v", report.Idle, want)
	}
	if err := os.Remove(s.late()); err != nil {
		t.Fatal(err)
	}

	card := filepath.Join(s.runner.State, "scorecards", "button", "date=2026-03-28")
	for what, harm := range map[string]func() error{
		"deleted": func() error { return os.RemoveAll(card) },
		"damaged": func() error { return os.WriteFile(filepath.Join(card, "scorecard.json"), []byte("{"), 0o644) },
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		again(what, s.day("2026-04-05"))
		if diff := cmp.Diff(before, cards()); diff != "" {
			t.Errorf("%s: other scorecards (-before +after):\n%s", what, diff)
		}
	}
}
