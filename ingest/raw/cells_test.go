package raw

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"readout/internal/fractions"
)

// Means and co-moments are those of fractions, rounded once, for numbers of all sizes,
// whole or not, also after some users have left.
func TestCellsEqualFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(0, 2e8)
		other := rapid.OneOf(rapid.Float64Range(1e9, 1e9+3), rapid.Float64Range(-1e12, 1e12), rapid.Just(0.1), rapid.Just(1e-170))
		cells := NewCells([]bool{true, false}, 1, 1)
		var stay [][]float64
		for range rapid.IntRange(0, 12).Draw(t, "users") {
			x := Row{float64(whole.Draw(t, "whole")), other.Draw(t, "other")}
			cells.Add(0, &x, 1, Enter)
			if rapid.IntRange(0, 3).Draw(t, "leaves") == 0 {
				cells.Add(0, &x, 1, Leave)
				continue
			}
			stay = append(stay, x[:])
		}
		n := int64(len(stay))
		if diff := gocmp.Diff(fractions.Moments(2, stay), cells.Moments(0, n, &cells.layout.all)); diff != "" {
			t.Fatalf("(- want, + got):\n%s", diff)
		}
		if got := cells.Converted(0, &cells.layout.all); got != n {
			t.Fatalf("%d users have converted, want %d", got, n)
		}
	})
}

// Values near 1e12 with variance 1 keep all digits.
func TestVarianceOfLargeValues(t *testing.T) {
	const n = 10_000
	cells := NewCells([]bool{false}, 1, 1)
	for i := range n {
		cells.Add(0, &Row{1e12 + float64(i%2)*2 - 1}, 1, Enter)
	}
	m := cells.Moments(0, n, &cells.layout.all)
	if m.Mean[0] != 1e12 || m.C[0] != n {
		t.Errorf("mean %v, centred moment %v, want 1e12 and %d", m.Mean[0], m.C[0], n)
	}
}

// A change of numbers comes to the same as taking the old ones out and putting the new ones
// in, and the short way for counts to the same as the general one.
func TestCellsChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.OneOf(rapid.SliceOfN(rapid.Bool(), 1, MaxColumns), rapid.Just(make([]bool, MaxColumns))).Draw(t, "whole")
		numbers := func(label string) (x Row) {
			for i := range whole {
				// Zeros, and numbers that stay as they are, are common.
				x[i] = float64(rapid.IntRange(0, 3).Draw(t, label))
				if !whole[i] {
					x[i] /= 3
				}
			}
			return x
		}
		x, y := numbers("x"), numbers("y")
		was, is := Marks(rapid.IntRange(0, 1).Draw(t, "was")), Marks(rapid.IntRange(0, 1).Draw(t, "is"))
		sign := rapid.SampledFrom([]int{Enter, Leave}).Draw(t, "sign")
		got, want := NewCells(whole, 1, 1), NewCells(whole, 1, 1)
		got.Change(0, &Numbers{was, x}, &Numbers{is, y}, sign)
		want.Add(0, &x, was, -sign)
		want.Add(0, &y, is, sign)
		equal := func(got, want *Cells) {
			t.Helper()
			all := &got.layout.all
			if diff := gocmp.Diff(want.Moments(0, 1, all), got.Moments(0, 1, all)); diff != "" {
				t.Fatalf("%v to %v (- want, + got):\n%s", x, y, diff)
			}
			if got, want := got.Converted(0, all), want.Converted(0, all); got != want {
				t.Fatalf("%d users have converted, want %d", got, want)
			}
		}
		equal(got, want)

		all := make([]bool, len(whole))
		var counts [MaxColumns]int64
		for i := range all {
			all[i] = true
			counts[i], y[i] = int64(3*y[i]), float64(int64(3*y[i]))
		}
		got, want = NewCells(all, 1, 1), NewCells(all, 1, 1)
		got.AddCounts(0, &Counts{1, counts}, int64(sign))
		want.Add(0, &y, 1, sign)
		equal(got, want)
		var products []int64
		for i := range whole {
			for j := range i + 1 {
				products = append(products, int64(sign)*counts[i]*counts[j])
			}
		}
		if diff := gocmp.Diff(products, got.ints[len(all):]); diff != "" {
			t.Fatalf("products of %v (- want, + got):\n%s", y, diff)
		}

		later := Counts{is, counts}
		for i := range all {
			if i < 2 || rapid.Bool().Draw(t, "changes") {
				later.Y[i] = int64(rapid.IntRange(0, 3).Draw(t, "later"))
			}
		}
		got, want = NewCells(all, 1, 1), NewCells(all, 1, 1)
		got.ChangeCounts(0, &Counts{was, counts}, &later, int64(sign))
		want.AddCounts(0, &Counts{was, counts}, -int64(sign))
		want.AddCounts(0, &later, int64(sign))
		equal(got, want)
		if diff := gocmp.Diff(want.ints, got.ints); diff != "" {
			t.Fatalf("change from %v to %v (- want, + got):\n%s", counts, later.Y, diff)
		}
	})
}

// BenchmarkAdd adds users to the moments of metrics of the usual shapes.
func BenchmarkAdd(b *testing.B) {
	for _, x := range []struct {
		name    string
		whole   []bool
		numbers Row
	}{
		{"count", []bool{true, true, true}, Row{3, 2, 0}},
		{"sum", []bool{false, false, true}, Row{3.14, 2.72, 0}},
		{"ratio", []bool{false, true, false, true, true}, Row{3.14, 3, 2.72, 2, 0}},
	} {
		b.Run(x.name, func(b *testing.B) {
			cells := NewCells(x.whole, 1, 1)
			for b.Loop() {
				cells.Add(0, &x.numbers, 1, Enter)
			}
		})
	}
}
