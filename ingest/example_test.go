package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/parquet-go/parquet-go"

	"readout/ingest"
	"readout/ingest/tables"
)

// Exposures and purchases of four users in two files, and what they come to at the end of the
// second day: the users of each variant, and the moments of revenue and orders over them.
func ExampleEmbedded_Run() {
	type exposure struct {
		User    string    `parquet:"user_id"`
		Variant string    `parquet:"variant"`
		Time    time.Time `parquet:"timestamp,timestamp(microsecond)"`
	}
	type conversion struct {
		User  string    `parquet:"user_id"`
		Event string    `parquet:"event"`
		Time  time.Time `parquet:"timestamp,timestamp(microsecond)"`
		Value float64   `parquet:"value"`
	}
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	at := func(hour int) time.Time { return start.Add(time.Duration(hour) * time.Hour) }
	if err := parquet.WriteFile(filepath.Join(dir, "exposures.parquet"), []exposure{
		{"u-1", "control", at(1)}, {"u-2", "control", at(2)}, {"u-3", "big", at(3)}, {"u-4", "big", at(30)},
		{"u-3", "big", at(40)}, // again: nothing changes
	}); err != nil {
		fmt.Println(err)
		return
	}
	if err := parquet.WriteFile(filepath.Join(dir, "conversions.parquet"), []conversion{
		{"u-1", "purchase", at(4), 20}, {"u-1", "purchase", at(5), 30},
		{"u-3", "purchase", at(2), 99}, // before the first exposure
		{"u-3", "purchase", at(31), 40}, {"u-4", "purchase", at(32), 10},
		{"u-9", "purchase", at(9), 15}, // never exposed
	}); err != nil {
		fmt.Println(err)
		return
	}

	engine := ingest.Embedded{Store: tables.LocalStore{Dir: dir}}
	result, err := engine.Run(context.Background(), ingest.Query{
		Exposures:   ingest.ExposureTable{Path: "exposures.parquet", User: "user_id", Variant: "variant", Time: "timestamp"},
		Conversions: ingest.ConversionTable{Path: "conversions.parquet", User: "user_id", Event: "event", Time: "timestamp", Value: "value"},
		Looks:       []time.Time{at(24), at(48)},
		Experiments: []ingest.Experiment{{
			Name: "checkout-button", Variants: []string{"control", "big"}, Start: start, End: at(14 * 24),
			Metrics: []ingest.Metric{{
				Name:        "revenue per order",
				Value:       ingest.Column{Event: "purchase", Aggregate: ingest.Sum},
				Denominator: &ingest.Column{Event: "purchase", Aggregate: ingest.Count},
			}},
		}},
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	look := result.Experiments[0].Looks[1]
	for variant, name := range []string{"control", "big"} {
		const metric, phase = 0, 0
		cell := look.Metrics[metric][phase][variant]
		m := cell.Moments
		fmt.Printf("%s: %d users, %d converted\n", name, look.Users[variant], cell.Converted)
		fmt.Printf("  means %v, variances %v and %v, covariance %v\n", m.Mean, m.Cov(0, 0), m.Cov(1, 1), m.Cov(0, 1))
	}
	fmt.Println("left out:", look.Left.BeforeExposure, "before the exposure,", look.Left.NeverExposed, "of users never exposed")
	// Output:
	// control: 2 users, 1 converted
	//   means [25 1], variances 1250 and 2, covariance 50
	// big: 2 users, 2 converted
	//   means [25 1], variances 450 and 0, covariance 0
	// left out: 1 before the exposure, 1 of users never exposed
}
