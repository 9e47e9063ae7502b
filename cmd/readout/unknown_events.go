package main

import (
	"context"
	"slices"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
	"readout/internal/daily"
)

// eventLister is an engine that says which events there are.
type eventLister interface {
	Events(ctx context.Context, t ingest.ConversionTable, zone *time.Location) (path string, names []string, err error)
}

// noConversions returns the warning of a scorecard that nobody has a conversion for a metric.
func noConversions(card analysis.Scorecard) (analysis.Check, bool) {
	i := slices.IndexFunc(card.Checks, func(c analysis.Check) bool { return c.Name == analysis.CheckNoConversions })
	if i < 0 {
		return analysis.Check{}, false
	}
	return card.Checks[i], true
}

// analysed is an experiment with a scorecard of it.
type analysed struct {
	experiment *experiment.Experiment
	card       analysis.Scorecard
}

// sayUnknownEvents names the events that no user has and the newest file of conversions has not, and those
// that were meant perhaps: a scorecard with the warning cannot know which there are. The
// scorecards stand without it, so a file that cannot be read, or has no rows, says nothing here.
func (a *app) sayUnknownEvents(ctx context.Context, engine eventLister, p *experiment.Project, of ...analysed) {
	if a.quiet || len(of) == 0 {
		return
	}
	path, names, err := engine.Events(ctx, daily.ConversionTable(p), p.Location)
	if err != nil || len(names) == 0 {
		return
	}
	for _, x := range of {
		for _, m := range x.experiment.Scorecard.Metrics() {
			i := slices.IndexFunc(x.card.Metrics, func(r analysis.MetricResult) bool { return r.Name == m.Name })
			if i < 0 {
				continue
			}
			for _, event := range unseenEvents(m, x.card.Metrics[i]) {
				if !slices.Contains(names, event) {
					a.say("%s, metric %s, in %s: %s", x.experiment.Name, m.Name, path, experiment.Unknown("event", event, names))
				}
			}
		}
	}
}

// unseenEvents returns the events of a metric that nobody in its result has. A sum of values that is 0
// may be one of values that are 0.
func unseenEvents(m *experiment.Metric, r analysis.MetricResult) []string {
	var converted int64
	var denominator float64
	for _, v := range r.Variants {
		converted += int64(v.Conversions)
		denominator += v.DenominatorTotal.Or(0)
	}
	var events []string
	if converted == 0 {
		events = append(events, m.Numerator.Event)
	}
	if m.Denominator != nil && denominator == 0 && !slices.Contains(events, m.Denominator.Event) {
		events = append(events, m.Denominator.Event)
	}
	return events
}
