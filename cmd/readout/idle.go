package main

import (
	"slices"

	"readout/internal/daily"
)

// maxIdle is how many experiments are named that have nothing to do for the same reason. Most
// of those that there ever were are over, and would fill the log of every day.
const maxIdle = 5

// sayIdle says why experiments have no scorecard of the day.
func (a *app) sayIdle(idle []daily.Idle) {
	number := map[string]int{}
	for _, i := range idle {
		number[i.Reason]++
	}
	var said []string
	for _, i := range idle {
		switch n := number[i.Reason]; {
		case n <= maxIdle:
			a.say("%s %s", i.Experiment, i.Reason)
		case !slices.Contains(said, i.Reason):
			a.say("each of %d experiments %s", n, i.Reason)
			said = append(said, i.Reason)
		}
	}
}
