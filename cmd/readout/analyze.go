package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"readout/analysis"
	"readout/internal/daily"
)

func (a *app) analyzeCommand() *cobra.Command {
	var f analyzeFlags
	c := &cobra.Command{
		Use:     "analyze [EXPERIMENT]",
		Short:   "analyse one experiment ad hoc, of the project or straight from files",
		Long:    analyzeHelp,
		Example: analyzeExamples,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.analyze(cmd.Context(), args, f)
		},
	}
	a.memoryFlag(c)
	f.register(c.Flags())
	return c
}

const analyzeHelp = `Analyses an experiment on request and writes nothing.

Of a project: EXPERIMENT as it is defined, with other dates, metrics, confidence or method
where flags say so. Errors in files that do not concern it do not matter.

Without a project: exposures and conversions as Parquet files, folders or globs; or, where
there are only aggregates, a CSV or Parquet file with the columns look, variant, metric, n,
mean and variance. Its rows are running figures per look: the users so far, and their mean
and variance (divisor n - 1). Looks are dates, times, or numbers of days. Of a file that also
has the column experiment, every experiment is analysed by itself, or the one of --experiment.

The fixed method takes one look at all the data and is the default without a project. The
sequential methods take one look a day, as the daily job does; of a summary, one at each
of its looks, on a clock from the day of the first to the last unless --start and --end
say otherwise. They take at most 365 looks.

Metrics are an event (share of users with at least one), NAME=AGGREGATE(EVENT) with
any, count, sum, max, min, first, last or distinct_days, or NAME=A(EVENT)/B(EVENT). Those of
a summary are named in it, and all are compared unless some are chosen.`

const analyzeExamples = `  readout analyze checkout-button
  readout analyze checkout-button --method fixed --metric revenue --date 2026-01-20
  readout analyze --exposures exp.parquet --conversions conv.parquet --metric purchase
  readout analyze --exposures exp/ --conversions conv/ --column event=metric \
      --metric 'revenue=sum(purchase)' --metric 'aov=sum(purchase)/count(purchase)' --window 7d
  readout analyze --summary looks.csv --method sequential --end 2026-01-31`

func (a *app) analyze(ctx context.Context, args []string, f analyzeFlags) error {
	if err := a.checkOutput(f.format); err != nil {
		return err
	}
	if f.json && f.format != "text" && f.format != "json" {
		return usagef("--json and --format %s: choose one", f.format)
	}
	if f.summary != "" {
		cards, err := a.analyzeSummary(ctx, args, f)
		if len(cards) == 0 {
			return err
		}
		return errors.Join(err, a.writeAnalysis(cards, f))
	}
	var job *daily.AdHoc
	var err error
	bare := f.exposures != "" || f.conversions != ""
	switch {
	case bare && len(args) > 0:
		return usagef("give an experiment of the project, or --exposures and --conversions, not both")
	case bare:
		job, err = a.bareJob(ctx, f)
	case len(args) == 0:
		return usagef("name an experiment of the project, or give --exposures and --conversions")
	default:
		job, err = a.projectJob(args[0], f)
	}
	if err != nil {
		return err
	}
	bar := a.progress()
	job.Seed, job.Progress = seed(), bar.update
	card, err := job.Run(ctx)
	bar.finish()
	if err != nil {
		return err
	}
	if _, none := noConversions(card); none {
		if engine, ok := job.Engine.(eventLister); ok {
			a.sayUnknownEvents(ctx, engine, job.Project, analysed{job.Experiment, card})
		}
	}
	return a.writeAnalysis([]analysis.Scorecard{card}, f)
}

// writeAnalysis prints scorecards, and fails when a check of them needs attention.
func (a *app) writeAnalysis(cards []analysis.Scorecard, f analyzeFlags) error {
	format := f.format
	if f.json {
		format = "json"
	}
	if err := a.writeCards(format, cards); err != nil {
		return err
	}
	return attention(cards)
}

// list writes names, at most ten of them.
func list(names []string) string {
	if len(names) > 10 {
		return strings.Join(names[:10], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
