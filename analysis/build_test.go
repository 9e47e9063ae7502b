package analysis

import (
	"math/rand/v2"
	"time"

	"readout/experiment"
	"readout/moments"
)

// Builders of inputs for the tests of this package.

var day0 = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// testExperiment has a control and one treatment, and one primary metric without a window.
func testExperiment() *experiment.Experiment {
	e := &experiment.Experiment{
		Name: "test", SeveralVariants: experiment.SeveralExclude,
		Variants: []experiment.Variant{
			{Name: "control", Traffic: experiment.Whole / 2},
			{Name: "big", Traffic: experiment.Whole / 2},
		},
		Statistics: experiment.DefaultStatistics(),
	}
	e.Statistics.Method = experiment.MethodSequential
	e.Scorecard.Primary = []*experiment.Metric{testMetric("revenue")}
	return e
}

// testMetric is a mean with a window of a day.
func testMetric(name string) *experiment.Metric {
	return &experiment.Metric{
		Name: name, Goal: experiment.GoalIncrease, Sides: experiment.SidesTwo, Immature: experiment.ImmatureExclude,
		Numerator: experiment.Column{
			Event: "purchase", Aggregate: experiment.AggregateSum, Window: experiment.Window{To: 24 * time.Hour},
		},
	}
}

// testInput is an input without days.
func testInput(e *experiment.Experiment, days int) Input {
	in := Input{
		Experiment: e, Control: "control", Location: time.UTC, Status: "Running",
		Start: day0, End: day0.AddDate(0, 0, days), MetricHash: map[string]string{},
	}
	for _, m := range e.Scorecard.Metrics() {
		in.MetricHash[m.Name] = "hash of " + m.Name
	}
	return in
}

// addDay appends a day whose arms are the same for every metric.
func (in *Input) addDay(arms ...moments.Set) {
	k := len(in.Days)
	d := Day{
		Date: day0.AddDate(0, 0, k).Format(time.DateOnly), Through: day0.AddDate(0, 0, k+1),
		Data: DataRead{Exposures: TableRead{SinceStart: int64(10 * (k + 1))}, Conversions: TableRead{SinceStart: int64(10 * (k + 1))}},
	}
	row := make([]Arm, len(arms))
	for i, s := range arms {
		d.Users = append(d.Users, s.N)
		d.Several = append(d.Several, 0)
		row[i] = Arm{Moments: s, Converted: s.N / 2}
	}
	for range in.Experiment.Scorecard.Metrics() {
		d.Metrics = append(d.Metrics, [][]Arm{row})
	}
	in.Days = append(in.Days, d)
}

// stream draws users of one arm.
type stream struct {
	set        moments.Set
	mean, sd   float64
	randomness *rand.Rand
}

func newStream(mean, sd float64, seed uint64) *stream {
	return &stream{set: moments.New(1), mean: mean, sd: sd, randomness: rand.New(rand.NewPCG(seed, 1))}
}

// more adds n users and returns all so far.
func (s *stream) more(n int) moments.Set {
	for range n {
		s.set.Add(s.mean + s.sd*s.randomness.NormFloat64())
	}
	return s.set.Clone()
}

// set returns the moments of the values of one column.
func set(values ...float64) moments.Set {
	s := moments.New(1)
	for _, v := range values {
		s.Add(v)
	}
	return s
}
