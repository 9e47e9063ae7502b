package analysis_test

import (
	"fmt"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/moments"
)

// revenue is an experiment of five days with one primary metric, without a window.
func revenue() analysis.Input {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	e := &experiment.Experiment{
		Name: "checkout-button",
		Variants: []experiment.Variant{
			{Name: "control", Traffic: experiment.Whole / 2},
			{Name: "big", Traffic: experiment.Whole / 2},
		},
		Statistics: experiment.DefaultStatistics(),
	}
	e.Statistics.Method = experiment.MethodSequential
	e.Scorecard.Primary = []*experiment.Metric{{
		Name: "revenue", Goal: experiment.GoalIncrease, Sides: experiment.SidesTwo,
		Immature: experiment.ImmatureInclude,
		Numerator: experiment.Column{
			Event: "purchase", Aggregate: experiment.AggregateSum, Window: experiment.Window{To: 24 * time.Hour},
		},
	}}
	return analysis.Input{
		Experiment: e, Control: "control", Status: "Running", Location: time.UTC,
		Start: start, End: start.AddDate(0, 0, 5),
	}
}

// arm is n users with a mean and a variance.
func arm(n int64, mean, variance float64) analysis.Arm {
	return analysis.Arm{Moments: moments.Set{N: n, Mean: []float64{mean}, C: []float64{variance * float64(n-1)}}, Converted: n / 3}
}

// An experiment is analysed every day; the looks that are handed back belong to the input of
// the next day.
func ExampleAnalyze() {
	in := revenue()
	for day, mean := range []float64{11.2, 11.4, 11.4, 11.5} {
		n := int64(1000 * (day + 1))
		in.Days = append(in.Days, analysis.Day{
			Date: in.Start.AddDate(0, 0, day).Format(time.DateOnly), Through: in.Start.AddDate(0, 0, day+1),
			Users: []int64{n, n}, Several: []int64{0, 0},
			Metrics: [][][]analysis.Arm{{{arm(n, 10, 400), arm(n, mean, 400)}}},
		})
		card, looks, err := analysis.Analyze(in)
		if err != nil {
			fmt.Println(err)
			return
		}
		in.Looks = append(in.Looks, looks...)
		c := card.Metrics[0].Comparisons[0]
		fmt.Printf("%s: z %.3f, boundary %.3f: %s\n", card.Date, c.Z.Or(0), c.Critical.Or(0), c.Verdict)
	}
	// Output:
	// 2026-01-05: z 1.341, boundary 4.877: not yet
	// 2026-01-06: z 2.213, boundary 3.357: not yet
	// 2026-01-07: z 2.710, boundary 2.680: better
	// 2026-01-08: z 3.353, boundary 2.290: better
}

// Two phases of traffic, 50/50 and then 90/10, while revenue falls for everybody: control has
// most of its users in the poor second phase. Pooled arms would compare 10.07 with 12.50 and
// find +2.43; the effect of 1 is the same in both phases, and is what is found.
func ExampleAnalyze_phases() {
	in := revenue()
	in.Phases = []analysis.Phase{{Weights: []float64{50, 50}}, {Weights: []float64{90, 10}}}
	first := []analysis.Arm{arm(5000, 12, 400), arm(5000, 13, 400)}
	second := []analysis.Arm{arm(9000, 9, 400), arm(1000, 10, 400)}
	in.Days = []analysis.Day{{
		Date: "2026-01-08", Through: in.Start.AddDate(0, 0, 4),
		Users: []int64{14000, 6000}, Several: []int64{0, 0},
		PhaseUsers: [][]int64{{5000, 5000}, {9000, 1000}}, PhaseSeveral: [][]int64{{0, 0}, {0, 0}},
		Metrics: [][][]analysis.Arm{{first, second}},
	}}
	card, _, err := analysis.Analyze(in)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range card.Metrics[0].Variants {
		fmt.Printf("%s: %d users, mean %.2f\n", v.Variant, v.Users, v.Mean.Or(0))
	}
	e := card.Metrics[0].Comparisons[0].Effect
	fmt.Printf("effect %.2f, standard error %.4f\n", e.Value.Or(0), e.SE.Or(0))
	// Output:
	// control: 14000 users, mean 10.07
	// big: 6000 users, mean 12.50
	// effect 1.00, standard error 0.3887
}

// Three treatments under Holm's correction, at the end of the experiment: the smallest p-value
// counts three times, the second twice, the last once.
func ExampleAnalyze_holm() {
	in := revenue()
	in.Experiment.Statistics.Correction = experiment.CorrectionHolm
	in.Experiment.Variants = nil
	for _, name := range []string{"control", "big", "blue", "round"} {
		in.Experiment.Variants = append(in.Experiment.Variants, experiment.Variant{Name: name, Traffic: experiment.Whole / 4})
	}
	in.Days = []analysis.Day{{
		Date: "2026-01-09", Through: in.End,
		Users: []int64{4000, 4000, 4000, 4000}, Several: []int64{0, 0, 0, 0},
		Metrics: [][][]analysis.Arm{{{arm(4000, 10, 400), arm(4000, 11.2, 400), arm(4000, 11.05, 400), arm(4000, 10.8, 400)}}},
	}}
	card, _, err := analysis.Analyze(in)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range card.Metrics[0].Comparisons {
		fmt.Printf("%-5s  p %.4f  adjusted %.4f  %s\n", c.Variant, c.P.Or(1), c.PAdjusted.Or(1), c.Verdict)
	}
	// Output:
	// big    p 0.0073  adjusted 0.0219  better
	// blue   p 0.0189  adjusted 0.0378  better
	// round  p 0.0737  adjusted 0.0737  inconclusive
}
