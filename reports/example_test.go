package reports_test

import (
	"fmt"
	"strings"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/moments"
	"readout/reports"
)

// A scorecard as text; the other formats take the same call.
func ExampleFormatNamed() {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	e := &experiment.Experiment{
		Name: "checkout-button",
		Variants: []experiment.Variant{
			{Name: "control", Traffic: experiment.Whole / 2},
			{Name: "big", Traffic: experiment.Whole / 2},
		},
		Statistics: experiment.DefaultStatistics(),
	}
	e.Scorecard.Primary = []*experiment.Metric{{
		Name: "revenue", Goal: experiment.GoalIncrease, Sides: experiment.SidesTwo, Immature: experiment.ImmatureInclude,
		Numerator: experiment.Column{Event: "purchase", Aggregate: experiment.AggregateSum, Window: experiment.Window{To: 24 * time.Hour}},
	}}
	e.Statistics.Method = experiment.MethodFixed
	arm := func(n int64, mean, variance float64) analysis.Arm {
		return analysis.Arm{Moments: moments.Set{N: n, Mean: []float64{mean}, C: []float64{variance * float64(n-1)}}, Converted: n / 4}
	}
	card, _, err := analysis.Analyze(analysis.Input{
		Experiment: e, Control: "control", Location: time.UTC, Start: start, End: start.AddDate(0, 0, 14), AdHoc: true,
		Days: []analysis.Day{{
			Date: "2026-01-18", Through: start.AddDate(0, 0, 14), Users: []int64{4000, 4100}, Several: []int64{0, 0},
			Metrics: [][][]analysis.Arm{{{arm(4000, 10, 400), arm(4100, 11, 420)}}},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := reports.FormatNamed("text")
	if err != nil {
		fmt.Println(err)
		return
	}
	var out strings.Builder
	if err := text.Write(&out, []analysis.Scorecard{card}); err != nil {
		fmt.Println(err)
		return
	}
	// The head of the scorecard; its tables follow.
	head, _, _ := strings.Cut(out.String(), "\n\nPrimary metrics")
	fmt.Println(head)
	// Output:
	// checkout-button
	// data through 2026-01-18 (UTC)
	// [####################] 100% of the time until the end of 2026-01-18, 0 days left
	//
	// Ship big: it improves revenue (+10.0%) and harms nothing that is watched.
	//
	// Users: control 4,000 (50% planned), big 4,100 (50% planned)
}
