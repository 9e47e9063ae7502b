package analysis

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

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

// TestLiftOfALookAtAnotherLevel: what a look has logged gives the interval of the lift at other boundaries.
func TestLiftOfALookAtAnotherLevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := effect{
			value: rapid.Float64Range(-5, -1).Draw(t, "effect"), se: rapid.Float64Range(0.1, 0.3).Draw(t, "se"),
			df: 50, controlMean: rapid.SampledFrom([]float64{-20, 10}).Draw(t, "control"), controlVariance: rapid.Float64Range(0.02, 0.2).Draw(t, "variance"),
		}
		e.cov = rapid.Float64Range(-0.9, 0.9).Draw(t, "correlation") * e.se * math.Sqrt(e.controlVariance)
		const critical, other = 2, 2.5
		logged := fieller(e, studentScore(critical, e.df))
		l := Look{Effect: e.value, SE: e.se, DF: e.df, Critical: Defined(critical), Lift: logged.value, LiftLo: logged.lo, LiftHi: logged.hi}
		got, want := fieller(l.effect(), studentScore(other, e.df)), fieller(e, studentScore(other, e.df))
		for _, end := range [][2]Number{{got.value, want.value}, {got.lo, want.lo}, {got.hi, want.hi}} {
			if !end[0].ok || !(math.Abs(end[0].value-end[1].value) <= 1e-9*math.Abs(end[1].value)) {
				t.Fatalf("%+v, want %+v", got, want)
			}
		}
	})
}
