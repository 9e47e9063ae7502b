package power

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"readout/moments"
)

var usual = Design{Alpha: 0.05, Power: 0.8}

// Sizes of 10 against 12 % with twice as many users in treatment: a program was reported to
// give those for equal arms. Variances are unpooled, those of the alternative; expected is
// (z_0.025 + z_0.2)²·(p_t(1 − p_t)/w_t + p_c(1 − p_c)/w_c)/effect² with the quantiles of scipy
// 1.17.1.
func TestUnequalSplit(t *testing.T) {
	double := usual
	double.Weights = []float64{1, 2}
	for _, c := range []struct {
		name     string
		baseline float64
		effect   Effect
		design   Design
		exact    []float64
		users    []int64
	}{
		{"equal", 0.10, Effect{Size: 0.02}, usual, []float64{3838.1021900967094, 3838.1021900967094}, []int64{3839, 3839}},
		{"double", 0.10, Effect{Size: 0.02}, double, []float64{2802.0500651626285, 5604.100130325257}, []int64{2803, 5605}},
		{"double, relative", 0.10, Effect{Size: 0.2, Relative: true}, double, []float64{2802.0500651626285, 5604.100130325257}, []int64{2803, 5605}},
		{"double, reversed", 0.12, Effect{Size: -0.02}, double, []float64{2955.103219982436, 5910.206439964872}, []int64{2956, 5911}},
	} {
		s, err := SampleSize(Rate(c.baseline), c.effect, c.design)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for i := range c.exact {
			wantNear(t, c.name, s.Exact[i], c.exact[i], 1e-9)
		}
		if !cmp.Equal(s.Users, c.users) || s.Total != c.users[0]+c.users[1] {
			t.Errorf("%s: %d users, total %d, want %d", c.name, s.Users, s.Total, c.users)
		}
	}
}

func TestPowerNearOne(t *testing.T) {
	s, err := SampleSize(Mean(10, 20), Effect{Size: 0.5}, Design{Alpha: 0.05, Power: 0.999})
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "per arm", s.Exact[0], 81614.34423897443, 1e-9)
	if !cmp.Equal(s.Users, []int64{81615, 81615}) {
		t.Errorf("users = %d", s.Users)
	}
}

func TestSeveralArms(t *testing.T) {
	d := usual
	d.Weights = []float64{50, 20, 30}
	s, err := SampleSize(Mean(0, 1), Effect{Size: 0.1}, d)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Power(Mean(0, 1), Effect{Size: 0.1}, d, s.Exact...)
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "power of the smallest arm", p[0], 0.8, 1e-12)
	if p[1] < p[0] {
		t.Errorf("the larger arm has power %v, the smaller %v", p[1], p[0])
	}
	wantNear(t, "share of control", s.Exact[0]/sum(s.Exact), 0.5, 1e-12)
}

func TestFactors(t *testing.T) {
	plain := sum(size(t, Mean(3, 2), 0.1, usual))
	d := usual
	d.Inflation = 1.03
	wantNear(t, "inflated", sum(size(t, Mean(3, 2), 0.1, d)), 1.03*plain, 1e-12)
	d.VarianceKept = 0.4
	wantNear(t, "with covariates", sum(size(t, Mean(3, 2), 0.1, d)), 0.4*1.03*plain, 1e-12)
	users := size(t, Mean(3, 2), 0.1, d)
	wantNear(t, "power", powerOf(t, Mean(3, 2), 0.1, d, users...), 0.8, 1e-12)
}

