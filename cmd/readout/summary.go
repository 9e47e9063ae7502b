package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/daily"
	"readout/internal/parallel"
)

// maxSummaryMetrics bounds the metrics of a summary that are compared at once.
const maxSummaryMetrics = 100

// maxSummaryExperiments bounds the experiments of a summary that are analysed at once.
const maxSummaryExperiments = 10_000

// analyzeSummary analyses the aggregates of --summary: each of its experiments, or the one of
// --experiment. Experiments that cannot be analysed do not hold up the others: err says what
// was wrong with them, beside the scorecards of the others.
func (a *app) analyzeSummary(ctx context.Context, args []string, f analyzeFlags) (cards []analysis.Scorecard, err error) {
	if len(args) > 0 {
		return nil, usagef("give an experiment of the project, or --summary, not both")
	}
	for _, other := range []struct{ flag, value string }{
		{"--exposures", f.exposures}, {"--conversions", f.conversions}, {"--column", strings.Join(f.columns, "")},
		{"--window", f.window}, {"--covariate-lookback", f.lookback}, {"--several-variants", f.severalVariants},
		{"--segment", strings.Join(f.segments, "")},
	} {
		if other.value != "" {
			return nil, usagef("%s is about the data of single users, which --summary does not have", other.flag)
		}
	}
	// A mistyped flag is said before the file is read.
	statistics := experiment.DefaultStatistics()
	statistics.Method = experiment.MethodFixed
	if err := f.applyStatistics(&statistics); err != nil {
		return nil, err
	}
	if statistics.Method == experiment.MethodSequentialCUPED {
		return nil, usagef("--method sequential-cuped needs what single users did before, which --summary does not have")
	}
	zone, err := f.zone()
	if err != nil {
		return nil, err
	}
	var dates daily.AdHoc
	if err := f.applyDates(&dates, zone); err != nil {
		return nil, err
	}
	summary, err := readSummary(f.summary, zone)
	if err != nil {
		return nil, err
	}
	names, err := f.summarized(summary)
	if err != nil {
		return nil, err
	}
	job := daily.Summarized{
		Summary: summary, Location: zone,
		Start: dates.Start, End: dates.End, Through: dates.Through, PlannedUsers: f.plannedUsers,
	}
	return a.summaryCards(ctx, names, func(name string) (analysis.Scorecard, error) {
		return f.summaryCard(job, name, statistics)
	})
}

// summaryCards analyses experiments, as many at once as there are processors, and returns the
// scorecards in the order of the names, and what was wrong with those that have none.
func (a *app) summaryCards(ctx context.Context, names []string, analyse func(string) (analysis.Scorecard, error)) (cards []analysis.Scorecard, err error) {
	made := make([]analysis.Scorecard, len(names))
	bar := a.progress()
	var done atomic.Int64
	faults := parallel.Each(len(names), func(i int) (err error) {
		if ctx.Err() != nil {
			return nil
		}
		made[i], err = analyse(names[i])
		bar.update("experiments", done.Add(1), int64(len(names)))
		return err
	})
	bar.finish()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(names) == 1 && faults[0] != nil {
		return nil, faults[0]
	}
	for i, name := range names {
		if faults[i] == nil {
			cards = append(cards, made[i])
		} else {
			faults[i] = fmt.Errorf("experiment %s: %w", name, faults[i])
		}
	}
	return cards, errors.Join(faults...)
}

// readSummary reads the file of --summary.
func readSummary(path string, zone *time.Location) (*daily.Summary, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the summary: %w", err)
	}
	defer file.Close()
	return daily.ReadSummary(file, path, zone)
}

// summaryCard analyses one experiment of a summary; job is what all have in common.
func (f analyzeFlags) summaryCard(job daily.Summarized, name string, statistics experiment.Statistics) (card analysis.Scorecard, err error) {
	e := &experiment.Experiment{Name: name, Statistics: statistics, SeveralVariants: experiment.SeveralFirst}
	if e.Name == "" {
		// The file has one experiment and no name for it but its own.
		e.Name = strings.TrimSuffix(filepath.Base(f.summary), filepath.Ext(f.summary))
	}
	job.Name, job.Experiment = name, e
	if job.Control, e.Variants, err = arms(f, job.Summary.Variants(job.Name)); err != nil {
		return card, err
	}
	if e.Scorecard.Primary, err = f.summaryMetrics(job.Summary.Metrics(job.Name)); err != nil {
		return card, err
	}
	if err := f.applyGoals(e); err != nil {
		return card, err
	}
	return job.Run()
}

// summarized returns the names of the experiments to analyse.
func (f analyzeFlags) summarized(s *daily.Summary) ([]string, error) {
	names := s.Experiments()
	switch {
	case slices.Contains(names, f.experiment):
		return []string{f.experiment}, nil
	case f.experiment == "" && len(names) > maxSummaryExperiments:
		return nil, usagef("the summary holds %d experiments, at most %d can be analysed at once: choose one with --experiment (%s)",
			len(names), maxSummaryExperiments, list(names))
	case f.experiment == "":
		return names, nil
	case names[0] == "":
		return nil, usagef("--experiment %s: the summary has no column experiment", f.experiment)
	}
	return nil, usagef("no rows of experiment %q: there are %s", f.experiment, list(names))
}

// summaryMetrics returns the metrics to compare: those chosen, or all that there are.
func (f analyzeFlags) summaryMetrics(found []string) ([]*experiment.Metric, error) {
	names := f.metrics
	if len(names) == 0 {
		names = found
	}
	if len(names) > maxSummaryMetrics {
		return nil, usagef("%d metrics, at most %d can be compared: name those you mean with --metric", len(names), maxSummaryMetrics)
	}
	var out []*experiment.Metric
	for i, name := range names {
		if !slices.Contains(found, name) {
			return nil, usagef("--metric %s: the metrics of the summary are %s", name, list(found))
		}
		if slices.Contains(names[:i], name) {
			return nil, usagef("--metric %s is given twice", name)
		}
		out = append(out, &experiment.Metric{
			Name:      name,
			Numerator: experiment.Column{Event: name, Aggregate: experiment.AggregateSum, Window: experiment.Window{Open: true}},
			Goal:      experiment.GoalIncrease, Sides: experiment.SidesTwo, Immature: experiment.ImmatureExclude,
		})
	}
	return out, nil
}
