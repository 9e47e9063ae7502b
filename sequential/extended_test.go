package sequential

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestExtendedSpendingProperties: on an extended timeline, as on any other, what is spent
// lies between 0 and alpha, and rises with time and with alpha, up to an alpha of 1.
func TestExtendedSpendingProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		family := drawSpending(t)
		at := rapid.Float64Range(0, 10).Draw(t, "at")
		end := max(at, 10) + rapid.Float64Range(0.001, 100).Draw(t, "longer by")
		extended, err := Extend(family, 10, Extension{At: at, End: end})
		if err != nil {
			t.Fatal(err)
		}
		times := []float64{0, at / end, rapid.Float64Range(0, 1).Draw(t, "time"), 1}
		if times[1] > times[2] {
			times[1], times[2] = times[2], times[1]
		}
		logAlphas := []float64{-700, math.Log(rapid.Float64Range(1e-9, 0.999999).Draw(t, "alpha")), math.Log1p(-1e-16), 0}
		const rounding = 1e-7
		below := make([]float64, len(times))
		for i := range below {
			below[i] = math.Inf(-1)
		}
		for _, logAlpha := range logAlphas {
			before := math.Inf(-1)
			for i, time := range times {
				spent := extended.LogSpent(time, logAlpha)
				if !(spent <= logAlpha) || spent < before-rounding || spent < below[i]-rounding {
					t.Fatalf("log of what is spent at %v of exp(%v): %v, earlier %v, of the smaller alpha %v", time, logAlpha, spent, before, below[i])
				}
				before, below[i] = spent, spent
			}
		}
	})
}