func TestMargin(t *testing.T) {
	const z = 1.959963984540054 + 0.8416212335729143
	d := Design{Alpha: 0.025, OneSided: true, Power: 0.8}

	d.Margin = Effect{Size: -0.02}
	wantNear(t, "absolute", size(t, Rate(0.1), 0, d)[0], z*z*0.18/0.0004, 1e-12)
	wantNear(t, "absolute, improving", size(t, Rate(0.1), 0.01, d)[0], z*z*(0.09+0.11*0.89)/0.0009, 1e-12)

	// At least 95 % of control: mean_t − 0.95·mean_c is tested against 0.
	d.Margin = Effect{Size: -0.05, Relative: true}
	wantNear(t, "relative", size(t, Mean(10, 20), 0, d)[0], z*z*400*(1+0.95*0.95)/0.25, 1e-12)

	// At most 5 % more than a negative control: mean_t − 0.95·mean_c again.
	d.Margin = Effect{Size: 0.05, Relative: true}
	wantNear(t, "relative, negative control", size(t, Mean(-10, 20), 0, d)[0], z*z*400*(1+0.95*0.95)/0.25, 1e-12)

	// A metric that must not rise: any fall helps.
	d.Margin = Effect{Size: 0.02}
	wantNear(t, "upper", size(t, Rate(0.1), -0.01, d)[0], z*z*(0.09+0.09*0.91)/0.0009, 1e-12)
	got, err := MDE(Rate(0.1), d, size(t, Rate(0.1), -0.01, d)...)
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "effect", got[0], -0.01, 1e-9)

	if p := powerOf(t, Rate(0.1), 0.02, d, 1000, 1000); !(math.Abs(p-0.025) <= 1e-12) {
		t.Errorf("power at the margin = %v, want alpha", p)
	}
}

