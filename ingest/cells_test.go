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
		cells := newMomentCells([]bool{true, false}, 1, 1)
		var stay [][]float64
		for range rapid.IntRange(0, 12).Draw(t, "users") {
			x := []float64{float64(whole.Draw(t, "whole")), other.Draw(t, "other")}
			cells.add(0, x, 1, enter)
			if rapid.IntRange(0, 3).Draw(t, "leaves") == 0 {
				cells.add(0, x, 1, leave)
				continue
			}
			stay = append(stay, x)
		}
		n := int64(len(stay))
		want := Cell{Moments: referenceMomentsOf(2, stay), Converted: n}
		if diff := gocmp.Diff(want, cells.cell(0, n, &cells.layout.all)); diff != "" {
			t.Fatalf("(- want, + got):\n%s", diff)
		}
	})
}

// Values near 1e12 with variance 1 keep all digits.
func TestVarianceOfLargeValues(t *testing.T) {
	const n = 10_000
	cells := newMomentCells([]bool{false}, 1, 1)
	for i := range n {
		cells.add(0, []float64{1e12 + float64(i%2)*2 - 1}, 1, enter)
	}
	m := cells.cell(0, n, &cells.layout.all).Moments
	if m.Mean[0] != 1e12 || m.C[0] != n {
		t.Errorf("mean %v, centred moment %v, want 1e12 and %d", m.Mean[0], m.C[0], n)
	}
}

// A change of numbers comes to the same as taking the old ones out and putting the new ones
// in, and the short way for counts to the same as the general one.
func TestCellsChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.OneOf(rapid.SliceOfN(rapid.Bool(), 1, maxColumns), rapid.Just(make([]bool, maxColumns))).Draw(t, "whole")
		numbers := func(label string) []float64 {
			x := make([]float64, len(whole))
			for i := range x {
				// Zeros, and numbers that stay as they are, are common.
				x[i] = float64(rapid.IntRange(0, 3).Draw(t, label))
				if !whole[i] {
					x[i] /= 3
				}
			}
			return x
		}
		x, y := numbers("x"), numbers("y")
		was, is := marks(rapid.IntRange(0, 1).Draw(t, "was")), marks(rapid.IntRange(0, 1).Draw(t, "is"))
		sign := rapid.SampledFrom([]int{enter, leave}).Draw(t, "sign")
		got, want := newMomentCells(whole, 1, 1), newMomentCells(whole, 1, 1)
		got.change(0, x, y, was, is, sign)
		want.add(0, x, was, -sign)
		want.add(0, y, is, sign)
		equal := func(got, want *momentCells) {
			t.Helper()
			if diff := gocmp.Diff(want.cell(0, 1, &want.layout.all), got.cell(0, 1, &got.layout.all)); diff != "" {
				t.Fatalf("%v to %v (- want, + got):\n%s", x, y, diff)
			}
		}
		equal(got, want)

		all := make([]bool, len(whole))
		var counts [maxColumns]int64
		for i := range all {
			all[i] = true
			counts[i], y[i] = int64(3*y[i]), float64(int64(3*y[i]))
		}
		got, want = newMomentCells(all, 1, 1), newMomentCells(all, 1, 1)
		got.addCounts(0, &countState{converted: 1, y: counts}, int64(sign))
		want.add(0, y, 1, sign)
		equal(got, want)
		var products []int64
		for i := range y {
			for j := range i + 1 {
				products = append(products, int64(sign)*counts[i]*counts[j])
			}
		}
		if diff := gocmp.Diff(products, got.ints[len(all):]); diff != "" {
			t.Fatalf("products of %v (- want, + got):\n%s", y, diff)
		}

		later := countState{converted: is, y: counts}
		for i := range all {
			if i < 2 || rapid.Bool().Draw(t, "changes") {
				later.y[i] = int64(rapid.IntRange(0, 3).Draw(t, "later"))
			}
		}
		got, want = newMomentCells(all, 1, 1), newMomentCells(all, 1, 1)
		got.changeCounts(0, &countState{converted: was, y: counts}, &later, int64(sign))
		want.addCounts(0, &countState{converted: was, y: counts}, -int64(sign))
		want.addCounts(0, &later, int64(sign))
		equal(got, want)
		if diff := gocmp.Diff(want.ints, got.ints); diff != "" {
			t.Fatalf("change from %v to %v (- want, + got):\n%s", counts, later.y, diff)
		}
	})
}

// BenchmarkAdd adds users to the moments of metrics of the usual shapes.
func BenchmarkAdd(b *testing.B) {
	for _, x := range []struct {
		name    string
		whole   []bool
		numbers []float64
	}{
		{"count", []bool{true, true, true}, []float64{3, 2, 0}},
		{"sum", []bool{false, false, true}, []float64{3.14, 2.72, 0}},
		{"ratio", []bool{false, true, false, true, true}, []float64{3.14, 3, 2.72, 2, 0}},
	} {
		b.Run(x.name, func(b *testing.B) {
			cells := newMomentCells(x.whole, 1, 1)
			for b.Loop() {
				cells.add(0, x.numbers, 1, enter)
			}
		})
	}
}
