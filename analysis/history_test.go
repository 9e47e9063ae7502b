package analysis

import (
	"math/rand/v2"
	"testing"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// Where all history is missing the note tells a look-back that is too long from there being
// no conversions before the exposure at all.
func TestNoteOnMissingHistory(t *testing.T) {
	for _, c := range []struct {
		missing float64
		before  int64
		note    string
	}{
		{1, 12, noHistory},
		{1, 0, cuped.NoPrePeriodData},
		{0, 12, cuped.NoPrePeriodData},
	} {
		e := testExperiment()
		e.Statistics.Method = experiment.MethodSequentialCUPED
		in := testInput(e, 2)
		r := rand.New(rand.NewPCG(1, 1))
		arms := []moments.Set{moments.New(3), moments.New(3)}
		for v := range arms {
			for range 200 {
				arms[v].Add(r.NormFloat64(), 0, c.missing)
			}
		}
		in.addDay(arms...)
		in.today().Data.LeftOut = []LeftOut{NewLeftOut(LeftBeforeExposure, "", c.before, 0)}
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := card.Metrics[0].CUPED; got.Note != c.note || got.MissingHistory != int64(400*c.missing) {
			t.Errorf("%+v: note %q, history of %d users missing", c, got.Note, got.MissingHistory)
		}
	}
}
