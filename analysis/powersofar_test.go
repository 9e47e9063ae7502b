package analysis

import (
	"math"
	"testing"
	"time"

	"readout/moments"
	"readout/sequential"
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
			got, err := test{alpha: c.alpha, sides: c.sides, procedure: groupSequential{}}.powerSoFar(3*size, 3, nil)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, "power so far", got.Or(math.NaN()), want, 1e-9)
		}
	}
}

// TestEndingCritical holds the boundary that a look would have as the end: planned as the end it
// has just that one, and the last look of a test has it anyway. It is above that of a single
// test, all the more with spending that leaves less for the end.
func TestEndingCritical(t *testing.T) {
	process, err := sequential.FromCorrelations([]float64{0, math.Sqrt(1.0 / 2), math.Sqrt(2.0 / 3)})
	if err != nil {
		t.Fatal(err)
	}
	for _, alpha := range []float64{0.05, 0.02} {
		for _, spending := range []sequential.Spending{sequential.OBrienFleming{}, sequential.Pocock{}} {
			g := groupSequential{spending: spending, clock: func(at time.Time) float64 { return float64(at.Unix()) / 4 }}
			of := test{alpha: alpha, sides: 2, procedure: g}
			var looks []Look
			var spend []float64
			for k, r := range []float64{0, math.Sqrt(1.0 / 2), math.Sqrt(2.0 / 3)} {
				l := Look{At: time.Unix(int64(k+1), 0), Time: float64(k+1) / 4, Alpha: 0.05, Correlation: Defined(r)}
				l.Spent = sequential.Spent(spending, l.Time, l.Alpha, 2)
				looks = append(looks, l)
				spend = append(spend, sequential.Spent(spending, l.Time, alpha, 2))
			}
			recorded, _, err := g.boundariesAt(of, 0.05, looks)
			if err != nil {
				t.Fatal(err)
			}
			for k := range looks {
				looks[k].setCritical(of, recorded[k])
			}
			bounds, err := sequential.Boundaries(process, []float64{spend[0], spend[1] - spend[0], alpha - spend[1]}, 2)
			if err != nil {
				t.Fatal(err)
			}
			got, err := of.endingCritical(looks)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, "boundary at an end", got.Value, bounds[2].Value, 1e-9)
			single := sequential.LogUpperQuantile(math.Log(alpha / 2))
			if now := recorded[2].Value; !(single < got.Value) || alpha == 0.05 && !(got.Value < now) {
				t.Errorf("boundary %v as the end, %v as it is, %v of a single test", got.Value, now, single)
			}
		}
	}
}

// TestPowerSoFarAlwaysValid: an always-valid test finds an effect beyond its own boundary of today
// and not beyond that of a single test, and there is no power before it has one.
func TestPowerSoFarAlwaysValid(t *testing.T) {
	e := alwaysValidExperiment()
	e.Statistics.MDE, e.Statistics.HasMDE = 0.05, true
	days := daily(t, testInput(e, 8), func(k int) []moments.Set {
		n := int64(60 * (k + 1))
		return []moments.Set{exactly(10, 4, n), exactly(10.1, 4, n)}
	}, 8)
	for _, card := range days {
		c := first(card)
		boundary, ok := c.Critical.Get()
		if c.PowerSoFar.ok != ok {
			t.Fatalf("%s: power %v with boundary %v", card.Date, c.PowerSoFar, c.Critical)
		}
		if ok {
			want := 0.5 * math.Erfc((boundary-0.5/c.Effect.SE.value)/math.Sqrt2)
			closeTo(t, "power so far", c.PowerSoFar.value, want, 1e-12)
		}
	}
	if c := first(days[0]); c.PowerSoFar.ok {
		t.Error("there is power before the first look")
	}
	if c := first(days[7]); !(c.PowerSoFar.value < 0.3) {
		t.Errorf("power %v with boundary %v, want less than the single test's 0.81", c.PowerSoFar, c.Critical)
	}
}

// TestPowerSoFarOfRareRates holds the boundary that stands for the exact test of rare rates to that
// test: the score at which it would just find something.
func TestPowerSoFarOfRareRates(t *testing.T) {
	const users, alpha, scale = 1000000, 0.05, 700.0
	av := test{alpha: alpha, sides: 2, direction: 1, procedure: exactRate{}}
	look := func(treatment int64) Look {
		return Look{Scale: Defined(scale), Conversions: []Conversions{{Users: users, Treatment: treatment, Control: 5000, Share: 0.5}}}
	}
	excess := int64(0)
	for ; ; excess++ {
		l := look(5000 + excess)
		p, err := l.mixture().P(l.splits())
		if err != nil {
			t.Fatal(err)
		}
		if p.P <= alpha {
			break
		}
	}
	exact := float64(excess) / math.Sqrt(float64(10000+excess))
	got, err := av.endingCritical([]Look{look(5000 + excess)})
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "boundary of a rare rate", got.Value, exact, 0.01)
	if got, err := av.powerSoFar(1, 1, []Look{{Scale: Defined(scale), Conversions: []Conversions{{Users: users, Share: 0.5}}}}); err != nil || got.ok {
		t.Errorf("power %v, %v without a conversion", got, err)
	}
}
