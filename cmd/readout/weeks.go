package main

import (
	"time"

	"readout/analysis"
)

// sayPartWeeks says of an experiment to come that it takes in users for no number of whole
// weeks, and which last days are better. Without a start there is nothing to say.
func (a *app) sayPartWeeks(name string, start, end time.Time, zone *time.Location) {
	if start.IsZero() {
		return
	}
	if p, ok := analysis.PartWeeks(start, end, zone); ok {
		a.say("%s: %s %s", name, p.Sentence(), p.Advice())
	}
}
