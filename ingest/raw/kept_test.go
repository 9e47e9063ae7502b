package raw

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"readout/ingest/exact"
)

// drawSums draws sums, some of them 0, with terms that have been taken out.
func drawSums(t *rapid.T, n int) []exact.Sum {
	values := []float64{1, -1, 0.1, 1e9 + 0.3, -1e200, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.NaN()}
	sums := make([]exact.Sum, n)
	for i := range sums {
		for range rapid.IntRange(0, 3).Draw(t, "terms") {
			x, y := rapid.SampledFrom(values).Draw(t, "x"), rapid.SampledFrom(values).Draw(t, "y")
			sums[i].AddProduct(x, y, rapid.SampledFrom([]int{Enter, Leave}).Draw(t, "sign"))
		}
	}
	return sums
}

// Sums that are kept come back at the places of their looks.
func TestKeptSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, arms := rapid.IntRange(0, 3).Draw(t, "width"), rapid.IntRange(1, 2).Draw(t, "arms")
		looks := Move{[]int{1, -1, 3}, 4}
		sums := drawSums(t, arms*len(looks.To)*width)
		kept := exact.Pack(sums)
		got := make([]exact.Sum, arms*looks.Looks*width)
		if !looks.sums(got, &kept, width) {
			t.Fatalf("%+v do not fit", kept)
		}
		want := make([]exact.Sum, len(got))
		for arm := range arms {
			for was, is := range looks.To {
				for i := 0; i < width && is >= 0; i++ {
					want[(arm*looks.Looks+is)*width+i] = sums[(arm*len(looks.To)+was)*width+i]
				}
			}
		}
		for i := range want {
			if !want[i].Total().Minus(got[i].Total()).IsZero() {
				t.Fatalf("sum %d: %+v, want %+v", i, got[i], want[i])
			}
		}
		if kept.Count++; looks.sums(got, &kept, width) {
			t.Fatalf("%+v fit", kept)
		}
	})
}
