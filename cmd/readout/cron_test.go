package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"readout/experiment"
	"readout/internal/daily"
)

// cronStory is a demo project with a clock that the test moves.
type cronStory struct {
	t    *testing.T
	app  *app
	now  time.Time
	said *bytes.Buffer
	// stop ends the daemon once the clock has passed it.
	stop time.Time
	// waits are the instants that the daemon waited for; before is called at each of them.
	waits  []time.Time
	before func(time.Time)
}

func newCronStory(t *testing.T, start, stop string) *cronStory {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	if err := writeDemo(dir); err != nil {
		t.Fatal(err)
	}
	s := &cronStory{t: t, said: new(bytes.Buffer), before: func(time.Time) {}}
	s.now, s.stop = s.at(start), s.at(stop)
	s.app = &app{out: s.said, err: s.said, clock: func() time.Time { return s.now }, dir: dir, color: "never"}
	return s
}

func (s *cronStory) at(text string) time.Time {
	s.t.Helper()
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// run lets the daemon work until the clock passes stop.
func (s *cronStory) run() string {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := s.app.cron(ctx, func(ctx context.Context, until time.Time) error {
		s.waits = append(s.waits, until)
		s.now = until
		if until.After(s.stop) {
			cancel()
			return ctx.Err()
		}
		s.before(until)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.said.String()
}

func (s *cronStory) move(name string, r experiment.Request) {
	s.t.Helper()
	s.moveUntil(name, r, "")
}

func (s *cronStory) moveUntil(name string, r experiment.Request, until string) {
	s.t.Helper()
	s.app.nowAt = s.now.Format(time.RFC3339)
	defer func() { s.app.nowAt = "" }()
	r.By = "ana"
	if err := s.app.move(s.t.Context(), name, r, &moveFlags{until: until}); err != nil {
		s.t.Fatal(err)
	}
}

// shorten gives an experiment of the demo an earlier last day.
func (s *cronStory) shorten(name, end string) {
	s.t.Helper()
	s.edit(name, `end: \d{4}-\d\d-\d\d`, "end: "+end)
}

// edit replaces what a regular expression finds in the file of an experiment.
func (s *cronStory) edit(name, expression, by string) {
	s.t.Helper()
	path := filepath.Join(s.app.dir, "experiments", name+".yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	find := regexp.MustCompile(expression)
	if !find.Match(text) {
		s.t.Fatalf("%s has no %s", path, expression)
	}
	if err := os.WriteFile(path, find.ReplaceAll(text, []byte(by)), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *cronStory) status(name string) experiment.Status {
	s.t.Helper()
	p, err := s.app.load()
	if err != nil {
		s.t.Fatal(err)
	}
	log, err := experiment.ReadLog(daily.LifecyclePath(s.app.state(p)))
	if err != nil {
		s.t.Fatal(err)
	}
	e, _ := p.Experiment(name)
	return log.State(e).Status
}

// A scheduled experiment starts and ends by itself, a day at a time, on the project's schedule.
func TestCronStartsAndEnds(t *testing.T) {
	s := newCronStory(t, "2026-01-04T12:00:00Z", "2026-01-08T12:00:00Z")
	s.move("search-ranking", experiment.Request{Action: experiment.ActionSchedule})
	said := s.run()
	if got := s.status("search-ranking"); got != experiment.Running {
		t.Errorf("status %s", got)
	}
	for _, want := range []string{
		"search-ranking: Scheduled → Running (2026-01-05 00:00 CET)",
		"2026-01-05 search-ranking: ", "2026-01-06 search-ranking: ", "2026-01-07 search-ranking: ", "stopped",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("missing %q in:\n%s", want, said)
		}
	}
	for _, w := range s.waits {
		if local := w.In(time.FixedZone("CET", 3600)); local.Hour() != 3 || local.Minute() != 30 {
			t.Errorf("waited for %s, want 03:30 in the project's zone", local)
		}
	}
}

// Days missed while the daemon was down are caught up in order when it starts.
func TestCronCatchesUp(t *testing.T) {
	s := newCronStory(t, "2026-01-04T12:00:00Z", "2026-01-09T00:00:00Z")
	s.move("search-ranking", experiment.Request{Action: experiment.ActionSchedule})
	s.now = s.at("2026-01-08T12:00:00Z")
	said := s.run()
	last := -1
	for _, date := range []string{"2026-01-05", "2026-01-06", "2026-01-07"} {
		at := strings.Index(said, date+" search-ranking: ")
		if at <= last {
			t.Fatalf("%s is missing or out of order in:\n%s", date, said)
		}
		last = at
	}
}

// A run that fails is reported, tried again, and succeeds once the file is whole; the state
// has moved on time all the same.
func TestCronRetries(t *testing.T) {
	s := newCronStory(t, "2026-01-04T12:00:00Z", "2026-01-06T12:00:00Z")
	s.move("search-ranking", experiment.Request{Action: experiment.ActionSchedule})
	file := filepath.Join(s.app.dir, "data", "exposures", "date=2026-01-05", "part-0.parquet")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	failures := 0
	s.before = func(now time.Time) {
		if strings.Contains(s.said.String(), "part-0.parquet") {
			failures++
			if s.status("search-ranking") != experiment.Running {
				t.Errorf("status %s while the data cannot be read", s.status("search-ranking"))
			}
		}
		if failures == 3 {
			if err := os.WriteFile(file, whole, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	said := s.run()
	if failures < 3 || !strings.Contains(said, "2026-01-05 search-ranking: ") {
		t.Errorf("after %d failures:\n%s", failures, said)
	}
}

// An edit that a running experiment does not bear is said once a run, not tried again, and
// keeps no scorecard from being said; alarms are said, too.
func TestCronRefusedEditAndAlarm(t *testing.T) {
	s := newCronStory(t, "2026-01-04T12:00:00Z", "2026-01-08T12:00:00Z")
	s.edit("search-ranking", `traffic: 33`, `traffic: 3`)
	s.edit("search-ranking", `traffic: 34`, `traffic: 94`)
	s.move("search-ranking", experiment.Request{Action: experiment.ActionSchedule})
	edited := false
	s.before = func(now time.Time) {
		if !edited && now.After(s.at("2026-01-06T00:00:00Z")) {
			edited = true
			s.edit("search-ranking", `name: search-ranking`, "name: search-ranking\nsalt: other")
		}
	}
	said := s.run()
	for _, want := range []string{"2026-01-05 search-ranking: ", "2026-01-06 search-ranking: ", "2026-01-07 search-ranking: "} {
		if !strings.Contains(said, want) {
			t.Errorf("missing %q in:\n%s", want, said)
		}
	}
	if got := strings.Count(said, "salt"); got != 3 {
		t.Errorf("the refused edit was said %d times, want once for each of three runs, in:\n%s", got, said)
	}
	if !strings.Contains(said, "readout: a check needs attention: search-ranking, sample_ratio") {
		t.Errorf("no alarm in:\n%s", said)
	}
	if strings.Contains(said, "next try") {
		t.Errorf("tried again:\n%s", said)
	}
}

// An experiment whose metric filters by a column that is not there waits, which is said once a run and
// not tried again; the other one is run.
func TestCronMissingColumn(t *testing.T) {
	s := newCronStory(t, "2026-01-04T12:00:00Z", "2026-01-08T12:00:00Z")
	path := filepath.Join(s.app.dir, "metrics", "premium.yaml")
	if err := os.WriteFile(path, []byte("premium: {event: purchase, where: [{column: plan, is: premium}]}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.edit("search-ranking", `secondary: \[`, "secondary: [premium, ")
	s.move("search-ranking", experiment.Request{Action: experiment.ActionSchedule})
	s.move("checkout-button", experiment.Request{Action: experiment.ActionSchedule})
	said := s.run()
	if got := strings.Count(said, "experiment search-ranking waits, because of premium: "); got != 3 {
		t.Errorf("said %d times, want once for each of three runs, in:\n%s", got, said)
	}
	for _, date := range []string{"2026-01-05", "2026-01-06", "2026-01-07"} {
		if got := strings.Count(said, date+" checkout-button: "); got != 1 {
			t.Errorf("checkout-button on %s: said %d times, in:\n%s", date, got, said)
		}
	}
	if strings.Contains(said, "next try") || strings.Contains(said, " search-ranking: Keep") {
		t.Errorf("tried again, or run:\n%s", said)
	}
}

// The file of an experiment that cannot be read is said and tried again, as data are; all
// others are run meanwhile.
func TestCronUnreadFile(t *testing.T) {
	s := newCronStory(t, "2026-01-04T12:00:00Z", "2026-01-06T12:00:00Z")
	s.move("search-ranking", experiment.Request{Action: experiment.ActionSchedule})
	s.move("checkout-button", experiment.Request{Action: experiment.ActionSchedule})
	path := filepath.Join(s.app.dir, "experiments", "search-ranking.yaml")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", path); err != nil {
		t.Skip(err)
	}
	tries, mended := 0, false
	s.before = func(now time.Time) {
		tries = strings.Count(s.said.String(), "all is done but for what could not be read")
		if mended || tries < 3 || now.Before(s.at("2026-01-06T04:00:00Z")) {
			return
		}
		mended = true
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	said := s.run()
	unread := strings.LastIndex(said, "experiments/search-ranking.yaml: cannot be read: no such file or directory")
	other, own := strings.Index(said, "2026-01-05 checkout-button: "), strings.Index(said, "2026-01-05 search-ranking: ")
	if tries < 3 || other < 0 || own < unread || unread < 0 || unread < other {
		t.Errorf("after %d tries:\n%s", tries, said)
	}
}

// A schedule that does not come for more years than are looked ahead is a fault, and no reason
// to run without a pause: after the leap day of 2096 the next one is that of 2104.
func TestCronImpossibleSchedule(t *testing.T) {
	s := newCronStory(t, "2096-03-04T12:00:00Z", "2096-03-04T13:00:00Z")
	path := filepath.Join(s.app.dir, "readout.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("30 3 * * *"), []byte("0 0 29 2 *"), 1)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	said := s.run()
	if !strings.Contains(said, `schedule "0 0 29 2 *" names no day of the years to come`) || len(s.waits) > 10 {
		t.Errorf("%d waits, said:\n%s", len(s.waits), said)
	}
}

// A time of day that clocks skip is made up for; one that they show twice counts once or as
// the library has it.
func TestNextRun(t *testing.T) {
	f := func(zone, expression, now, want string) {
		t.Helper()
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		schedule, err := cron.ParseStandard(expression)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.ParseInLocation("2006-01-02 15:04", now, location)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextRun(schedule, at).Format("2006-01-02 15:04 -0700"); got != want {
			t.Errorf("%s in %s after %s: %s, want %s", expression, zone, now, got, want)
		}
	}
	f("Europe/Berlin", "30 3 * * *", "2026-03-28 12:00", "2026-03-29 03:30 +0200")
	f("Europe/Berlin", "30 2 * * *", "2026-03-28 12:00", "2026-03-29 03:30 +0200")
	f("Europe/Berlin", "30 2 * * *", "2026-03-29 03:30", "2026-03-30 02:30 +0200")
	f("America/New_York", "30 2 * * *", "2026-03-07 12:00", "2026-03-08 03:30 -0400")
	f("America/Havana", "15 0 * * *", "2026-03-07 12:00", "2026-03-08 01:15 -0400")
	f("America/Havana", "15 0 * * *", "2026-03-08 01:15", "2026-03-09 00:15 -0400")
	f("Europe/Berlin", "30 2 * * *", "2026-10-24 12:00", "2026-10-25 02:30 +0200")
	f("Europe/Berlin", "0 4 * * 1", "2026-03-28 12:00", "2026-03-30 04:00 +0200")
	f("Europe/Berlin", "0 4 30 2 *", "2026-03-28 12:00", "0001-01-01 00:00 +0000")
}

// Waiting goes by what the clock shows: a machine that slept is not late by its sleep.
func TestSleepUntilClockJumps(t *testing.T) {
	start := time.Now()
	asked := 0
	clock := func() time.Time {
		if asked++; asked > 2 {
			return start.Add(2 * time.Hour)
		}
		return start
	}
	if err := sleepUntil(clock, time.Millisecond)(t.Context(), start.Add(time.Hour)); err != nil || asked != 3 {
		t.Errorf("error %v after looking at the clock %d times, want 3", err, asked)
	}
}

// Only one run works at a time; the other says so and tries again.
func TestCronWaitsForTheLock(t *testing.T) {
	s := newCronStory(t, "2026-01-06T12:00:00Z", "2026-01-06T12:10:00Z")
	p, err := s.app.load()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(s.app.state(p), 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := daily.LockState(s.app.state(p))
	if err != nil {
		t.Fatal(err)
	}
	s.before = func(time.Time) {
		if lock != nil {
			if err := lock.Release(); err != nil {
				t.Fatal(err)
			}
			lock = nil
		}
	}
	said := s.run()
	if strings.Count(said, "another run is at work") != 1 {
		t.Errorf("said:\n%s", said)
	}
}

// A running experiment that is extended reaches its new end by itself, is Ready for review,
// and gets its final row once.
func TestCronExtensionAndFinalRow(t *testing.T) {
	s := newCronStory(t, "2026-01-04T12:00:00Z", "2026-01-22T12:00:00Z")
	s.shorten("search-ranking", "2026-01-11")
	s.move("search-ranking", experiment.Request{Action: experiment.ActionSchedule})
	extended := false
	s.before = func(now time.Time) {
		if !extended && now.After(s.at("2026-01-10T00:00:00Z")) {
			extended = true
			s.moveUntil("search-ranking", experiment.Request{Action: experiment.ActionExtend}, "2026-01-12")
		}
	}
	said := s.run()
	if got := s.status("search-ranking"); got != experiment.ReadyForReview {
		t.Errorf("status %s", got)
	}
	if want := "search-ranking: Running → Ready for review (2026-01-13 00:00 CET)"; strings.Count(said, want) != 1 {
		t.Errorf("want %q once in:\n%s", want, said)
	}
	// The metrics of the demo count for a week after the end.
	if strings.Count(said, "2026-01-19 search-ranking: ") != 1 || strings.Contains(said, "2026-01-20 search-ranking: ") {
		t.Errorf("want the final row on 2026-01-19, once, in:\n%s", said)
	}
}

// Two daemons on one project at once: one works and the other waits, and no look, entry or
// row is there twice.
func TestTwoCrons(t *testing.T) {
	s := newCronStory(t, "2026-01-04T12:00:00Z", "2026-01-07T12:00:00Z")
	s.move("search-ranking", experiment.Request{Action: experiment.ActionSchedule})
	s.now = s.at("2026-01-08T12:00:00Z")
	said := make([]bytes.Buffer, 2)
	var both sync.WaitGroup
	for i := range said {
		// Each has a clock of its own and ends when it has made its days.
		now := s.now
		other := &app{out: &said[i], err: &said[i], clock: func() time.Time { return now }, dir: s.app.dir, color: "never"}
		ctx, stop := context.WithCancel(t.Context())
		both.Go(func() {
			defer stop()
			err := other.cron(ctx, func(ctx context.Context, until time.Time) error {
				if now = until; until.Sub(s.now) > 4*time.Hour {
					stop()
				}
				time.Sleep(20 * time.Millisecond)
				return ctx.Err()
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	worked := 0
	for i := range said {
		if strings.Contains(said[i].String(), "2026-01-07 search-ranking: ") {
			worked++
		}
	}
	if worked == 0 {
		t.Errorf("none of them worked:\n%s\n%s", said[0].String(), said[1].String())
	}
	p, err := s.app.load()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lifecycle.jsonl", "looks.jsonl"} {
		data, err := os.ReadFile(filepath.Join(s.app.state(p), name))
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		for line := range strings.Lines(string(data)) {
			if seen[line] {
				t.Errorf("%s holds twice: %s", name, line)
			}
			seen[line] = true
		}
		if len(seen) < 2 {
			t.Errorf("%s holds only %d lines", name, len(seen))
		}
	}
}
