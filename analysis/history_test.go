package analysis

import (
	"math/rand/v2"
	"testing"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// Where a part of all histories is missing, what there is of them adjusts; where nobody has
// any, the note says so.
func TestMissingHistory(t *testing.T) {
	for _, c := range []struct {
		what             string
		missing, scatter float64
		note             string
		covariates       int
	}{
		{"nothing is there", 1, 0, cuped.NoPrePeriodData, 0},
		{"a part is there", 1, 1, "", 1},
		{"nobody did anything", 0, 0, cuped.NoPrePeriodData, 0},
	} {
		e := testExperiment()
		e.Statistics.Method = experiment.MethodSequentialCUPED
		in := testInput(e, 2)
		r := rand.New(rand.NewPCG(1, 1))
		arms := []moments.Set{moments.New(3), moments.New(3)}
		for v := range arms {
			for range 200 {
				x := r.NormFloat64()
				arms[v].Add(x+r.NormFloat64(), c.scatter*x, c.missing)
			}
		}
		in.addDay(arms...)
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		got := card.Metrics[0].CUPED
		if got.Note != c.note || len(got.Covariates) != c.covariates || got.MissingHistory != int64(400*c.missing) {
			t.Errorf("%s: note %q, covariates %q, a part missing for %d users", c.what, got.Note, got.Covariates, got.MissingHistory)
		}
	}
}

// TestRatioKnowsItsHistory: a ratio is adjusted by the same ratio before the exposure. Where that
// tells what users do after it, more than half of the variance goes; where it tells nothing, none does.
func TestRatioKnowsItsHistory(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	for _, c := range []struct {
		known       float64 // how much of a user's habit was seen before
		least, most float64
	}{{1, 0, 0.5}, {0, 0.95, 1}} {
		arms := []moments.Set{moments.New(5), moments.New(5)}
		for v := range arms {
			for range 400 {
				habit, before, orders, ordersBefore := random.NormFloat64(), random.NormFloat64(), 1+random.IntN(5), 1+random.IntN(5)
				before = c.known*habit + (1-c.known)*before
				value := func(orders int, habit float64) float64 {
					return float64(orders) * (20 + 5*habit + random.NormFloat64())
				}
				arms[v].Add(value(orders, habit), float64(orders), value(ordersBefore, before), float64(ordersBefore), 0)
			}
		}
		in := ratioInput(8)
		in.Experiment.Statistics.Method = experiment.MethodSequentialCUPED
		in.addDay(arms...)
		in.addDay(arms...)
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := card.Metrics[0].CUPED.VarianceKept.Or(-1); !(got >= c.least && got <= c.most) {
			t.Errorf("known %v: variance kept %v, want %v to %v", c.known, got, c.least, c.most)
		}
	}
}
