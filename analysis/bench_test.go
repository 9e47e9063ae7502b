package analysis

import (
	"testing"

	"readout/experiment"
)

// BenchmarkAnalyze is a day's analysis of one comparison with CUPED at look 28: its
// boundary, interval and sequential p-value, and with a minimum detectable effect also
// futility and conditional power; then the day on which the test ends, with stage-wise
// inference.
func BenchmarkAnalyze(b *testing.B) {
	w := world{
		looks: 40, perDay: 100, traffic: 1, growth: 1, alpha: 0.05, covariate: true,
		spending: experiment.SpendingOBrienFleming, procedure: experiment.ProcedureGroupSequential, sides: experiment.SidesTwo,
	}
	for _, c := range []struct {
		name   string
		change func(*world, *experiment.Statistics)
	}{
		{"look=28", func(*world, *experiment.Statistics) {}},
		{"look=28/futility", func(_ *world, s *experiment.Statistics) { s.MDE, s.HasMDE = 0.01, true }},
		{"look=28/end", func(w *world, _ *experiment.Statistics) { w.looks = 28 }},
		{"look=28/always-valid", func(_ *world, s *experiment.Statistics) { s.Procedure = experiment.ProcedureAlwaysValid }},
	} {
		b.Run(c.name, func(b *testing.B) {
			w, e := w, w.experiment()
			c.change(&w, &e.Statistics)
			in := testInput(e, w.looks)
			arms := w.arms(3)
			for k := range 28 {
				in.addSimulated(w, k, arms)
				_, looks, err := Analyze(in)
				if err != nil {
					b.Fatal(err)
				}
				if k < 27 {
					in.Looks = append(in.Looks, looks...)
				}
			}
			b.ResetTimer()
			for b.Loop() {
				if _, looks, err := Analyze(in); err != nil || len(looks) != 1 {
					b.Fatalf("%d looks, %v", len(looks), err)
				}
			}
		})
	}
}
