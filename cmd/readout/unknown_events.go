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

// sayUnknownEvents names the events of experiments that the newest file of conversions has not, and those
// that were meant perhaps: a scorecard with the warning cannot know which there are. The
// scorecards stand without it, so a file that cannot be read says nothing here.
func (a *app) sayUnknownEvents(ctx context.Context, engine eventLister, p *experiment.Project, experiments ...*experiment.Experiment) {
	if a.quiet || len(experiments) == 0 {
		return
	}
	path, names, err := engine.Events(ctx, daily.ConversionTable(p), p.Location)
	if err != nil {
		return
	}
	for _, e := range experiments {
		for _, m := range e.Scorecard.Metrics() {
			events := []string{m.Numerator.Event}
			if m.Denominator != nil && m.Denominator.Event != m.Numerator.Event {
				events = append(events, m.Denominator.Event)
			}
			for _, event := range events {
				if !slices.Contains(names, event) {
					a.say("%s, metric %s, in %s: %s", e.Name, m.Name, path, experiment.Unknown("event", event, names))
				}
			}
		}
	}
}
