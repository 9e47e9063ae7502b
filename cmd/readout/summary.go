package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/daily"
)

// maxSummaryMetrics bounds the metrics of a summary that are compared at once.
const maxSummaryMetrics = 100

// analyzeSummary analyses the aggregates of --summary.
func (a *app) analyzeSummary(args []string, f analyzeFlags) (analysis.Scorecard, error) {
	if len(args) > 0 {
		return analysis.Scorecard{}, usagef("give an experiment of the project, or --summary, not both")
	}
	for _, other := range []struct{ flag, value string }{
		{"--exposures", f.exposures}, {"--conversions", f.conversions}, {"--column", strings.Join(f.columns, "")},
		{"--window", f.window}, {"--covariate-lookback", f.lookback}, {"--several-variants", f.severalVariants},
	} {
		if other.value != "" {
			return analysis.Scorecard{}, usagef("%s is about the data of single users, which --summary does not have", other.flag)
		}
	}
	// A mistyped flag is said before the file is read.
	e := &experiment.Experiment{Statistics: experiment.DefaultStatistics(), SeveralVariants: experiment.SeveralFirst}
	e.Statistics.Method = experiment.MethodFixed
	if err := f.applyStatistics(&e.Statistics); err != nil {
		return analysis.Scorecard{}, err
	}
	if e.Statistics.Method == experiment.MethodSequentialCUPED {
		return analysis.Scorecard{}, usagef("--method sequential-cuped needs what single users did before, which --summary does not have")
	}
	zone, err := f.zone()
	if err != nil {
		return analysis.Scorecard{}, err
	}
	var dates daily.AdHoc
	if err := f.applyDates(&dates, zone); err != nil {
		return analysis.Scorecard{}, err
	}
	file, err := os.Open(f.summary)
	if err != nil {
		return analysis.Scorecard{}, fmt.Errorf("read the summary: %w", err)
	}
	defer file.Close()
	summary, err := daily.ReadSummary(file, f.summary, zone)
	if err != nil {
		return analysis.Scorecard{}, err
	}
	if e.Name, err = f.summarized(summary); err != nil {
		return analysis.Scorecard{}, err
	}
	job := daily.Summarized{
		Summary: summary, Name: e.Name, Experiment: e, Location: zone,
		Start: dates.Start, End: dates.End, Through: dates.Through,
	}
	if job.Control, e.Variants, err = arms(f, summary.Variants(e.Name)); err != nil {
		return analysis.Scorecard{}, err
	}
	if e.Scorecard.Primary, err = f.summaryMetrics(summary.Metrics(e.Name)); err != nil {
		return analysis.Scorecard{}, err
	}
	if err := f.applyGoals(e); err != nil {
		return analysis.Scorecard{}, err
	}
	return job.Run()
}

// summarized returns the name of the experiment to analyse.
func (f analyzeFlags) summarized(s *daily.Summary) (string, error) {
	names := s.Experiments()
	switch {
	case slices.Contains(names, f.experiment):
		return f.experiment, nil
	case f.experiment == "" && len(names) == 1:
		return names[0], nil
	case f.experiment == "":
		return "", usagef("the summary holds %d experiments: choose one with --experiment (%s)", len(names), list(names))
	case names[0] == "":
		return "", usagef("--experiment %s: the summary has no column experiment", f.experiment)
	}
	return "", usagef("no rows of experiment %q: there are %s", f.experiment, list(names))
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
