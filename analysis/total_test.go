package analysis

import (
	"testing"

	"readout/moments"
)

func TestTotalsOfCountsAreWhole(t *testing.T) {
	for n := int64(1); n <= 5000; n++ {
		for _, events := range []int64{1, 388, 1014, n, 10235} {
			set := moments.Set{N: n, Mean: []float64{float64(events) / float64(n)}}
			if got := total(set, 0); got != float64(events) {
				t.Fatalf("%d events of %d users come to %v", events, n, got)
			}
		}
	}
}

func TestTotalsOfValuesKeepTheirFraction(t *testing.T) {
	for _, want := range []float64{0.25, 38296.625, -82145.75, 1e12 + 0.25} {
		if got := total(moments.Set{N: 4, Mean: []float64{want / 4}}, 0); got != want {
			t.Errorf("a sum of %v comes to %v", want, got)
		}
	}
}
