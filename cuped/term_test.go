package cuped

import (
	"math"
	"testing"

	"readout/moments"
)

func TestCarriers(t *testing.T) {
	f := func(term Term, want float64, rows ...[2]float64) {
		t.Helper()
		set := moments.New(2)
		for _, r := range rows {
			set.Add(r[0], r[1])
		}
		if got := term.Carriers(set); !(math.Abs(got-want) <= 1e-12) {
			t.Errorf("%v: %v users, want %v", rows, got, want)
		}
	}
	f(Column(0), 3, [2]float64{5, 1}, [2]float64{}, [2]float64{})
	f(Ratio(0, 1), 0)
	f(Ratio(0, 1), 0, [2]float64{}, [2]float64{})
	f(Ratio(0, 1), 1, [2]float64{5, 1}, [2]float64{}, [2]float64{})
	f(Ratio(0, 1), 2, [2]float64{5, 4}, [2]float64{7, 4}, [2]float64{})
	// (3 + 1)² / (3² + 1²)
	f(Ratio(0, 1), 1.6, [2]float64{5, 3}, [2]float64{7, 1}, [2]float64{}, [2]float64{})
}
