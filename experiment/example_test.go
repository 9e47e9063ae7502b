package experiment_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"readout/experiment"
)

// A project with one experiment, and what its state is on some day.
func ExampleLoadFS() {
	project, err := experiment.LoadFS(fstest.MapFS{
		"readout.yaml": {Data: []byte(`
organization: acme
project: shop
timezone: Europe/Berlin
data: {exposures: {path: exposures}, conversions: {path: conversions}}
metrics:
  purchased: {event: purchase, window: 7d}
`)},
		"experiments/checkout.yaml": {Data: []byte(`
name: checkout
variants: {control: {traffic: 50}, big: {traffic: 50}}
scorecard: {primary: [purchased]}
schedule: {start: 2026-01-05, end: 2026-02-01}
`)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	checkout := project.Experiments[0]
	fmt.Println(checkout.Name, "ends", checkout.Schedule.End.Format(time.RFC3339))
	for _, metric := range checkout.Scorecard.Metrics() {
		fmt.Println(metric.Name, metric.Kind(), metric.Window().To)
	}
	// Output:
	// checkout ends 2026-02-02T00:00:00+01:00
	// purchased proportion 168h0m0s
}

// Every fault is reported at once, with its place.
func ExampleErrors() {
	_, err := experiment.LoadFS(fstest.MapFS{
		"readout.yaml": {Data: []byte(`
organization: acme
project: shop
data: {exposures: {path: exposures}, conversions: {path: conversions}}
metrics:
  purchased: {event: purchase, window: 7}
`)},
		"experiments/checkout.yaml": {Data: []byte(`
name: checkout
variants: {control: {traffic: 50}, big: {traffic: 40}}
schedule: {end: 2026-02-01}
`)},
	})
	fmt.Println(err)
	// Output:
	// experiments/checkout.yaml:3:11: traffic sums to 90, must be 100
	// readout.yaml:6:40: window: 7 has no unit: write a number with a unit such as 7d or 168h (units m, h, d, w)
}

// What is published of an experiment, and its status as a service derives it.
func ExampleNewPublished() {
	project, err := experiment.LoadFS(fstest.MapFS{
		"readout.yaml": {Data: []byte(`
organization: acme
project: shop
data: {exposures: {path: exposures}, conversions: {path: conversions}}
`)},
		"experiments/checkout.yaml": {Data: []byte(`
name: checkout
variants: {control: {traffic: 50}, big: {traffic: 50, payload: {size: large}}}
schedule: {start: 2026-01-05, end: 2026-02-01}
`)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	log, err := experiment.ParseLog("lifecycle.jsonl", []byte(`{"experiment":"checkout","at":"2026-01-02T09:00:00Z",`+
		`"action":"schedule","from":"Draft","to":"Scheduled","start":"2026-01-05T00:00:00Z","end":"2026-02-02T00:00:00Z","by":"ann"}`+"\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	published := experiment.NewPublished(project, log, nil, now)
	checkout := published.Experiments[0]
	fmt.Println(checkout.Status, "on 3 January,", checkout.StatusAt(now.AddDate(0, 0, 7)), "on 10 January")
	for _, v := range checkout.Variants {
		fmt.Printf("%s %s %q\n", v.Name, v.Traffic, v.Payload)
	}
	// Output:
	// Scheduled on 3 January, Running on 10 January
	// control 50% ""
	// big 50% "{\"size\":\"large\"}"
}
