package analysis

import (
	"math"
	"testing"
)

// TestPowerSoFar holds the power of a single look to the normal distribution, for effects that
// would hardly be found, and for those that hardly could be missed.
func TestPowerSoFar(t *testing.T) {
	for _, c := range []struct {
		alpha float64
		sides int
		z     float64 // the critical value
	}{{0.05, 2, 1.959963984540054}, {0.05, 1, 1.6448536269514722}, {0.01, 2, 2.5758293035489004}} {
		for _, size := range []float64{0, 0.5, 1, c.z, 3, 6, 12} {
			want := 0.5 * math.Erfc((c.z-size)/math.Sqrt2)
			got := powerToFind(test{alpha: c.alpha, sides: c.sides}, 3*size, 3)
			closeTo(t, "power so far", got.Or(math.NaN()), want, 1e-9)
		}
	}
}
