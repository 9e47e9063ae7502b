package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/atomicfile"
	"readout/internal/daily"
	"readout/reports"
)

// minute is how instants are printed.
const minute = "2006-01-02 15:04 MST"

type runFlags struct {
	date, from, to string
	format         string
	json           bool
	wait           time.Duration
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run",
		Short: "the daily job",
		Long: `Makes the transitions that are due, then the scorecards of the day, of every earlier
day that has none, and of those whose files have come, changed or gone since. Running a
day again with the same data changes no byte.
Experiments whose files have errors are left out and reported; the others are run.

The day is yesterday in the project's time zone unless one is given. A day that is not
over yet is refused: an incomplete day is never a look.`,
		Example: "  readout run\n  readout run --date 2026-01-31\n  readout run --from 2026-01-01 --to 2026-01-31",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runDaily(cmd.Context(), f)
		},
	}
	c.Flags().StringVar(&f.date, "date", "", "the last day to run, YYYY-MM-DD (default yesterday)")
	c.Flags().StringVar(&f.from, "from", "", "run every day from here on again; what a decision was made by stays")
	c.Flags().StringVar(&f.to, "to", "", "the same as --date, to go with --from")
	c.Flags().StringVar(&f.format, "format", "", "also print the scorecards of the last day: text, json, csv, parquet, arrow")
	c.Flags().BoolVar(&f.json, "json", false, "print all scorecards made, as JSON")
	waitFlag(c, &f.wait)
	a.memoryFlag(c)
	return c
}

func (a *app) runDaily(ctx context.Context, f runFlags) (err error) {
	if err := a.checkOutput(cmp.Or(f.format, "text")); err != nil {
		return err
	}
	if f.json && f.format != "" {
		return usagef("--json prints all scorecards made, --format %s those of the last day: choose one", f.format)
	}
	p, _, err := a.loadWhole()
	if err != nil {
		return err
	}
	if _, _, err := a.runDays(p, f); err != nil {
		return err
	}
	lock, err := a.lockState(ctx, a.state(p), f.wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	p, faults, err := a.loadWhole()
	if err != nil {
		return err
	}
	first, last, err := a.runDays(p, f)
	if err != nil {
		return err
	}
	now, err := a.now(p.Location)
	if err != nil {
		return err
	}
	report, err := a.runOnce(ctx, p, now, first, last, lock)
	if err != nil && (report == nil || len(report.Days) == 0) {
		return errors.Join(faults, err)
	}
	a.sayNoConversions(ctx, p, cardsOf(report, last))
	return errors.Join(faults, err, a.printRun(report, a.state(p), last, f))
}

// sayNoConversions says of which metrics nobody has a conversion, most often since the name of their event
// is mistyped.
func (a *app) sayNoConversions(ctx context.Context, p *experiment.Project, cards []analysis.Scorecard) {
	var of []analysed
	for _, card := range cards {
		check, none := noConversions(card)
		e, ok := p.Experiment(card.Experiment)
		if none && ok {
			a.say("%s: %s", e.Name, check.Sentence)
			of = append(of, analysed{e, card})
		}
	}
	if engine, err := a.engine(p); err == nil {
		a.sayUnknownEvents(ctx, engine, p, of...)
	}
}

// runDays returns the days that the flags ask for; first is zero without --from.
func (a *app) runDays(p *experiment.Project, f runFlags) (first, last daily.Day, err error) {
	if f.date != "" && f.to != "" {
		return first, last, usagef("give --date or --to, not both")
	}
	now, err := a.now(p.Location)
	if err != nil {
		return first, last, err
	}
	last = daily.Yesterday(now, p.Location)
	if date := f.date + f.to; date != "" {
		if last, err = daily.ParseDay(date, p.Location); err != nil {
			return first, last, usagef("%q is not a date such as 2026-01-31", date)
		}
	}
	if now.Before(last.Through) {
		return first, last, usagef("%s is not over yet in %s: the last whole day is %s",
			last.Date, p.Location, daily.Yesterday(now, p.Location).Date)
	}
	if f.from == "" {
		return first, last, nil
	}
	if first, err = daily.ParseDay(f.from, p.Location); err != nil {
		return first, last, usagef("--from %q is not a date such as 2026-01-31", f.from)
	}
	if last.Start.Before(first.Start) {
		return first, last, usagef("--from %s is after %s", first.Date, last.Date)
	}
	return first, last, nil
}

// runOnce runs the daily job and reports the transitions, which are made even when the
// data cannot be read. It takes the lock of the state itself where none is given.
func (a *app) runOnce(ctx context.Context, p *experiment.Project, now time.Time, first, last daily.Day, lock *atomicfile.FileLock) (*daily.Report, error) {
	engine, err := a.engine(p)
	if err != nil {
		return nil, err
	}
	engine.Keep = a.sums(p)
	bar := a.progress()
	runner := daily.Runner{
		Project: p, Engine: engine, State: a.state(p), Locked: lock != nil, Seed: seed(), Progress: bar.update,
		Publish: func(log *experiment.Log) error { return a.publish(ctx, p, log, now) },
	}
	report, err := runner.Run(ctx, now, first, last)
	bar.finish()
	if report != nil {
		a.sayTransitions(report.Transitions, p.Location)
	}
	return report, err
}

// cardsOf returns the scorecards that a run made of one day.
func cardsOf(report *daily.Report, d daily.Day) []analysis.Scorecard {
	var out []analysis.Scorecard
	for _, o := range report.Days {
		if o.Date == d.Date {
			out = append(out, *o.Card)
		}
	}
	return out
}

// allCards returns all scorecards that a run made and stored in a state directory.
func allCards(report *daily.Report, state string) ([]analysis.Scorecard, error) {
	cards := make([]analysis.Scorecard, len(report.Days))
	for i, o := range report.Days {
		if o.Card != nil {
			cards[i] = *o.Card
			continue
		}
		var err error
		if cards[i], err = reports.ReadDay(state, o.Experiment, o.Date); err != nil {
			return nil, err
		}
	}
	return cards, nil
}

// printRun prints what a run did to a state directory, also one of which something failed.
func (a *app) printRun(report *daily.Report, state string, last daily.Day, f runFlags) error {
	lastCards := cardsOf(report, last)
	a.sayIdle(report.Idle)
	a.sayCorrected(report.Days)
	switch {
	case f.json:
		cards, err := allCards(report, state)
		if err != nil {
			return err
		}
		if err := a.writeCards("json", cards); err != nil {
			return err
		}
	case f.format != "":
		if err := a.writeCards(f.format, lastCards); err != nil {
			return err
		}
	default:
		for _, o := range report.Days {
			if !o.Corrected {
				fmt.Fprintf(a.out, "%s %s: %s\n", o.Date, o.Experiment, o.Sentence)
			}
		}
	}
	return attention(lastCards)
}
