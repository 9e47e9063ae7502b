package ingest

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Means and co-moments are those of fractions, rounded once, for numbers of all sizes,
// whole or not, also after some users have left.
func TestCellsEqualFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(0, 2e8)
		other := rapid.OneOf(rapid.Float64Range(1e9, 1e9+3), rapid.Float64Range(-1e12, 1e12), rapid.Just(0.1), rapid.Just(1e-170))
		cells := newMetricCells([]bool{true, false}, 1)
		var stay [][]float64
		for range rapid.IntRange(0, 12).Draw(t, "users") {
			x := []float64{float64(whole.Draw(t, "whole")), other.Draw(t, "other")}
			cells.add(0, x, true, enter)
			if rapid.IntRange(0, 3).Draw(t, "leaves") == 0 {
				cells.add(0, x, true, leave)
				continue
			}
			stay = append(stay, x)
		}
		n := int64(len(stay))
		want := Cell{Moments: referenceMomentsOf(2, stay), Converted: n}
		if diff := gocmp.Diff(want, cells.cell(0, n)); diff != "" {
			t.Fatalf("(- want, + got):\n%s", diff)
		}
	})
}

// Values near 1e12 with variance 1 keep all digits.
func TestVarianceOfLargeValues(t *testing.T) {
	const n = 10_000
	cells := newMetricCells([]bool{false}, 1)
	for i := range n {
		cells.add(0, []float64{1e12 + float64(i%2)*2 - 1}, true, enter)
	}
	m := cells.cell(0, n).Moments
	if m.Mean[0] != 1e12 || m.C[0] != n {
		t.Errorf("mean %v, centred moment %v, want 1e12 and %d", m.Mean[0], m.C[0], n)
	}
}
