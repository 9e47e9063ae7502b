package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"readout/experiment"
)

// parseMetric reads EVENT, NAME=AGGREGATE(EVENT) or NAME=A(EVENT)/B(EVENT).
func parseMetric(text string, window experiment.Window, lookback time.Duration) (*experiment.Metric, error) {
	m := &experiment.Metric{
		Name: text, Goal: experiment.GoalIncrease, Sides: experiment.SidesTwo,
		Immature: experiment.ImmatureExclude, Lookback: lookback,
	}
	name, formula, ok := strings.Cut(text, "=")
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return nil, metricError(text, "the name is empty")
	case !ok && strings.ContainsAny(text, "()/"):
		return nil, metricError(text, "a formula needs a name")
	case !ok:
		m.Numerator = experiment.Column{Event: text, Aggregate: experiment.AggregateAny, Window: window}
		return m, nil
	}
	m.Name = name
	numerator, denominator, ratio := cutRatio(formula)
	var err error
	if m.Numerator, err = parseColumn(text, numerator, window); err != nil {
		return nil, err
	}
	if ratio {
		d, err := parseColumn(text, denominator, window)
		if err != nil {
			return nil, err
		}
		m.Denominator = &d
	}
	return m, nil
}

// cutRatio splits A(EVENT)/B(EVENT) at the first slash that follows a closing parenthesis; the
// names of events may hold slashes.
func cutRatio(formula string) (numerator, denominator string, ratio bool) {
	for i, c := range formula {
		if before := strings.TrimSpace(formula[:i]); c == '/' && strings.HasSuffix(before, ")") {
			return before, formula[i+1:], true
		}
	}
	return formula, "", false
}

// parseColumn reads AGGREGATE(EVENT).
func parseColumn(text, formula string, window experiment.Window) (experiment.Column, error) {
	formula = strings.TrimSpace(formula)
	aggregate, rest, ok := strings.Cut(formula, "(")
	aggregate = strings.TrimSpace(aggregate)
	event, closed := strings.CutSuffix(rest, ")")
	c := experiment.Column{Event: event, Aggregate: experiment.Aggregate(aggregate), Window: window}
	switch {
	case !ok || !closed || event == "":
		return c, metricError(text, fmt.Sprintf("%q is not AGGREGATE(EVENT)", formula))
	case !slices.Contains(experiment.Aggregates(), c.Aggregate):
		var known []string
		for _, a := range experiment.Aggregates() {
			known = append(known, string(a))
		}
		return c, metricError(text, experiment.Unknown("aggregate", aggregate, known))
	}
	return c, nil
}

func metricError(text, why string) error {
	return usagef("--metric %q: %s; examples: purchase, 'revenue=sum(purchase)', 'aov=sum(purchase)/count(purchase)'", text, why)
}

// spans returns the window and the look-back of metrics that are named by a formula: until the
// end, and none, where no flag says otherwise.
func (f analyzeFlags) spans() (experiment.Window, time.Duration, error) {
	window := experiment.Window{Open: true}
	if f.window != "" {
		d, err := experiment.ParseDuration(f.window)
		if err != nil {
			return window, 0, usagef("--window: %w", err)
		}
		if d == 0 {
			return window, 0, usagef("--window %s is empty: leave it out to count conversions until the end", f.window)
		}
		window = experiment.Window{To: d}
	}
	if f.lookback == "" {
		return window, 0, nil
	}
	lookback, err := experiment.ParseDuration(f.lookback)
	if err != nil {
		return window, 0, usagef("--covariate-lookback: %w", err)
	}
	return window, lookback, nil
}

// applyMetrics replaces the scorecard by the metrics named, all primary and each with the
// window and look-back asked for.
func (f analyzeFlags) applyMetrics(e *experiment.Experiment, p *experiment.Project) error {
	window, lookback, err := f.spans()
	if err != nil {
		return err
	}
	if e.Statistics.Method == experiment.MethodSequential && lookback > 0 {
		e.Statistics.Method = experiment.MethodSequentialCUPED
	}
	if e.Statistics.Method == experiment.MethodSequentialCUPED && f.exposures != "" && lookback == 0 {
		return usagef("--method sequential-cuped needs --covariate-lookback, such as 14d")
	}
	switch {
	case len(f.metrics) > 0:
		primary, err := f.named(p, window, lookback)
		if err != nil {
			return err
		}
		e.Scorecard = experiment.Scorecard{Primary: primary}
	case f.window != "" || f.lookback != "":
		return usagef("--window and --covariate-lookback go with --metric: the experiment's own metrics have theirs")
	}
	return f.applyGoals(e)
}

// named returns the metrics of --metric: those of the project, and formulas with the window and
// look-back given.
func (f analyzeFlags) named(p *experiment.Project, window experiment.Window, lookback time.Duration) ([]*experiment.Metric, error) {
	var out []*experiment.Metric
	formulas := false
	for _, text := range f.metrics {
		m, ofProject := p.Metric(text)
		if !ofProject {
			formulas = true
			var err error
			if m, err = parseMetric(text, window, lookback); err != nil {
				return nil, err
			}
		}
		if slices.ContainsFunc(out, func(have *experiment.Metric) bool { return have.Name == m.Name }) {
			return nil, usagef("--metric %s is given twice: give each its own name, such as --metric 'orders=count(purchase)'", m.Name)
		}
		out = append(out, m)
	}
	if !formulas && (f.window != "" || f.lookback != "") {
		return nil, usagef("--window and --covariate-lookback change nothing of %s: metrics of the project have theirs; say what to count, such as --metric 'orders=count(purchase)'",
			list(f.metrics))
	}
	return out, nil
}

// checkMetrics refuses names that may be those of metrics whose definitions have faults: they
// would be taken for events, and something else be counted.
func (f analyzeFlags) checkMetrics(p *experiment.Project, faults error) error {
	all, _ := errors.AsType[experiment.Errors](faults)
	var ofMetrics experiment.Errors
	for _, fault := range all {
		if folder, _, _ := strings.Cut(fault.File, "/"); folder == "metrics" {
			ofMetrics = append(ofMetrics, fault)
		}
	}
	if len(ofMetrics) == 0 {
		return nil
	}
	for _, text := range f.metrics {
		if _, known := p.Metric(text); known || strings.Contains(text, "=") {
			continue
		}
		return errors.Join(ofMetrics, usagef("--metric %s may be a metric that has an error, or an event: correct the error, or say what to count, such as --metric 'NAME=any(%s)'", text, text))
	}
	return nil
}

// applyGoals marks the metrics of --decrease.
func (f analyzeFlags) applyGoals(e *experiment.Experiment) error {
	for _, name := range f.decrease {
		found := false
		for i, m := range e.Scorecard.Primary {
			if m.Name == name {
				falling := *m
				falling.Goal = experiment.GoalDecrease
				e.Scorecard.Primary = slices.Clone(e.Scorecard.Primary)
				e.Scorecard.Primary[i] = &falling
				found = true
			}
		}
		if !found {
			return usagef("--decrease %s: no such primary metric", name)
		}
	}
	return nil
}
