package ingest

import (
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Conversions come by look, those of the same look as they were, however many runs there are.
func TestSortByLook(t *testing.T) {
	var e evaluator
	rapid.Check(t, func(t *rapid.T) {
		var got []conversion
		for range rapid.IntRange(0, 3).Draw(t, "runs") {
			look := int32(rapid.IntRange(0, 4).Draw(t, "look"))
			for range rapid.IntRange(0, 4).Draw(t, "conversions") {
				got = append(got, conversion{look: look, time: int64(len(got))})
				look += int32(rapid.IntRange(0, 2).Draw(t, "later"))
			}
		}
		want := slices.Clone(got)
		slices.SortStableFunc(want, func(a, b conversion) int { return cmp.Compare(a.look, b.look) })
		e.sortByLook(got)
		if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(conversion{})); diff != "" {
			t.Fatalf("(- want, + got):\n%s", diff)
		}
	})
}
