package simulate

import (
	"testing"

	"readout/analysis"
	"readout/experiment"
)

// daily runs an experiment as the daily job does, scorecard by scorecard, and reports
// whether each metric was significant in the end.
func (w World) daily(t *testing.T, seed uint64, run int, p Procedure, alpha float64) []bool {
	t.Helper()
	in := w.input()
	p.set(in.Experiment, alpha)
	c := crowd{world: w, r: w.random(seed, run)}
	for k := 0; ; k++ {
		in.Days = append(in.Days, c.next(k))
		w.extend(&in, k)
		if in.Experiment.Statistics.Method == experiment.MethodFixed && k < w.Looks-1 {
			continue
		}
		card, looks, err := analysis.Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if k == w.Looks-1 {
			var out []bool
			for _, m := range card.Metrics {
				out = append(out, m.Comparisons[0].Significant)
			}
			return out
		}
		in.Looks = append(in.Looks, looks...)
	}
}

// TestRulesAgreeWithScorecards holds that what is counted here is what scorecards made day by
// day say.
func TestRulesAgreeWithScorecards(t *testing.T) {
	procedures, err := Procedures()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i, k := range Kinds() {
		w := World{Kind: k, Looks: 6, Traffic: 2, Growth: 3, Phases: i%2 == 0}
		switch {
		case i%3 == 0:
			w.Leave = 0.03
		case i == 1:
			w.Late = 0.3
		case i == 4:
			w.Extended, w.Looks = true, 8
		case i == 5:
			w.Users = 400
		case i == 10:
			w.Ramp, w.Looks = true, 8
		}
		if k.quantile == 0 && k.Name != "any, no window" {
			// Some find the effect early, some late, some never.
			if w, err = w.withEffect(1, false); err != nil {
				t.Fatal(err)
			}
		}
		for run := range 3 {
			paths, err := w.paths(2, run)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range procedures {
				for _, alpha := range Alphas() {
					want := w.daily(t, 2, run, p, alpha)
					for m := range paths {
						r, err := newRule(p, alpha, w.planned())
						if err != nil {
							t.Fatal(err)
						}
						got, err := r.crosses(&paths[m])
						if err != nil {
							t.Fatal(err)
						}
						if got {
							found++
						}
						if got != want[m] {
							t.Errorf("%s, run %d, %s at %v, metric %d: found %v, the scorecards say %v", w.Name(), run, p.Name, alpha, m, got, want[m])
						}
					}
				}
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d of the comparisons found an effect", found)
	}
}