// ratioOf is the baseline of the ratio of two columns of past moments.
func ratioOf(t *testing.T, history moments.Set, numerator, denominator int) Baseline {
	t.Helper()
	y := Column{history.Mean[numerator], math.Sqrt(history.Cov(numerator, numerator))}
	d := Column{history.Mean[denominator], math.Sqrt(history.Cov(denominator, denominator))}
	rho := 0.0
	if y.SD > 0 && d.SD > 0 {
		rho = history.Cov(numerator, denominator) / y.SD / d.SD
	}
	b, err := Ratio(y, d, min(rho, 1))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRatio: the numbers that sum a history up give the variance of the history's
// linearisation, one ordinary variance of y − R·d over users.
func TestRatio(t *testing.T) {
	for _, users := range [][][]float64{
		{{3, 1}, {0, 2}, {5, 2}, {1, 1}, {4, 3}, {2, 3}},
		{{-3, 1}, {0, 2}, {-5, 2}, {7, 0}, {1, 9}},
		{{3e6, 1}, {3e6 + 1, 1}, {9e6 + 5, 3}}, // all but proportional
		{{1, 1}, {2, 1}, {4, 1}},               // a mean
		{{3, 1}, {3, 2}, {3, 6}},               // a numerator that does not vary
	} {
		h, linear := moments.New(2), moments.New(1)
		for _, u := range users {
			h.Add(u...)
		}
		r := h.Mean[0] / h.Mean[1]
		for _, u := range users {
			linear.Add((u[0] - r*u[1]) / h.Mean[1])
		}
		got := ratioOf(t, h, 0, 1)
		wantNear(t, "ratio", got.mean, r, 1e-12)
		// The correlation itself has rounding, which counts where it is near 1.
		rho := h.Cov(0, 1) / math.Sqrt(h.Cov(0, 0)*h.Cov(1, 1))
		if math.IsNaN(rho) {
			rho = 0
		}
		wantNear(t, "variance", got.variance, linear.Cov(0, 0), 1e-9+1e-15/(1-rho*rho))
	}
	f := func(want string, y, d Column, rho float64) {
		t.Helper()
		switch _, err := Ratio(y, d, rho); {
		case want == "" && err != nil:
			t.Errorf("%v, %v, %v: %v", y, d, rho, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%v, %v, %v: error %v, want %s", y, d, rho, err, want)
		}
	}
	f("the denominator is 0 on average", Column{1, 1}, Column{0, 1}, 0)
	f("must be 0 or above", Column{1, -1}, Column{1, 1}, 0)
	f("must be 0 or above", Column{1, 1}, Column{1, math.NaN()}, 0)
	f("between -1 and 1, got 1.5", Column{1, 1}, Column{1, 1}, 1.5)
	f("between -1 and 1, got -1.5", Column{1, 1}, Column{1, 1}, -1.5)
	f("the ratio does not vary", Column{2, 4}, Column{1, 2}, 1)
	f("", Column{2, 4}, Column{1, 3}, 1)
	f("", Column{2, 4}, Column{1, 2}, -1)
	f("", Column{2, 0}, Column{1, 2}, 0)
}

// TestRelative: a fall of a metric that is below 0 is a fall, and a mean of 0 has no shares.
func TestRelative(t *testing.T) {
	for _, c := range []struct{ mean, absolute, want float64 }{{4, -1, -0.25}, {-4, -1, -0.25}, {-4, 1, 0.25}} {
		if got, ok := Mean(c.mean, 1).Relative(c.absolute); !ok || got != c.want {
			t.Errorf("%v of %v: %v, %v, want %v", c.absolute, c.mean, got, ok, c.want)
		}
	}
	if got, ok := Mean(0, 1).Relative(1); ok {
		t.Errorf("a share of 0: %v", got)
	}
}

func TestRefused(t *testing.T) {
	tenth := Effect{Size: 0.1}
	with := func(change func(*Design)) Design {
		d := usual
		change(&d)
		return d
	}
	for _, c := range []struct {
		name   string
		b      Baseline
		e      Effect
		d      Design
		reason string
	}{
		{"power 0", Mean(1, 1), tenth, Design{Alpha: 0.05}, "power must be above 0 % and below 100 %, got 0 %"},
		{"power 100 %", Mean(1, 1), tenth, Design{Alpha: 0.05, Power: 1}, "power must be above 0 % and below 100 %, got 100 %"},
		{"power NaN", Mean(1, 1), tenth, Design{Alpha: 0.05, Power: math.NaN()}, "power must be above 0 % and below 100 %, got NaN %"},
		{"power below alpha", Mean(1, 1), tenth, Design{Alpha: 0.05, Power: 0.02}, "power must be above 2.5 % and below 100 %, got 2 %: false alarms alone reach that without users"},
		{"alpha 0", Mean(1, 1), tenth, Design{Power: 0.8}, "alpha must be above 0 and below 1, got 0"},
		{"alpha 1", Mean(1, 1), tenth, Design{Alpha: 1, Power: 0.8}, "alpha must be above 0 and below 1, got 1"},
		{"effect 0", Mean(1, 1), Effect{}, usual, "the effect to detect must not be 0; any other size is valid, the smaller, the more users"},
		{"effect NaN", Mean(1, 1), Effect{Size: math.NaN()}, usual, "an effect must be a finite number"},
		{"rate above 1", Rate(1.2), tenth, usual, "a rate must lie between 0 and 100 %, got a baseline of 120 %"},
		{"rate doubled above 1", Rate(0.6), Effect{Size: 1, Relative: true}, usual, "a rate must lie between 0 and 100 %, but 60 % changed by +60 points is 120 %"},
		{"rate below 0", Rate(0.1), Effect{Size: -0.2}, usual, "a rate must lie between 0 and 100 %, but 10 % changed by -20 points is -10 %"},
		{"baseline 0", Rate(0), Effect{Size: 0.1, Relative: true}, usual, "cannot be computed: the baseline is 0, so a relative effect has no size; give an absolute one"},
		{"margin of baseline 0", Mean(0, 1), tenth, with(func(d *Design) { d.Margin = Effect{Size: -0.1, Relative: true} }),
			"margin: cannot be computed: the baseline is 0, so a relative effect has no size; give an absolute one"},
		{"beyond the margin", Mean(1, 1), Effect{Size: -0.2}, with(func(d *Design) { d.Margin = Effect{Size: -0.1} }),
			"the effect must lie on the good side of the margin: -0.2 does not for a margin of -0.1"},
		{"on the margin", Mean(1, 1), Effect{Size: -0.1}, with(func(d *Design) { d.Margin = Effect{Size: -0.1} }),
			"the effect must lie on the good side of the margin: -0.1 does not for a margin of -0.1"},
		{"no variance", Mean(1, 0), tenth, usual, "the standard deviation must be above 0"},
		{"negative deviation", Mean(1, -2), tenth, usual, "the standard deviation must be above 0"},
		{"no baseline", Baseline{}, tenth, usual, "the standard deviation must be above 0"},
		{"infinite baseline", Mean(math.Inf(1), 1), tenth, usual, "the baseline must be a finite number"},
		{"huge deviation", Mean(10, 1e200), tenth, usual, "the standard deviation must be a number whose square is finite, below 1e154"},
		{"certain rates", Rate(0), Effect{Size: 1}, usual, "cannot be computed: the metric has no variance in either arm"},
		{"weight 0", Mean(1, 1), tenth, with(func(d *Design) { d.Weights = []float64{1, 0} }), "each weight must be above 0, got 0"},
		{"one weight", Mean(1, 1), tenth, with(func(d *Design) { d.Weights = []float64{1} }), "weights must name control and at least one treatment arm, got 1"},
		{"infinite weight", Mean(1, 1), tenth, with(func(d *Design) { d.Weights = []float64{1, math.Inf(1)} }), "weights must be finite numbers"},
		{"inflation", Mean(1, 1), tenth, with(func(d *Design) { d.Inflation = -1 }), "the inflation of the design must be above 0, got -1"},
		{"variance kept", Mean(1, 1), tenth, with(func(d *Design) { d.VarianceKept = -1 }), "the share of variance kept must be above 0, got -1"},
		{"variance kept NaN", Mean(1, 1), tenth, with(func(d *Design) { d.VarianceKept = math.NaN() }), "the share of variance kept must be above 0, got NaN"},
		{"tiny effect", Mean(1, 1), Effect{Size: 1e-9}, usual, "more users are needed than can be counted: the effect is too small for this variance"},
		{"tiny effect, t", Mean(1, 1), Effect{Size: 1e-9}, with(func(d *Design) { d.StudentT = true }), "more users are needed than can be counted: the effect is too small for this variance"},
		{"huge effect", Mean(1e308, 1), Effect{Size: 1e308, Relative: false}, with(func(d *Design) { d.Margin = Effect{Size: -1e308} }),
			"baseline, effect or margin are too large to compute with"},
	} {
		s, err := SampleSize(c.b, c.e, c.d)
		if err == nil {
			t.Errorf("%s: %+v", c.name, s)
		} else if err.Error() != c.reason {
			t.Errorf("%s: %q, want %q", c.name, err, c.reason)
		}
	}

	for _, users := range [][]float64{nil, {10}, {10, 1}, {math.NaN(), 10}, {10, math.Inf(1)}} {
		if p, err := Power(Mean(1, 1), tenth, usual, users...); err == nil {
			t.Errorf("power of %v users = %v", users, p)
		}
		if e, err := MDE(Mean(1, 1), usual, users...); err == nil {
			t.Errorf("effect of %v users = %v", users, e)
		}
	}
	for _, d := range []Design{{Alpha: 0.05}, {Alpha: 0.05, Power: 1}, {Power: 0.8}} {
		if e, err := MDE(Mean(1, 1), d, 10, 10); err == nil {
			t.Errorf("effect by %+v = %v", d, e)
		}
	}
	_, err := MDE(Rate(0.9), usual, 20, 20)
	if want := "no effect on a rate of 90 % is found with power 80 % by 20 and 20 users"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	_, err = Power(Mean(1, 1), tenth, usual, 10, 5e19)
	if want := "each arm must have from 2 to 9007199254740992 users, got 5e+19"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	// An effect of 0 has a power: that of a false alarm.
	if p := powerOf(t, Mean(1, 1), 0, usual, 10, 10); !(math.Abs(p-0.025) <= 1e-12) {
		t.Errorf("power at 0 = %v, want 0.025", p)
	}
}

// 0.07 times 100 is 7.000000000000001 in floating point, but 7 users.
func TestRoundedUp(t *testing.T) {
	if got := newSize(100, []float64{0.07, 0.93}).Users; !cmp.Equal(got, []int64{7, 93}) {
		t.Errorf("users = %d, want 7 and 93", got)
	}
	if got := newSize(100.01, []float64{0.07, 0.93}).Users; !cmp.Equal(got, []int64{8, 94}) {
		t.Errorf("users = %d, want 8 and 94", got)
	}
}

func TestAtLeastTwoUsers(t *testing.T) {
	for _, studentT := range []bool{false, true} {
		d := usual
		d.StudentT = studentT
		s, err := SampleSize(Mean(0, 1), Effect{Size: 1000}, d)
		if err != nil {
			t.Fatal(err)
		}
		if s.Users[0] < 2 || s.Users[1] < 2 {
			t.Errorf("users = %d", s.Users)
		}
	}
}

func TestDays(t *testing.T) {
	for _, c := range []struct {
		users  int64
		perDay float64
		want   int64
	}{
		{0, 10, 1}, {1, 10, 1}, {10, 10, 1}, {11, 10, 2}, {7678, 1000, 8}, {3, 0.1, 30}, {3, 0.3, 10},
	} {
		got, err := Days(c.users, c.perDay)
		if err != nil || got != c.want {
			t.Errorf("%d users at %v per day: %d, %v, want %d", c.users, c.perDay, got, err, c.want)
		}
	}
	for _, perDay := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := Days(100, perDay); err == nil || err.Error() != "cannot be computed: no users per day" {
			t.Errorf("%v per day: %v", perDay, err)
		}
	}
	if _, err := Days(math.MaxInt64, 1); err == nil {
		t.Error("more than a million days")
	}
	if _, err := Days(-1, 1); err == nil {
		t.Error("negative users")
	}
	for _, c := range [][2]int64{{1, 7}, {6, 7}, {7, 7}, {8, 14}, {14, 14}, {15, 21}} {
		if got := WholeWeeks(c[0]); got != c[1] {
			t.Errorf("%d days are whole weeks of %d days, want %d", c[0], got, c[1])
		}
	}
}

func drawBaseline(t *rapid.T) Baseline {
	if rapid.Bool().Draw(t, "rate") {
		return Rate(rapid.Float64Range(0.01, 0.9).Draw(t, "p"))
	}
	return Mean(rapid.Float64Range(-100, 100).Draw(t, "mean"), rapid.Float64Range(0.1, 50).Draw(t, "sd"))
}

func drawDesign(t *rapid.T) Design {
	d := Design{
		Alpha:        rapid.SampledFrom([]float64{0.1, 0.05, 0.01, 1e-6}).Draw(t, "alpha"),
		Power:        rapid.Float64Range(0.2, 0.99).Draw(t, "power"),
		OneSided:     rapid.Bool().Draw(t, "one-sided"),
		Inflation:    rapid.Float64Range(1, 1.5).Draw(t, "inflation"),
		VarianceKept: rapid.Float64Range(0.1, 1).Draw(t, "kept"),
		Weights:      []float64{1, rapid.Float64Range(0.1, 10).Draw(t, "weight")},
		StudentT:     rapid.IntRange(0, 3).Draw(t, "t") == 0,
	}
	return d
}

func drawEffect(t *rapid.T, b Baseline) float64 {
	room := math.Sqrt(b.variance)
	if b.rate {
		room = 0.9 * (1 - b.mean)
	}
	return room * rapid.Float64Range(0.02, 1).Draw(t, "effect")
}

// Size, power and effect undo each other, with and without a margin.
func TestUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, d := drawBaseline(t), drawDesign(t)
		effect := drawEffect(t, b)
		if rapid.Bool().Draw(t, "margin") {
			d.Margin = Effect{Size: -0.01, Relative: b.mean != 0}
		}
		s, err := SampleSize(b, Effect{Size: effect}, d)
		if err != nil {
			t.Fatal(err)
		}
		fewest := 2.0
		if d.StudentT {
			// Below, power depends on the two users that t needs, and for rates falls again near 1.
			fewest = 20 * d.Inflation
		}
		if math.Min(s.Exact[0], s.Exact[1]) < fewest {
			t.Skip("too few users")
		}
		p, err := Power(b, Effect{Size: effect}, d, s.Exact...)
		if err != nil || !(math.Abs(p[0]-d.Power) <= 1e-7) {
			t.Errorf("power = %v, %v, want %v", p, err, d.Power)
		}
		e, err := MDE(b, d, s.Exact...)
		if err != nil || !(math.Abs(e[0]-effect) <= 1e-6*effect) {
			t.Errorf("effect = %v, %v, want %v", e, err, effect)
		}
	})
}

