package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"readout/analysis"
	"readout/internal/daily"
)

type analyzeFlags struct {
	exposures, conversions string
	summary                string
	columns                []string
	experiment, control    string
	metrics, decrease      []string
	segments               []string
	window, lookback       string
	method, procedure      string
	confidence             string
	start, end, date       string
	weights                string
	plannedUsers           int64
	severalVariants        string
	timezone               string
	format                 string
	json                   bool
}

func (a *app) analyzeCommand() *cobra.Command {
	var f analyzeFlags
	c := &cobra.Command{
		Use:   "analyze [EXPERIMENT]",
		Short: "analyse one experiment ad hoc, of the project or straight from files",
		Long: `Analyses an experiment on request and writes nothing.

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
a summary are named in it, and all are compared unless some are chosen.`,
		Example: `  readout analyze checkout-button
  readout analyze checkout-button --method fixed --metric revenue --date 2026-01-20
  readout analyze --exposures exp.parquet --conversions conv.parquet --metric purchase
  readout analyze --exposures exp/ --conversions conv/ --column event=metric \
      --metric 'revenue=sum(purchase)' --metric 'aov=sum(purchase)/count(purchase)' --window 7d
  readout analyze --summary looks.csv --method sequential --end 2026-01-31`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.analyze(cmd.Context(), args, f)
		},
	}
	a.memoryFlag(c)
	flags := c.Flags()
	flags.StringVar(&f.exposures, "exposures", "", "exposures: a Parquet file, folder or glob (no project needed)")
	flags.StringVar(&f.conversions, "conversions", "", "conversions, likewise")
	flags.StringVar(&f.summary, "summary", "", "a CSV or Parquet file of aggregates per look, instead of exposures and conversions")
	flags.StringArrayVar(&f.columns, "column", nil, "ROLE=NAME of a column; roles: user, experiment, variant, time, event, value; exposures.user, conversions.user and likewise time where the tables differ")
	flags.StringVar(&f.experiment, "experiment", "", "which experiment, when the files hold several")
	flags.StringVar(&f.control, "control", "", "the variant to compare with (default control)")
	flags.StringArrayVar(&f.metrics, "metric", nil, "a metric, see above; of a project also by its name; may be repeated")
	flags.StringArrayVar(&f.decrease, "decrease", nil, "name of a metric that is better when it falls; may be repeated")
	flags.StringArrayVar(&f.segments, "segment", nil, "a column of exposures to break results down by, instead of those of the project; may be repeated")
	flags.StringVar(&f.window, "window", "", "how long after the first exposure conversions count, such as 7d or 168h")
	flags.StringVar(&f.lookback, "covariate-lookback", "", "adjust by the same metric this long before the first exposure, such as 14d")
	flags.StringVar(&f.method, "method", "", "fixed, sequential or sequential-cuped")
	flags.StringVar(&f.procedure, "procedure", "", "of the sequential methods: group-sequential or always-valid")
	flags.StringVar(&f.confidence, "confidence", "", "90%, 95% or 99%")
	flags.StringVar(&f.start, "start", "", "first day or instant of enrolment (default: where the data begin)")
	flags.StringVar(&f.end, "end", "", "last day, or instant, of enrolment (default: where the data end)")
	flags.StringVar(&f.date, "date", "", "last day of data to use (default: the last there is; of a project, yesterday, or the last one before its decision)")
	flags.StringVar(&f.weights, "weights", "", "planned traffic, such as control=50,big=50 (default: equal)")
	flags.Int64Var(&f.plannedUsers, "planned-users", 0, "users of all variants at the end, to which an always-valid test is tuned (default: those of the first look, as if they came evenly)")
	flags.StringVar(&f.severalVariants, "several-variants", "", "users seen in several variants: exclude (left out) or first (the first variant counts)")
	flags.StringVar(&f.timezone, "timezone", "", "zone in which days begin (default UTC)")
	flags.StringVar(&f.format, "format", "text", "text, json, csv, parquet or arrow")
	flags.BoolVar(&f.json, "json", false, "the same as --format json")
	return c
}

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
