package main

import (
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
