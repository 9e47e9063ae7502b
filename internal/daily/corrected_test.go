package daily_test

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"readout/ingest"
	"readout/ingest/tables"
	"readout/internal/daily"
)

// cancelling is an engine after whose work the run is cancelled.
type cancelling struct {
	ingest.Engine
	cancel context.CancelFunc
}

func (c cancelling) Run(ctx context.Context, q ingest.Query, p ingest.Progress) (*ingest.Result, error) {
	defer c.cancel()
	return c.Engine.Run(ctx, q, p)
}

// Where a file of past days comes late, their scorecards are made again by the next run, also if
// the run that finds it does not come to its end. Afterwards they are what a run for all
// days makes of the data, and the looks stay as they were.
func TestDaysWithLateFiles(t *testing.T) {
	for _, interrupted := range []bool{false, true} {
		s := newShop(t)
		kept := ingest.Embedded{Store: tables.LocalStore{Dir: s.dir}, Keep: filepath.Join(s.dir, "sums")}
		s.runner.Engine = kept
		s.mustRun("2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30")
		before := s.files()
		var late []purchase
		for user := range 40 { // those of the first day
			late = append(late, purchase{"u" + strconv.Itoa(user+1), "purchase", s.day("2026-03-28").Start.Add(time.Minute), 1000})
		}
		if err := parquet.WriteFile(filepath.Join(s.dir, "conversions", "date=2026-03-28", "part-1.parquet"), late); err != nil {
			t.Fatal(err)
		}
		if interrupted {
			ctx, cancel := context.WithCancel(t.Context())
			s.runner.Engine = cancelling{kept, cancel}
			d := s.day("2026-03-31")
			if _, err := s.runner.Run(ctx, d.Through.Add(4*time.Hour), daily.Day{}, d); err == nil {
				t.Fatal("the run was not interrupted")
			}
			s.runner.Engine = kept
		}
		report, err := s.run("2026-03-31")
		if err != nil {
			t.Fatal(err)
		}
		var corrected, made []string
		for _, o := range report.Days {
			if o.Corrected {
				corrected = append(corrected, o.Card.Date)
			} else {
				made = append(made, o.Card.Date)
			}
		}
		if !slices.Equal(corrected, []string{"2026-03-28", "2026-03-29", "2026-03-30"}) || !slices.Equal(made, []string{"2026-03-31"}) {
			t.Errorf("interrupted %v: corrected %v, made %v", interrupted, corrected, made)
		}
		after := s.files()
		const card = "scorecards/button/date=2026-03-29/scorecard.json"
		if before[card] == after[card] {
			t.Error("the scorecard of 2026-03-29 is as it was before")
		}
		if log := before["looks.jsonl"]; after["looks.jsonl"][:len(log)] != log {
			t.Error("recorded looks have changed")
		}
		if _, there := after["corrected"]; there {
			t.Error("days are still to be made again")
		}
		last := s.day("2026-03-31")
		if _, err := s.runner.Run(t.Context(), last.Through.Add(4*time.Hour), s.day("2026-03-27"), last); err != nil {
			t.Fatal(err)
		}
		sameFiles(t, s.files(), after)
	}
}
