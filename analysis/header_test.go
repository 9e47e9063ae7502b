package analysis

import (
	"testing"
	"time"

	"readout/experiment"
)

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		days, passed int
		want         float64
	}{{14, -1, 0}, {14, 0, 0}, {14, 7, 0.5}, {14, 14, 1}, {14, 20, 1}, {0, 0, 1}, {-1, -2, 1}} {
		if got := Progress(day0, day0.AddDate(0, 0, c.days), day0.AddDate(0, 0, c.passed)); got != c.want {
			t.Errorf("%d of %d days: %v, want %v", c.passed, c.days, got, c.want)
		}
	}
}

// TestHeaderOfVariants: planned shares are those of the users who take part, and a variant is
// stopped from the day on in which it was.
func TestHeaderOfVariants(t *testing.T) {
	e := testExperiment()
	e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole/10, 3*experiment.Whole/10
	in := testInput(e, 14)
	stop := day0.AddDate(0, 0, 1).Add(9 * time.Hour)
	in.Stopped = map[string]time.Time{"big": stop}
	for k, want := range []time.Time{{}, stop} {
		in.addDay(set(1, 2, 3), set(2, 4, 6))
		in.today().Several[0] = 2
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		control, big := card.Variants[0], card.Variants[1]
		if control.Traffic != 0.25 || big.Traffic != 0.75 || !control.Stopped.IsZero() || !big.Stopped.Equal(want) {
			t.Errorf("day %d: %+v and %+v, want a quarter, stopped at %v", k, control, big, want)
		}
		if n, ok := control.Several.Get(); n != 2 || !ok || len(card.History) != k+1 {
			t.Errorf("day %d: %v in several variants, a history of %d days", k, control.Several, len(card.History))
		}
	}
	in.Summarized = true
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	if got := card.Variants[0].Several; got != Unknown || card.Metrics[0].Variants[0].Conversions != Unknown || card.Metrics[0].Window != summarizedSentence {
		t.Errorf("a summary knows %v users in several variants: %+v", got, card.Metrics[0])
	}
}

// TestTrafficOfTheDay: a scorecard made again later says how users were split on its day, also where
// the definition has other shares since, and of a stopped variant how they were before.
func TestTrafficOfTheDay(t *testing.T) {
	stop := day0.AddDate(0, 0, 1).Add(9 * time.Hour)
	for _, c := range []struct {
		phases  []Phase
		stopped map[string]time.Time
		want    float64
	}{
		{[]Phase{{[]float64{0.75, 0.25}}}, nil, 0.25},
		{[]Phase{{[]float64{0.75, 0.25}}, {[]float64{0.6, 0.4}}}, nil, 0.4},
		{[]Phase{{[]float64{0.75, 0.25}}, {[]float64{1, 0}}}, nil, 0},
		{[]Phase{{[]float64{0.75, 0.25}}, {[]float64{0.75, 0}}}, map[string]time.Time{"big": stop}, 0.25},
	} {
		in := testInput(testExperiment(), 14)
		in.Phases, in.Stopped = c.phases, c.stopped
		in.addDay(set(1, 2, 3), set(2, 4, 6))
		in.addDay(set(1, 2, 3), set(2, 4, 6))
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := card.Variants[1].Traffic; got != c.want {
			t.Errorf("phases %v, stopped %v: %v, want %v", c.phases, c.stopped, got, c.want)
		}
	}
}

// TestPlanSaysTheTest: what a method does not have is not said of it.
func TestPlanSaysTheTest(t *testing.T) {
	for _, c := range []struct {
		method              experiment.Method
		procedure           experiment.Procedure
		mde                 bool
		wantProcedure, want string
	}{
		{experiment.MethodSequential, experiment.ProcedureGroupSequential, true, string(experiment.ProcedureGroupSequential), string(experiment.DefaultStatistics().Spending.Name)},
		{experiment.MethodSequential, experiment.ProcedureAlwaysValid, false, string(experiment.ProcedureAlwaysValid), ""},
		{experiment.MethodFixed, experiment.ProcedureGroupSequential, false, "", ""},
	} {
		e := testExperiment()
		e.Statistics.Method, e.Statistics.Procedure = c.method, c.procedure
		e.Statistics.MDE, e.Statistics.HasMDE = 0.05, c.mde
		in := testInput(e, 14)
		in.addDay(set(1, 2, 3), set(2, 4, 6))
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if p := card.Plan; p.Procedure != c.wantProcedure || p.Spending != c.want || p.MDE.ok != c.mde {
			t.Errorf("%s, %s: %+v", c.method, c.procedure, p)
		}
	}
}
