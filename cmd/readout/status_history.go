package main

import (
	"fmt"
	"io"
	"time"

	"readout/experiment"
	"readout/reports"
)

// event is one entry of an experiment's lifecycle, for people and for --json.
type event struct {
	At     time.Time         `json:"at"`
	Action experiment.Action `json:"action"`
	From   experiment.Status `json:"from"`
	To     experiment.Status `json:"to"`
	// What says in words what happened.
	What string `json:"what"`
	Why  string `json:"why,omitempty"`
	By   string `json:"by"`
	// Logged is false for what time has made and the next run or move logs.
	Logged bool `json:"logged"`
}

// historyOf returns the life of an experiment until now, the transitions that are due
// included.
func historyOf(log *experiment.Log, e *experiment.Experiment, now time.Time, zone *time.Location) []event {
	history := []event{}
	add := func(entry experiment.Entry, logged bool) {
		history = append(history, event{
			At: entry.At, Action: entry.Action, From: entry.From, To: entry.To,
			What: moved(entry, zone), Why: entry.Why, By: entry.By, Logged: logged,
		})
	}
	for _, entry := range log.Entries(e.Name) {
		add(entry, true)
	}
	for _, entry := range log.State(e).Due(now) {
		add(entry, false)
	}
	return history
}

// printHistory prints one line per event. Who and why are left out where readout itself
// did it: what happened says all.
func printHistory(w io.Writer, history []event, zone *time.Location) {
	fmt.Fprintln(w, "\nHistory")
	for _, h := range history {
		line := fmt.Sprintf("  %s  %s", h.At.In(zone).Format(minute), h.What)
		switch {
		case h.Action == experiment.ActionBegin, h.Action == experiment.ActionEnd, h.Action == experiment.ActionPublish:
		case h.Why != "":
			line += fmt.Sprintf(" (%s: %s)", h.By, h.Why)
		default:
			line += fmt.Sprintf(" (%s)", h.By)
		}
		fmt.Fprintln(w, reports.Visible(line))
	}
}