func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, d := drawBaseline(t), drawDesign(t)
		effect := drawEffect(t, b)
		last := 0.0
		for n := 4.0; n < 1e6; n *= 3 {
			p, err := Power(b, Effect{Size: effect}, d, n, 2*n)
			if err != nil {
				t.Fatal(err)
			}
			// Student's t may lose the last digits to the quadrature.
			if p[0] < last-1e-9 || p[0] > 1 {
				t.Errorf("power %v with %v users, %v with fewer", p[0], n, last)
			}
			last = p[0]
		}
	})
}

// A fall of a rate p is a rise of 1 − p; the sign of a mean and the unit do not matter; and with
// equal variances it does not matter which arm is called control.
func TestMirror(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDesign(t)
		p := rapid.Float64Range(0.05, 0.5).Draw(t, "p")
		effect := p * rapid.Float64Range(0.05, 0.9).Draw(t, "effect")
		exact := func(b Baseline, e Effect, d Design) float64 {
			s, err := SampleSize(b, e, d)
			if err != nil {
				t.Fatal(err)
			}
			return sum(s.Exact)
		}
		near := func(what string, got, want float64) {
			if !(math.Abs(got-want) <= 1e-8*math.Abs(want)) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		near("rate", exact(Rate(1-p), Effect{Size: effect}, d), exact(Rate(p), Effect{Size: -effect}, d))
		m := exact(Mean(p, 1), Effect{Size: effect}, d)
		near("sign", exact(Mean(-p, 1), Effect{Size: -effect}, d), m)
		near("unit", exact(Mean(1000*p, 1000), Effect{Size: 1000 * effect}, d), m)
		near("relative", exact(Mean(-p, 1), Effect{Size: effect / p, Relative: true}, d), m)
		swapped := d
		swapped.Weights = []float64{d.Weights[1], d.Weights[0]}
		near("arms", exact(Mean(p, 1), Effect{Size: effect}, swapped), m)

		down := d
		down.Decrease = true
		rise, errUp := MDE(Rate(1-p), d, 5000, 8000)
		fall, errDown := MDE(Rate(p), down, 5000, 8000)
		if (errUp == nil) != (errDown == nil) {
			t.Fatalf("%v against %v", errUp, errDown)
		}
		if errUp == nil {
			near("effect", -fall[0], rise[0])
		}
	})
}

