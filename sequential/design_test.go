package sequential

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestExitProbabilitiesByLikelihoodRatio computes the probabilities under a drift a second
// way: from the recursion under no drift, each path weighed by its likelihood ratio.
func TestExitProbabilitiesByLikelihoodRatio(t *testing.T) {
	for _, looks := range []int{2, 5, 10, 28} {
		for _, drift := range []float64{0, 0.5, 1, 2} {
			p, spend := equalLooks(t, looks, 2, OBrienFleming{})
			upper, err := Boundaries(p, spend, 2)
			if err != nil {
				t.Fatal(err)
			}
			means := p.Means(drift)
			exit, err := Design{Process: p, Upper: upper, Lower: Mirror(upper)}.ExitProbabilities(means)
			if err != nil {
				t.Fatal(err)
			}
			w := newWalk(p, evenReach(looks))
			for k, c := range upper {
				above, below := exitsByLikelihoodRatio(w, c.Value, means)
				if !(math.Abs(above-exit.Upper[k]) <= 1e-11) || !(math.Abs(below-exit.Lower[k]) <= 1e-11) {
					t.Errorf("look %d of %d, drift %v: %v and %v, by likelihood ratio %v and %v",
						k+1, looks, drift, exit.Upper[k], exit.Lower[k], above, below)
				}
				w.pass(c, 2)
			}
		}
	}
}

func exitsByLikelihoodRatio(w *walk, c float64, means []float64) (above, below float64) {
	k := w.look
	if k == 0 {
		return upperTail(c - means[0]), upperTail(c + means[0])
	}
	rho, s, m := w.process.rho[k], w.process.s[k], means[k-1]
	for p := 0; p+1 < len(w.inside.edges); p++ {
		mid, half := w.inside.panel(p)
		for j, x := range rule.x {
			u := mid + half*x
			mass := w.inside.masses()[p*nodes+j] * math.Exp(m*u-0.5*m*m)
			centre := means[k] + rho*(u-m)
			above += mass * upperTail((c-centre)/s)
			below += mass * upperTail((c+centre)/s)
		}
	}
	return above, below
}

func TestSingleLookDesign(t *testing.T) {
	d := Design{Process: mustInformation(t, []float64{1}), Upper: []Critical{{Value: 1.96, Finite: true}}}
	power, err := d.Power(3)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "power", power, upperTail(1.96-3), 1e-12, 0)
	inflation, err := d.Inflation(2*upperTail(1.96), 2, 0.8)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "inflation", inflation, 1, 1e-9, 0)
	share, err := d.ExpectedInformation(1)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "expected information", share, 1, 1e-12, 0)
	final, err := d.Stagewise(2.5, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "p", final.P, 2*upperTail(2.5), 1e-12, 0)
	closeTo(t, "estimate", final.Median, 2.5, 0, 1e-8)
	closeTo(t, "lower end", final.Lo, 2.5-1.959963984540054, 0, 1e-8)
	closeTo(t, "upper end", final.Hi, 2.5+1.959963984540054, 0, 1e-8)
}

// TestStagewiseFarBelow: a test that stops early far below has the p-value of one that stops as
// far above.
func TestStagewiseFarBelow(t *testing.T) {
	p := mustInformation(t, []float64{1, 2, 3, 4})
	upper, err := Boundaries(p, increments(OBrienFleming{}, []float64{0.01, 0.02, 0.03, 1}, 0.05, 2), 2)
	if err != nil {
		t.Fatal(err)
	}
	two := Design{Process: p, Upper: upper, Lower: Mirror(upper)}
	one := Design{Process: mustInformation(t, []float64{1}), Upper: upper[:1]}
	for _, z := range []float64{4, 9, 12} {
		for _, d := range []Design{two, one} {
			above, err := d.Stagewise(z, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			below, err := d.Stagewise(-z, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			closeTo(t, "p", below.P, above.P, 1e-9, 0)
		}
	}
}

// TestSwappingSidesMirrors: a drift of the other sign swaps the sides.
func TestSwappingSidesMirrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, times, _ := drawDesign(t)
		upper, err := Boundaries(p, increments(drawSpending(t), times, 0.05, 2), 2)
		if err != nil {
			t.Fatal(err)
		}
		d := Design{Process: p, Upper: upper, Lower: Mirror(upper)}
		drift := rapid.Float64Range(-5, 5).Draw(t, "drift")
		there, err := d.ExitProbabilities(p.Means(drift))
		if err != nil {
			t.Fatal(err)
		}
		back, err := d.ExitProbabilities(p.Means(-drift))
		if err != nil {
			t.Fatal(err)
		}
		for k := range upper {
			if !(math.Abs(there.Upper[k]-back.Lower[k]) <= 1e-9) || !(math.Abs(there.Lower[k]-back.Upper[k]) <= 1e-9) {
				t.Fatalf("look %d: %v and %v, mirrored %v and %v", k+1, there.Upper[k], there.Lower[k], back.Upper[k], back.Lower[k])
			}
		}
	})
}

