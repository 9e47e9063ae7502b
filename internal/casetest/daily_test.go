package casetest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
	"readout/ingest"
	"readout/ingest/tables"
	"readout/internal/daily"
	"readout/reports"
)

// runDaily runs the case by the daily job: one day at a time, all days at once, and days
// again in another order. All ways leave the same files, the stored scorecards are the
// expected ones, and where that is wanted the day after adds nothing.
func (c *Case) runDaily(t *testing.T) {
	p, e := c.load(t)
	c.writeData(t, p, e, c.Cards[0])
	var days []daily.Day
	for _, card := range c.Cards {
		day, err := daily.ParseDay(card.Through, p.Location)
		if err != nil {
			t.Fatal(err)
		}
		days = append(days, day)
	}
	last := days[len(days)-1]

	oneByOne := c.scheduled(t, p, e)
	for _, day := range days {
		run(t, oneByOne, day.Through, daily.Day{}, day)
	}
	want := files(t, oneByOne.State)
	for i, card := range c.Cards {
		got, err := reports.ReadDay(oneByOne.State, e.Name, days[i].Date)
		if err != nil {
			t.Fatal(err)
		}
		checkCard(t, c.Tolerance, card, got)
	}

	atOnce := c.scheduled(t, p, e)
	run(t, atOnce, last.Through, daily.Day{}, last)
	if diff := cmp.Diff(want, files(t, atOnce.State)); diff != "" {
		t.Errorf("all days at once (-one by one +at once):\n%s", diff)
	}

	for i := len(days) - 1; i >= 0; i-- {
		run(t, atOnce, last.Through, days[i], days[i])
	}
	run(t, atOnce, last.Through, days[0], last)
	if diff := cmp.Diff(want, files(t, atOnce.State)); diff != "" {
		t.Errorf("days again, the last one first (-one by one +again):\n%s", diff)
	}

	if c.Idle != "" {
		after := last.Next(p.Location)
		report := run(t, oneByOne, after.Through, daily.Day{}, after)
		if len(report.Days) != 0 || len(report.Idle) != 1 || !matches(c.Idle, report.Idle[0].Reason) {
			t.Errorf("%s: got %d scorecards and %v, want none because it %q", after.Date, len(report.Days), report.Idle, c.Idle)
		}
		// The index says as of when it is, so it is a day later; nothing else is.
		got := files(t, oneByOne.State)
		delete(got, "/reports/index.html")
		delete(want, "/reports/index.html")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("a day later (-before +after):\n%s", diff)
		}
	}
}

// scheduled returns a runner with its own state directory, in which the experiment is
// scheduled for its start.
func (c *Case) scheduled(t *testing.T, p *experiment.Project, e *experiment.Experiment) *daily.Runner {
	t.Helper()
	state := t.TempDir()
	log, err := experiment.ReadLog(daily.LifecyclePath(state))
	if err != nil {
		t.Fatal(err)
	}
	entry, err := experiment.Move(e, log.State(e), experiment.Request{
		Action: experiment.ActionSchedule, At: e.Schedule.Start.Add(-time.Hour), By: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Append(daily.LifecyclePath(state), entry); err != nil {
		t.Fatal(err)
	}
	return &daily.Runner{Project: p, Engine: ingest.Embedded{Store: tables.LocalStore{}}, State: state}
}

func run(t *testing.T, r *daily.Runner, now time.Time, first, last daily.Day) *daily.Report {
	t.Helper()
	report, err := r.Run(context.Background(), now, first, last)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// files returns all files below a directory that hold something, by path.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if len(data) > 0 {
			out[path[len(dir):]] = string(data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
