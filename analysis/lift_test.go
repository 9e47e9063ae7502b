package analysis

import "testing"

// TestLiftNearZero: a control mean near 0 has no lift, and says so.
func TestLiftNearZero(t *testing.T) {
	for _, c := range []struct {
		mean   float64
		reason string
	}{{0, liftOfZero}, {1e-300, liftNearZero}, {-1e-300, liftNearZero}, {1, ""}} {
		for _, score := range []float64{noScore, 1.96} {
			e := effect{value: 1e10, se: 1e-3, controlMean: c.mean}
			if got := fieller(e, score); got.reason != c.reason || got.value.ok != (c.reason == "") || got.unbounded {
				t.Errorf("control mean %g at %g: %+v, want the reason %q", c.mean, score, got, c.reason)
			}
		}
	}
}
