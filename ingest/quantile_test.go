package ingest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSelectNth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-3, 3).Filter(func(v float64) bool { return !math.IsNaN(v) }), 1, 50).Draw(t, "values")
		n := rapid.IntRange(0, len(values)-1).Draw(t, "n")
		sorted := slices.Sorted(slices.Values(values))
		selectNth(values, n, rand.New(rand.NewPCG(1, 2)))
		if values[n] != sorted[n] {
			t.Fatalf("the %d-th is %v, want %v", n, values[n], sorted[n])
		}
		for i, v := range values {
			if i < n && v > values[n] || i > n && v < values[n] {
				t.Fatalf("%v is on the wrong side of the %d-th: %v", v, n, values)
			}
		}
	})
}