// Whatever is asked: an answer that is a number, or a refusal.
func TestAlwaysFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-2, 2),
			rapid.SampledFrom([]float64{0, 1, -1, 1e-300, 1e300, math.NaN(), math.Inf(1)}))
		b := Mean(value.Draw(t, "mean"), value.Draw(t, "sd"))
		if rapid.Bool().Draw(t, "rate") {
			b = Rate(value.Draw(t, "rate"))
		}
		d := Design{
			Alpha: value.Draw(t, "alpha"), Power: value.Draw(t, "power"), StudentT: rapid.Bool().Draw(t, "t"),
			Margin:    Effect{Size: value.Draw(t, "margin"), Relative: rapid.Bool().Draw(t, "relative")},
			Inflation: value.Draw(t, "inflation"), VarianceKept: value.Draw(t, "kept"),
		}
		if rapid.Bool().Draw(t, "sane") {
			d.Alpha, d.Power, d.Inflation = 0.05, 0.8, 0
		}
		e := Effect{Size: value.Draw(t, "effect"), Relative: rapid.Bool().Draw(t, "relative effect")}
		users := []float64{value.Draw(t, "users"), 100}
		if s, err := SampleSize(b, e, d); err == nil && (!finite(sum(s.Exact)) || s.Total < 4) {
			t.Errorf("size %+v of %+v %+v by %+v", s, b, e, d)
		}
		if p, err := Power(b, e, d, users...); err == nil && !(p[0] >= 0 && p[0] <= 1) {
			t.Errorf("power %v of %+v %+v by %+v", p, b, e, d)
		}
		if m, err := MDE(b, d, users...); err == nil && !finite(m[0]) {
			t.Errorf("effect %v of %+v by %+v", m, b, d)
		}
	})
}

