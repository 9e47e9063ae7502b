package ingest

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawSums draws sums, some of them 0, with terms that have been taken out.
func drawSums(t *rapid.T, n int) []exactSum {
	values := []float64{1, -1, 0.1, 1e9 + 0.3, -1e200, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.NaN()}
	sums := make([]exactSum, n)
	for i := range sums {
		for range rapid.IntRange(0, 3).Draw(t, "terms") {
			x, y := rapid.SampledFrom(values).Draw(t, "x"), rapid.SampledFrom(values).Draw(t, "y")
			sums[i].addProduct(x, y, rapid.SampledFrom([]int{enter, leave}).Draw(t, "sign"))
		}
	}
	return sums
}

// Sums that are kept come back at the places of their looks.
func TestKeptSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, arms := rapid.IntRange(0, 3).Draw(t, "width"), rapid.IntRange(1, 2).Draw(t, "arms")
		looks := lookMove{[]int{1, -1, 3}, 4}
		sums := drawSums(t, arms*len(looks.to)*width)
		kept := keepSums(sums)
		got := make([]exactSum, arms*looks.looks*width)
		if !kept.give(got, width, looks) {
			t.Fatalf("%+v do not fit", kept)
		}
		want := make([]exactSum, len(got))
		for arm := range arms {
			for was, is := range looks.to {
				for i := 0; i < width && is >= 0; i++ {
					want[(arm*looks.looks+is)*width+i] = sums[(arm*len(looks.to)+was)*width+i]
				}
			}
		}
		for i := range want {
			w, g := newRawSum(&want[i]), newRawSum(&got[i])
			if d := difference(w, g); d.m.Sign() != 0 || d.notFinite != 0 {
				t.Fatalf("sum %d: %+v, want %+v", i, got[i], want[i])
			}
		}
	})
}

// What no keepSums has made is refused.
func TestKeptSumsThatDoNotFit(t *testing.T) {
	whole := lookMove{[]int{0, 1}, 2}
	for name, damage := range map[string]func(*keptSums){
		"more sums":         func(k *keptSums) { k.Count++ },
		"no base":           func(k *keptSums) { k.Base = k.Base[1:] },
		"no chunks":         func(k *keptSums) { k.Chunks = nil },
		"not finite twice":  func(k *keptSums) { k.NotFinite = append(k.NotFinite, 0) },
		"place before all":  func(k *keptSums) { k.At[0] = -1 },
		"place after all":   func(k *keptSums) { k.At[1] = 2 },
		"the same place":    func(k *keptSums) { k.At[1] = 0 },
		"chunks below none": func(k *keptSums) { k.Chunks[0], k.Chunks[1] = -1, len(k.Chunk)+1 },
		"chunks too many":   func(k *keptSums) { k.Chunks[1]++ },
		"chunks too few":    func(k *keptSums) { k.Chunks[1]-- },
		"base too low":      func(k *keptSums) { k.Base[0] = math.MinInt32 },
		"base too high":     func(k *keptSums) { k.Base[0] = math.MaxInt32 },
		"chunk too low":     func(k *keptSums) { k.Chunk[0] = math.MinInt64 },
		"chunk too high":    func(k *keptSums) { k.Chunk[0] = math.MaxInt64 },
	} {
		sums := make([]exactSum, 2)
		sums[0].add(1, enter)
		sums[1].add(2.5, leave)
		kept := keepSums(sums)
		if !kept.give(make([]exactSum, 2), 1, whole) {
			t.Fatalf("%+v do not fit", kept)
		}
		if damage(&kept); kept.give(make([]exactSum, 2), 1, whole) {
			t.Errorf("%s: %+v fit", name, kept)
		}
	}
}
