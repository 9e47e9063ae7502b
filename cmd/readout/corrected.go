package main

import "readout/internal/daily"

// sayCorrected says which scorecards were made again without being asked for: those of days whose
// data have changed.
func (a *app) sayCorrected(days []daily.Outcome) {
	var first, last string
	experiments := map[string]bool{}
	n := 0
	for _, o := range days {
		if !o.Corrected {
			continue
		}
		if n++; first == "" {
			first = o.Date
		}
		last = o.Date
		experiments[o.Experiment] = true
	}
	if n > 0 {
		a.say("files of past days have changed: made %d %s of %d %s again, from %s to %s",
			n, plural(n, "scorecard", "scorecards"), len(experiments), plural(len(experiments), "experiment", "experiments"), first, last)
	}
}
