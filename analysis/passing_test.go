package analysis

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
)

// TestPassingLooks: passing over the days before leaves the last scorecard as it is, whether a
// test has stopped on the way or not, and whether its last day is a look or not.
func TestPassingLooks(t *testing.T) {
	for _, c := range []struct {
		name      string
		effect    float64
		procedure experiment.Procedure
	}{
		{"undecided", 0, experiment.ProcedureGroupSequential},
		{"decided", 1, experiment.ProcedureGroupSequential},
		{"always-valid", 1, experiment.ProcedureAlwaysValid},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := world{
				looks: 14, perDay: 100, traffic: 1, growth: 1, alpha: 0.05, effect: c.effect,
				spending: experiment.SpendingPocock, procedure: c.procedure, sides: experiment.SidesTwo,
			}
			e := w.experiment()
			all, last := testInput(e, w.looks), testInput(e, w.looks)
			arms := w.arms(3)
			for k := range w.looks {
				all.addSimulated(w, k, arms)
				last.Days = all.Days
				want, looks, err := Analyze(all)
				if err != nil {
					t.Fatal(err)
				}
				got, _, err := Analyze(last)
				if err != nil {
					t.Fatal(err)
				}
				near := cmp.Comparer(func(a, b Number) bool {
					return a.ok == b.ok && math.Abs(a.value-b.value) <= 1e-8*math.Abs(a.value)
				})
				if diff := cmp.Diff(want, got, near); diff != "" {
					t.Fatalf("day %d, p-values all the way (-) and at the end only (+):\n%s", k+1, diff)
				}
				passed, err := Looks(last)
				if err != nil {
					t.Fatal(err)
				}
				all.Looks, last.Looks = append(all.Looks, looks...), append(last.Looks, passed...)
			}
			if stopped := all.Looks[len(all.Looks)-1].Crossed; stopped != (c.effect > 0) {
				t.Errorf("stopped %v with effect %v", stopped, c.effect)
			}
		})
	}
}
