package daily_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
	"readout/internal/daily"
	"readout/internal/exposure"
)

// moved exposes users to control on the first day, and an hour later to big.
func (s *shop) moved(users int) {
	s.t.Helper()
	d := s.day("2026-03-27")
	_, err := exposure.WriteFile(filepath.Join(s.dir, "exposures", "date="+d.Date, "part-1.parquet"),
		exposure.Columns{User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp"},
		func(w *exposure.Writer) error {
			for i := range users {
				for k, variant := range []string{"control", "big"} {
					row := exposure.Row{
						User: "moved" + strconv.Itoa(i), Experiment: "button", Variant: variant,
						Time: d.Start.Add(time.Duration(1+k) * time.Hour),
					}
					if err := w.Write(row); err != nil {
						return err
					}
				}
			}
			return nil
		})
	if err != nil {
		s.t.Fatal(err)
	}
}

// Where leaving out users of several variants hits one arm alone, each comparison also says
// what it is with everybody counted where first seen: the same every day, however it is run,
// and what an analysis that counts so says.
func TestCountedFirst(t *testing.T) {
	one, all := newShop(t), newShop(t)
	one.moved(40)
	all.moved(40)
	one.mustRun("2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30")
	all.mustRun("2026-03-30")
	files := one.files()
	sameFiles(t, all.files(), files)

	counted := func(experiment *experiment.Experiment) analysis.Scorecard {
		t.Helper()
		job := daily.AdHoc{
			Project: one.runner.Project, Engine: one.runner.Engine, Experiment: experiment, Control: "control",
			Start: experiment.Schedule.Start, End: experiment.Schedule.End, Through: one.day("2026-03-30"),
		}
		card, err := job.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return card
	}
	e := one.runner.Project.Experiments[0]
	first := *e
	first.SeveralVariants = experiment.SeveralFirst
	want := counted(&first)
	var stored analysis.Scorecard
	if err := json.Unmarshal([]byte(files["scorecards/button/date=2026-03-30/scorecard.json"]), &stored); err != nil {
		t.Fatal(err)
	}
	for _, card := range []analysis.Scorecard{stored, counted(e)} {
		for i, m := range card.Metrics {
			got := m.Comparisons[0].CountedFirst
			if got == nil || got.Effect != want.Metrics[i].Comparisons[0].Effect {
				t.Errorf("%s: %+v, want %+v", m.Name, got, want.Metrics[i].Comparisons[0].Effect)
			}
			if got != nil && got.Effect == m.Comparisons[0].Effect {
				t.Errorf("%s: the same with users left out: %+v", m.Name, got.Effect)
			}
		}
	}
	if c := want.Metrics[0].Comparisons[0].CountedFirst; c != nil {
		t.Errorf("beside itself: %+v", c)
	}
}

// failing is an engine that fails at the given question and every one after it.
type failing struct {
	ingest.Engine
	left *int
}

var errEngine = errors.New("the disk is gone")

func (f failing) Run(ctx context.Context, q ingest.Query, progress ingest.Progress) (*ingest.Result, error) {
	if *f.left--; *f.left < 0 {
		return nil, errEngine
	}
	return f.Engine.Run(ctx, q, progress)
}

// An analysis whose data cannot be read any more on the way says so, however far it came.
func TestEngineFails(t *testing.T) {
	s := newShop(t)
	s.moved(40)
	e := s.runner.Project.Experiments[0]
	for runs := 0; ; runs++ {
		left := runs
		job := daily.AdHoc{Project: s.runner.Project, Engine: failing{s.runner.Engine, &left}, Experiment: e, Control: "control"}
		_, err := job.Run(context.Background())
		if left >= 0 {
			// It came to its end: dates, the analysis, and once more with everybody counted first.
			if runs != 3 || err != nil {
				t.Errorf("%d questions to the engine, error %v", runs, err)
			}
			return
		}
		if !errors.Is(err, errEngine) {
			t.Errorf("after %d runs: error %v", runs, err)
		}
	}
}

func (f failing) Times(ctx context.Context, q ingest.Query, progress ingest.Progress) (exposures, conversions ingest.Times, err error) {
	if *f.left--; *f.left < 0 {
		return exposures, conversions, errEngine
	}
	return f.Engine.Times(ctx, q, progress)
}
