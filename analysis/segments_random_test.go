package analysis

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"readout/experiment"
	"readout/moments"
)

// randomArm draws an arm of values of every size, or none.
func randomArm(t *rapid.T) moments.Set {
	set := moments.New(3)
	value := rapid.SampledFrom([]float64{0, 1, -1, 1e-300, 1e9, 1e9 + 1, 1e155, -1e308, 1e308})
	n := rapid.SampledFrom([]int{0, 1, 2, 99, 100, 101}).Draw(t, "users")
	pattern := rapid.SliceOfN(value, 1, 3).Draw(t, "values")
	for i := range n {
		x := pattern[i%len(pattern)]
		set.Add(x, pattern[(i+1)%len(pattern)], float64(i%2))
	}
	return set
}

// randomValues draws the values of a user.
func randomValues(t *rapid.T) []float64 {
	return rapid.SliceOfN(rapid.SampledFrom([]float64{0, 1, 2, -1, 1e-300, 1e155, -1e308, 1e308}), 0, 3).Draw(t, "of a user")
}

// randomSegment draws a segment of two arms in two phases, for one metric.
func randomSegment(t *rapid.T) DaySegment {
	s := DaySegment{
		Kind:    rapid.SampledFrom([]SegmentKind{SegmentValue, SegmentValue, SegmentMissing, SegmentOther}).Draw(t, "kind"),
		Value:   rapid.SampledFrom([]string{"AT", "DE", "\xff", ""}).Draw(t, "value"),
		Metrics: [][][]Arm{nil},
	}
	for range 2 {
		var users, several []int64
		var arms []Arm
		for range 2 {
			set := randomArm(t)
			arm := Arm{Moments: set, Converted: rapid.Int64Range(0, set.N).Draw(t, "converted")}
			if rapid.Bool().Draw(t, "with values") {
				arm.Values = userValues(slices.Repeat(rapid.SliceOfN(rapid.Custom(randomValues), 1, 3).Draw(t, "single values"), int(set.N/3+1)))
			}
			arms = append(arms, arm)
			users = append(users, set.N+rapid.SampledFrom([]int64{0, 0, 5, 1e6, 1e12}).Draw(t, "immature"))
			several = append(several, rapid.SampledFrom([]int64{0, 0, 3, 1e9}).Draw(t, "several"))
		}
		s.Metrics[0] = append(s.Metrics[0], arms)
		s.PhaseUsers, s.PhaseSeveral = append(s.PhaseUsers, users), append(s.PhaseSeveral, several)
		s.Users, s.Several = addCounts(s.Users, users), addCounts(s.Several, several)
	}
	return s
}

var notANumber = regexp.MustCompile(`NaN|Inf`)

// No segment gives a fault, a NaN or an infinity, in numbers and in words.
func TestSegmentsOfAnyKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := testExperiment()
		e.Statistics.Method = rapid.SampledFrom([]experiment.Method{experiment.MethodSequential, experiment.MethodSequentialCUPED}).Draw(t, "method")
		e.SeveralVariants = rapid.SampledFrom([]experiment.SeveralVariants{experiment.SeveralExclude, experiment.SeveralFirst}).Draw(t, "several")
		e.Scorecard.Primary[0].Numerator.Aggregate = rapid.SampledFrom([]experiment.Aggregate{experiment.AggregateAny, experiment.AggregateSum}).Draw(t, "aggregate")
		if rapid.Bool().Draw(t, "ratio") {
			e.Scorecard.Primary[0].Denominator = &experiment.Column{Event: "visit", Aggregate: experiment.AggregateCount}
			e.Statistics.Method = experiment.MethodSequential
		}
		if rapid.IntRange(0, 3).Draw(t, "quantile") == 0 {
			e.Scorecard.Primary[0] = quantileMetric(0.5)
		}
		in := segmented(e, rapid.SliceOfN(rapid.Custom(randomSegment), 1, 3).Draw(t, "segments")...)
		in.Phases = []Phase{{Weights: []float64{0.5, 0.5}}, {Weights: []float64{1, 0}}}
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(card)
		if err != nil {
			t.Fatal(err)
		}
		if found := notANumber.Find(data); found != nil {
			t.Fatalf("%s in %s", found, data)
		}
	})
}
