package analysis

import (
	"math"
	"slices"
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

// TestPassedLooksOfAnExtendedTest: a p-value that was left out is filled in by the timeline of its day, also
// when the end was moved since.
func TestPassedLooksOfAnExtendedTest(t *testing.T) {
	w := world{
		looks: 14, perDay: 100, traffic: 1, growth: 1, alpha: 0.05, effect: 1,
		spending: experiment.SpendingPocock, procedure: experiment.ProcedureGroupSequential, sides: experiment.SidesTwo,
	}
	e := w.experiment()
	all, last := testInput(e, w.looks), testInput(e, w.looks)
	arms := w.arms(3)
	for k := range w.looks - 2 {
		all.addSimulated(w, k, arms)
		last.Days = all.Days
		_, looks, err := Analyze(all)
		if err != nil {
			t.Fatal(err)
		}
		passed, err := Looks(last)
		if err != nil {
			t.Fatal(err)
		}
		all.Looks, last.Looks = append(all.Looks, looks...), append(last.Looks, passed...)
	}
	end := last.End
	last.FirstEnd, last.End = end, end.AddDate(0, 0, 10)
	last.Extensions = []experiment.Extension{{At: last.today().Through, From: end, To: last.End, End: end}}
	a := analyzer{in: &last, day: last.today()}
	test, err := a.test(e.Scorecard.Primary[0], a.alpha(Primary))
	if err != nil {
		t.Fatal(err)
	}
	filled := 0
	for k := range last.Looks {
		looks := slices.Clone(last.Looks[:k+1])
		if looks[k].noP {
			filled++
		}
		if err := test.addP(looks); err != nil {
			t.Fatal(err)
		}
		if got, want := looks[k].LnP, all.Looks[k].LnP; math.Abs(got-want) > 1e-8*math.Abs(want) {
			t.Errorf("look %d: logarithm of p %v, want %v", k+1, got, want)
		}
	}
	if filled == 0 {
		t.Error("no p-value was left out")
	}
}
