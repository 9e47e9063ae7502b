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
						r, err := newRule(p, alpha)
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

// set makes a plan of the procedure.
func (p Procedure) set(e *experiment.Experiment, alpha float64) {
	s := &e.Statistics
	s.Confidence = 1 - alpha
	switch p.Name {
	case "OBF 1-sided":
		for _, m := range e.Scorecard.Secondary {
			m.Sides = experiment.SidesOne
		}
	case "Pocock":
		s.Spending.Name = experiment.SpendingPocock
	case "KD 2":
		s.Spending = experiment.Spending{Name: experiment.SpendingKimDeMets, Parameter: 2}
	case "HSD −4":
		s.Spending = experiment.Spending{Name: experiment.SpendingHwangShihDeCani, Parameter: -4}
	case "always-valid":
		s.Procedure = experiment.ProcedureAlwaysValid
	case fixedName:
		s.Method = experiment.MethodFixed
	}
}