func TestConditionalPower(t *testing.T) {
	// Halfway with z = 1.5 towards 1.96: under the current estimate and under none.
	rho := math.Sqrt(0.5)
	trend, err := ConditionalPower(1.5, 1.96, rho, 1.5/rho)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "current estimate", trend, upperTail((1.96-1.5/rho)/rho), 1e-12, 0)
	null, err := ConditionalPower(1.5, 1.96, rho, 0)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "no effect", null, upperTail((1.96-1.5*rho)/rho), 1e-12, 0)
	if _, err := ConditionalPower(1, 2, 0, 0); err == nil {
		t.Error("a correlation of 0 was accepted")
	}
	if _, err := ConditionalPower(1, 2, 1, 0); err == nil {
		t.Error("correlation 1: no error")
	}
}

func TestFutilityBounds(t *testing.T) {
	p, spend := equalLooks(t, 5, 2, OBrienFleming{})
	upper, err := Boundaries(p, spend, 2)
	if err != nil {
		t.Fatal(err)
	}
	beta := increments(OBrienFleming{}, equalTimes(5), 0.2, 1)
	means := p.Means(2.8)
	lower, err := FutilityBounds(p, upper, beta, means)
	if err != nil {
		t.Fatal(err)
	}
	d := Design{Process: p, Upper: upper, Lower: lower}
	exit, err := d.ExitProbabilities(means)
	if err != nil {
		t.Fatal(err)
	}
	for k := range beta {
		if lower[k].Value > upper[k].Value {
			t.Errorf("look %d: futility bound %v above %v", k+1, lower[k].Value, upper[k].Value)
		}
		if lower[k].Value < upper[k].Value {
			closeTo(t, "beta spent", exit.Lower[k], beta[k], 0, 1e-10)
		}
	}
	// A hopeless test spends all of beta at once: capped at the efficacy boundary.
	capped, err := FutilityBounds(p, upper, []float64{0.9, 0, 0, 0, 0.2}, p.Means(0))
	if err != nil {
		t.Fatal(err)
	}
	if !(capped[0].Value < upper[0].Value) || capped[1].Finite || capped[4] != upper[4] {
		t.Errorf("bounds %v under %v", capped, upper)
	}
	if _, err := FutilityBounds(p, upper, beta, means[:2]); err == nil {
		t.Error("two means for five looks: no error")
	}
}

func TestInvalidExitProbabilities(t *testing.T) {
	p := mustInformation(t, []float64{1, 2})
	upper := []Critical{{Value: 2, Finite: true}, {Value: 2, Finite: true}}
	crossed := []Critical{{Value: 3, Finite: true}, {}}
	for name, f := range map[string]func() error{
		"lower above upper": func() error {
			_, err := Design{Process: p, Upper: upper, Lower: crossed}.ExitProbabilities(p.Means(1))
			return err
		},
		"bounds of one look": func() error { _, err := Design{Process: p, Upper: upper[:1]}.Power(1); return err },
		"mean NaN": func() error {
			_, err := Design{Process: p, Upper: upper}.ExitProbabilities([]float64{0, math.NaN()})
			return err
		},
		"power 1":      func() error { _, err := Design{Process: p, Upper: upper}.DriftForPower(1); return err },
		"power 0":      func() error { _, err := Design{Process: p, Upper: upper}.DriftForPower(0); return err },
		"confidence 1": func() error { _, err := Design{Process: p, Upper: upper}.Stagewise(1, 1); return err },
		"z NaN":        func() error { _, err := Design{Process: p, Upper: upper}.Stagewise(math.NaN(), 0.9); return err },
		"no looks":     func() error { _, err := Design{}.Stagewise(1, 0.9); return err },
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
