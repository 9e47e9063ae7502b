package ingest

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The index finds the same looks as a search, however the looks are spread.
func TestLookIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		instant := rapid.OneOf(rapid.Int64Range(0, 40), rapid.Int64Range(0, 60*usDay), rapid.Int64(),
			rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}))
		looks := lookTable(rapid.SliceOfNDistinct(instant, 1, 40, rapid.ID[int64]).Draw(t, "looks"))
		slices.Sort(looks)
		index := newLookIndex(looks)
		tries := append(rapid.SliceOfN(instant, 1, 20).Draw(t, "tries"), looks...)
		for _, look := range looks {
			if look > math.MinInt64 {
				tries = append(tries, look-1)
			}
		}
		for _, at := range tries {
			if got, want := index.of(at), looks.of(at); got != want {
				t.Fatalf("look of %d is %d, want %d", at, got, want)
			}
		}
	})
}