// With no noncentrality the distribution is Student's; for df = 1 and 2 that has a closed form.
func TestNoncentralT(t *testing.T) {
	for _, c := range []float64{-3, -0.5, 0, 1, 12.7} {
		if got, want := noncentralT(c, 1, 0), 0.5+math.Atan(c)/math.Pi; !(math.Abs(got-want) <= 1e-10) {
			t.Errorf("df 1 at %v: %v, want %v", c, got, want)
		}
		if got, want := noncentralT(c, 2, 0), 0.5+c/(2*math.Sqrt(2+c*c)); !(math.Abs(got-want) <= 1e-12) {
			t.Errorf("df 2 at %v: %v, want %v", c, got, want)
		}
	}
	// Few degrees of freedom and a critical value so large that the integrand is a step.
	// Computed with mpmath 1.4: quad of Φ(c·s − drift)·f(s), cut at the step.
	for _, c := range []struct{ c, df, drift, want float64 }{
		{223.60344363403718, 2, 50, 0.95121087551754284},
		{47.92772837593392, 3, 50, 0.35277148655659912},
		{31.59905457644362, 2, 50, 0.082105481358784759},
		{636.6192487687197, 1, 5, 0.99373349624836372},
		{131.59473694062356, 4, 50, 0.96547449849597336},
		{63.65674116287159, 1, 50, 0.43223908815318189},
	} {
		if got := noncentralT(c.c, c.df, c.drift); !(math.Abs(got-c.want) <= 1e-12) {
			t.Errorf("df %v and drift %v at %v: %v, want %v", c.df, c.drift, c.c, got, c.want)
		}
	}
}

func TestCriticalT(t *testing.T) {
	// Computed with mpmath 1.4: findroot of betainc(df/2, 1/2, 0, df/(df+t²))/2 = alpha.
	for _, c := range []struct{ alpha, df, want float64 }{
		{0.025, 2, 4.3026527297494637},
		{0.025, 49, 2.0095752371292396},
		{0.025, 51, 2.007583770315836},
		{0.005, 1000, 2.5807546980659511},
		{5e-08, 1000, 5.3660905533699444},
		{1e-07, 30000, 5.2005524417333252},
		{1e-08, 100000, 5.6124571748817133},
		{1e-12, 1e+06, 7.0345726084112566},
		{0.9, 200, -1.2857987939948012},
	} {
		if got := criticalT(c.alpha, c.df); !(math.Abs(got/c.want-1) <= 1e-13) {
			t.Errorf("exceeded with probability %v at df %v: %.17g, want %.17g", c.alpha, c.df, got, c.want)
		}
	}
	if got := criticalT(1e-300, 300); !finite(got) {
		t.Errorf("exceeded with probability 1e-300: %v", got)
	}
}
