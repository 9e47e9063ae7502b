package daily_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"readout/experiment"
	"readout/ingest"
	"readout/ingest/tables"
	"readout/internal/daily"
)

// broken is an engine that does all its work and then fails, as one does that is killed, or
// after whose work the run is cancelled.
type broken struct {
	ingest.Engine
	err    error
	cancel context.CancelFunc
}

func (f broken) Run(ctx context.Context, q ingest.Query, p ingest.Progress) (*ingest.Result, error) {
	result, err := f.Engine.Run(ctx, q, p)
	if f.cancel != nil {
		f.cancel()
	}
	return result, errors.Join(err, f.err)
}

func (s *shop) late() string {
	return filepath.Join(s.dir, "conversions", "date=2026-03-28", "part-1.parquet")
}

// addLate writes a file of a past day, with purchases of the users of the day before it.
func (s *shop) addLate() {
	s.t.Helper()
	var late []purchase
	for user := range 40 {
		late = append(late, purchase{"u" + strconv.Itoa(user+1), "purchase", s.day("2026-03-28").Start.Add(time.Minute), 1000})
	}
	if err := parquet.WriteFile(s.late(), late); err != nil {
		s.t.Fatal(err)
	}
}

// mustFail runs a day with an engine that breaks off.
func (s *shop) mustFail(date string, with broken) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	works := s.runner.Engine
	if with.Engine = works; with.err == nil {
		with.cancel = cancel
	}
	s.runner.Engine = with
	d := s.day(date)
	if _, err := s.runner.Run(ctx, d.Through.Add(4*time.Hour), daily.Day{}, d); err == nil {
		s.t.Fatal("the run was not interrupted")
	}
	s.runner.Engine = works
}

// Where a file of past days comes late, their scorecards are made again by the next run, whatever
// becomes of the runs in between. Afterwards they are what a run for all days makes of the data,
// and the looks stay as they were.
func TestDaysWithLateFiles(t *testing.T) {
	for _, c := range []struct {
		what   string
		before []string // runs before the file comes
		then   func(s *shop)
		date   string // of the run that finds it
		want   string // the days corrected
	}{
		{"", nil, func(*shop) {}, "2026-03-31", "28 29 30"},
		{"the run is killed when files are read", nil, func(s *shop) { s.mustFail("2026-03-31", broken{err: errors.New("killed")}) }, "2026-03-31", "28 29 30"},
		{"the run is killed before scorecards are made", nil, func(s *shop) { s.mustFail("2026-03-31", broken{}) }, "2026-03-31", "28 29 30"},
		{"what was kept is removed", nil, func(s *shop) {
			if err := os.RemoveAll(filepath.Join(s.dir, "sums")); err != nil {
				s.t.Fatal(err)
			}
		}, "2026-03-31", "28 29 30"},
		{"a day of the past is run before", nil, func(s *shop) { s.mustRun("2026-03-28") }, "2026-03-31", "29 30"},
		{"the experiment has an error", nil, func(s *shop) {
			all := s.runner.Project.Experiments
			other := *all[0]
			other.Name = "other"
			s.runner.Project.Experiments = append(all[:0:0], &other)
			s.move(&other, experiment.Request{Action: experiment.ActionSchedule, At: s.day("2026-03-26").Start, By: "ana"})
			s.mustRun("2026-03-31")
			s.runner.Project.Experiments = all
		}, "2026-04-01", "28 29 30"},
		{"the experiment is final", []string{"2026-03-31", "2026-04-01", "2026-04-02"}, func(*shop) {}, "2026-04-03", "28 29 30 31 01"},
		{"it has long been", []string{"2026-03-31", "2026-04-01", "2026-04-30"}, func(*shop) {}, "2026-05-01", ""},
		{"it is decided", []string{"2026-03-31", "2026-04-01"}, func(s *shop) {
			s.move(s.runner.Project.Experiments[0], experiment.Request{
				Action: experiment.ActionDecide, At: s.day("2026-04-02").Start, Variant: "big", Why: "it is better", By: "ana",
			})
		}, "2026-04-03", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newShop(t)
			s.runner.Engine = ingest.Embedded{Store: tables.LocalStore{Dir: s.dir}, Keep: filepath.Join(s.dir, "sums")}
			s.mustRun("2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30")
			s.mustRun(c.before...)
			before := s.files()
			s.addLate()
			c.then(s)
			if got := s.corrected(c.date); got != c.want {
				t.Errorf("corrected %q, want %q", got, c.want)
			}
			after := s.files()
			if log := before["looks.jsonl"]; after["looks.jsonl"][:len(log)] != log {
				t.Error("recorded looks have changed")
			}
			const card = "scorecards/button/date=2026-03-29/scorecard.json"
			if (before[card] == after[card]) != (c.want == "") {
				t.Errorf("the scorecard of 2026-03-29 is as it was before: %v", before[card] == after[card])
			}
			if got := s.corrected(c.date); got != "" {
				t.Errorf("corrected %q once more", got)
			}
			if c.want == "" {
				return
			}
			last := s.day(c.date)
			if _, err := s.runner.Run(t.Context(), last.Through.Add(4*time.Hour), s.day("2026-03-27"), last); err != nil {
				t.Fatal(err)
			}
			sameFiles(t, s.files(), after)
		})
	}
}

// corrected runs a day and returns which days were corrected.
func (s *shop) corrected(date string) string {
	s.t.Helper()
	report, err := s.run(date)
	if err != nil {
		s.t.Fatal(err)
	}
	var days []string
	for _, o := range report.Days {
		if o.Corrected {
			days = append(days, o.Date[len("2026-03-"):])
		}
	}
	return strings.Join(days, " ")
}

// A file that goes and comes back as it was changes the scorecards twice, and those of no day
// after that.
func TestFileThatGoesAndComesBack(t *testing.T) {
	s := newShop(t)
	s.runner.Engine = ingest.Embedded{Store: tables.LocalStore{Dir: s.dir}, Keep: filepath.Join(s.dir, "sums")}
	s.addLate()
	s.mustRun("2026-03-29")
	away := filepath.Join(s.dir, "away")
	var got []string
	for i, date := range []string{"2026-03-30", "2026-03-31", "2026-04-01"} {
		from, to := s.late(), away
		if i%2 == 1 {
			from, to = to, from
		}
		if i < 2 {
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}
		got = append(got, s.corrected(date))
	}
	if want := []string{"28 29", "28 29 30", ""}; !slices.Equal(got, want) {
		t.Errorf("corrected %q, want %q", got, want)
	}
}

// Of an experiment that is over the last scorecard gets what comes late in the files of later days.
func TestStragglersAfterTheEnd(t *testing.T) {
	s := newShop(t)
	s.runner.Engine = ingest.Embedded{Store: tables.LocalStore{Dir: s.dir}, Keep: filepath.Join(s.dir, "sums")}
	s.mustRun("2026-04-01")
	rows := []purchase{
		{"u1", "purchase", s.day("2026-03-28").Start.Add(time.Minute), 1000},
		{"u1", "purchase", s.day("2026-04-02").Start.Add(time.Minute), 1000},
	}
	path := filepath.Join(s.dir, "conversions", "date=2026-04-02", "part-0.parquet")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	if got := s.corrected("2026-04-02"); got != "01" {
		t.Errorf("corrected %q", got)
	}
}
