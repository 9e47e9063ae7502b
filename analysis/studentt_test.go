package analysis

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Scores and their inverses undo each other at any number of degrees of freedom, and a
// score never has the other sign.
func TestScoresUndoEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		df := math.Exp(rapid.Float64Range(0.1, 18).Draw(t, "ln df"))
		z := rapid.Float64Range(-12, 12).Draw(t, "z")
		s := studentScore(z, df)
		if math.IsInf(s, 0) {
			return
		}
		if back := normalScore(s, df); !(math.Abs(back-z) <= 1e-8*math.Max(1, math.Abs(z))) {
			t.Fatalf("df %v: z %v → t %v → z %v", df, z, s, back)
		}
	})
}

func BenchmarkNormalScore(b *testing.B) {
	for b.Loop() {
		normalScore(2.3, 38000)
	}
}
