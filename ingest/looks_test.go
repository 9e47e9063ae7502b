package ingest

import (
	"math"
	"slices"
	"testing"
	"time"

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

func TestLooks(t *testing.T) {
	at := time.Date(2024, 1, 1, 0, 0, 0, 500, time.UTC) // between two µs
	looks := newLookTable([]time.Time{at, at.Add(time.Hour), at.Add(2 * time.Hour)})
	us := at.UnixMicro()
	hour := int64(3_600_000_000)
	c := newLookCursor(looks)
	for _, want := range []struct {
		time int64
		look int
	}{
		{us, 0}, {us + 1, 1}, {us + hour, 1}, {us + hour + 1, 2}, {us + 2*hour, 2}, {us + 2*hour + 1, 3},
		{math.MinInt64 + 1, 0}, {us + 9*hour, 3}, {us - 1, 0},
	} {
		if got := c.of(want.time); got != want.look {
			t.Errorf("%d µs after the first look: look %d, want %d", want.time-us, got, want.look)
		}
	}
}
