package daily_test

import (
	"fmt"
	"strings"
	"time"

	"readout/experiment"
	"readout/internal/daily"
)

// A summary of three weekly looks by the group sequential test: of each variant the users so far,
// their mean and their variance.
func ExampleSummarized_Run() {
	summary, err := daily.ReadSummary(strings.NewReader(`look,variant,metric,n,mean,variance
7,control,revenue,2000,10.0,400
7,big,revenue,2010,10.6,410
14,control,revenue,4000,10.1,405
14,big,revenue,4020,11.3,415
21,control,revenue,6000,10.0,402
21,big,revenue,6030,11.4,412
`), "looks.csv", time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	e := &experiment.Experiment{
		Name: "checkout-button", Statistics: experiment.DefaultStatistics(), SeveralVariants: experiment.SeveralFirst,
		Variants: []experiment.Variant{
			{Name: "control", Traffic: experiment.Whole / 2},
			{Name: "big", Traffic: experiment.Whole / 2},
		},
	}
	e.Scorecard.Primary = []*experiment.Metric{{
		Name: "revenue", Goal: experiment.GoalIncrease, Sides: experiment.SidesTwo, Immature: experiment.ImmatureExclude,
		Numerator: experiment.Column{Event: "revenue", Aggregate: experiment.AggregateSum, Window: experiment.Window{Open: true}},
	}}
	job := daily.Summarized{Summary: summary, Experiment: e, Control: "control", Location: time.UTC}
	card, err := job.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, look := range card.Metrics[0].Comparisons[0].Looks {
		fmt.Printf("%s: effect %.2f [%.2f, %.2f]\n", look.Date, look.Effect.Or(0), look.Lo.Or(0), look.Hi.Or(0))
	}
	fmt.Println(card.Recommendation.Sentence)
	// Output:
	// 2000-01-07: effect 0.60 [-1.76, 2.96]
	// 2000-01-14: effect 1.20 [0.06, 2.34]
	// 2000-01-21: effect 1.40 [0.67, 2.13]
	// Ship big: it improves revenue (+14.0%) and harms nothing that is watched.
}
