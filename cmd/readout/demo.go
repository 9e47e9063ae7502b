package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/daily"
	"readout/reports"
)

func (a *app) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo [DIR]",
		Short: "a complete small project with seeded data, run day by day",
		Long: `Writes a small project with two experiments, 30 days of history and 28 days of data,
always the same, runs the daily job day by day, and prints the last scorecards. DIR is
readout-demo unless given, and must not exist.`,
		Example: "  readout demo\n  readout demo /tmp/shop",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "readout-demo"
			if len(args) == 1 {
				dir = args[0]
			}
			return a.demo(cmd.Context(), dir)
		},
	}
}

func (a *app) demo(ctx context.Context, dir string) error {
	if dir == "" {
		return usagef("name the directory of the demo project, or none for readout-demo")
	}
	if _, err := os.Stat(dir); err == nil {
		return usagef("%s exists already: remove it, or name another directory", dir)
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// The project appears whole or not at all.
	building, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".readout-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(building)
	if err := os.Chmod(building, 0o755); err != nil {
		return err
	}
	a.say("writing a demo project to %s", dir)
	if err := writeDemo(building); err != nil {
		return err
	}
	if err := os.Rename(building, dir); err != nil {
		return err
	}
	a.dir = dir
	cards, err := a.runDemo(ctx)
	if err != nil {
		return err
	}
	if err := a.writeCards("text", cards); err != nil {
		return err
	}
	a.say("\nThe project is in %s, its experiments in %s, its pages in %s.\nTry 'readout report --open --project %s'.",
		dir, filepath.Join(dir, "experiments"), filepath.Join(reports.PagesDir(filepath.Join(dir, "state")), "index.html"), dir)
	return nil
}

// runDemo schedules the experiments and runs the daily job once for every day of data, as
// cron would have done. It returns the last scorecard of each experiment.
func (a *app) runDemo(ctx context.Context) ([]analysis.Scorecard, error) {
	p, err := a.load()
	if err != nil {
		return nil, err
	}
	first, last, err := demoDays(p)
	if err != nil {
		return nil, err
	}
	for _, e := range p.Experiments {
		if err := a.scheduleDemo(p, e, first.Start.Add(-time.Hour)); err != nil {
			return nil, err
		}
	}
	latest := make(map[string]analysis.Scorecard)
	for d := first; !d.Start.After(last.Start); d = d.Next(p.Location) {
		report, err := a.runOnce(ctx, p, d.Through.Add(3*time.Hour), daily.Day{}, d, nil)
		if err != nil {
			return nil, err
		}
		for _, o := range report.Days {
			if o.Card != nil {
				latest[o.Experiment] = *o.Card
			}
			a.say("%s %s: %s", o.Date, o.Experiment, o.Sentence)
		}
	}
	var cards []analysis.Scorecard
	for _, e := range p.Experiments {
		if card, ok := latest[e.Name]; ok {
			cards = append(cards, card)
		}
	}
	if len(cards) == 0 {
		return nil, errors.New("the demo made no scorecards")
	}
	return cards, nil
}

// demoDays returns the days on which something of the demo's experiments can be seen.
func demoDays(p *experiment.Project) (first, last daily.Day, err error) {
	for i, e := range p.Experiments {
		begin := daily.DayOf(e.Schedule.Start, p.Location)
		end := daily.DayOf(analysis.FinalOf(e.Scorecard, e.Schedule.End).Add(-1), p.Location)
		if i == 0 || begin.Start.Before(first.Start) {
			first = begin
		}
		if i == 0 || end.Start.After(last.Start) {
			last = end
		}
	}
	if end, err := daily.ParseDay(demoLast, p.Location); err != nil {
		return first, last, err
	} else if end.Start.Before(last.Start) {
		last = end
	}
	return first, last, nil
}

// scheduleDemo schedules an experiment as a person would have done before it began.
func (a *app) scheduleDemo(p *experiment.Project, e *experiment.Experiment, now time.Time) error {
	path := daily.LifecyclePath(a.state(p))
	log, err := experiment.ReadLog(path)
	if err != nil {
		return err
	}
	entry, err := experiment.Move(e, log.State(e), experiment.Request{Action: experiment.ActionSchedule, At: now, By: "demo"})
	if err != nil {
		return err
	}
	return log.Append(path, entry)
}
