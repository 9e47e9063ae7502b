package sequential

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// equalLooks returns a design with equally spaced looks at alpha 0.05.
func equalLooks(tb testing.TB, looks, sides int, s Spending) (Process, []float64) {
	tb.Helper()
	times := equalTimes(looks)
	return mustInformation(tb, times), increments(s, times, 0.05, sides)
}

func equalTimes(looks int) []float64 {
	times := make([]float64, looks)
	for k := range times {
		times[k] = float64(k+1) / float64(looks)
	}
	return times
}

// upto returns the process of the first k looks.
func (p Process) upto(k int) Process { return Process{rho: p.rho[:k], s: p.s[:k]} }

// TestBoundariesOfKnownDesigns holds two-sided designs at alpha 0.05 to the recursion in
// Python, scipy 1.17.1: densities at the nodes of one Gauss–Legendre rule of 800 points
// (numpy.polynomial.legendre.leggauss), critical values by brentq. The designs of five looks
// agree to 9 digits with gsDesign 3.11.0.9003, gsBound(r = 80, tol = 1e-10), in
// testdata/group_sequential.json.
func TestBoundariesOfKnownDesigns(t *testing.T) {
	for _, c := range []struct {
		name     string
		spending Spending
		times    []float64
		want     []float64
		rtol     float64
	}{
		{"early look is finite", OBrienFleming{}, []float64{1. / 6, 0.5, 1},
			[]float64{5.366557759266083, 2.9625911752641954, 1.9685956977067407}, 1e-9},
		{"five looks", OBrienFleming{}, equalTimes(5),
			[]float64{4.876884948790762, 3.3570119215747103, 2.6802800645451597, 2.289816767712298, 2.0310320433104834}, 1e-9},
		{"five looks", Pocock{}, equalTimes(5),
			[]float64{2.4379766880500116, 2.4268138581501075, 2.410193840271396, 2.396645400648804, 2.3859845716226578}, 1e-9},
		{"far fewer users than planned", OBrienFleming{}, []float64{2065. / 50000, 0.5, 1},
			[]float64{10.96670538888074, 2.962588042727568, 1.968595640593591}, 1e-9},
	} {
		got, err := Boundaries(mustInformation(t, c.times), increments(c.spending, c.times, 0.05, 2), 2)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for k, want := range c.want {
			closeTo(t, fmt.Sprintf("%s: look %d", c.name, k+1), got[k].Value, want, c.rtol, 0)
		}
	}
}

func TestSingleLookIsTheNormalQuantile(t *testing.T) {
	for _, c := range []struct {
		alpha, want float64
		sides       int
	}{
		{0.05, 1.959963984540054, 2},
		{0.05, 1.6448536269514722, 1},
		{0.01, 2.5758293035489004, 2},
		{1e-300, 37.0471, 1},
	} {
		got, err := Boundaries(mustInformation(t, []float64{123}), []float64{c.alpha}, c.sides)
		if err != nil || !got[0].Finite {
			t.Fatalf("alpha %v: %v, %v", c.alpha, got, err)
		}
		closeTo(t, fmt.Sprint(c), got[0].Value, c.want, 1e-6, 0)
		closeTo(t, fmt.Sprint(c), float64(c.sides)*upperTail(got[0].Value), c.alpha, 1e-12, 0)
	}
}

// TestLookThatAddsNothing puts a second look next to the third of five. In the limit the
// alpha of both is spent as at one, so that the critical values of the others stay.
func TestLookThatAddsNothing(t *testing.T) {
	for _, gap := range []float64{0, 1e-15, 1e-12, 1e-9, 1e-7} {
		p := mustInformation(t, []float64{0.2, 0.4, 0.6, 0.6 * (1 + gap), 0.8, 1})
		spend := increments(OBrienFleming{}, []float64{0.2, 0.4, 0.55, 0.6, 0.8, 1}, 0.05, 2)
		got, err := Boundaries(p, spend, 2)
		if err != nil {
			t.Fatal(err)
		}
		want := []float64{4.876884948790762, 3.3570119215747103, got[2].Value, 2.6802800645451597, 2.289816767712298, 2.0310320433104834}
		for k := range want {
			closeTo(t, fmt.Sprintf("gap %v, look %d", gap, k+1), got[k].Value, want[k], 1e-9+gap, 0)
		}
	}
	// A correlation above 1 by rounding, or of exactly 1, is the same look again.
	for _, rho := range []float64{1, 1 + 1e-12, 1.2} {
		p, err := FromCorrelations([]float64{0, rho})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Boundaries(p, []float64{0.02, 0.03}, 2)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, fmt.Sprint(rho), got[1].Value, upperQuantile(0.025), 1e-8, 0)
	}
}

// TestCorrelationsAreThoseOfInformation: looks whose correlations are √(I_j/I_k) have the boundaries of looks with
// these informations.
func TestCorrelationsAreThoseOfInformation(t *testing.T) {
	info := []float64{0.1, 0.15, 0.5, 0.8, 1}
	correlations := make([]float64, len(info))
	for k := 1; k < len(info); k++ {
		correlations[k] = math.Sqrt(info[k-1] / info[k])
	}
	byInformation, err := FromInformation(info)
	if err != nil {
		t.Fatal(err)
	}
	byCorrelations, err := FromCorrelations(correlations)
	if err != nil {
		t.Fatal(err)
	}
	spend := []float64{0.01, 0.01, 0.01, 0.01, 0.01}
	want, err := Boundaries(byInformation, spend, 2)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Boundaries(byCorrelations, spend, 2)
	if err != nil {
		t.Fatal(err)
	}
	for k := range want {
		if math.Abs(got[k].Value-want[k].Value) > 1e-9 {
			t.Errorf("look %d: boundary %v, want %v", k+1, got[k].Value, want[k].Value)
		}
	}
}

func TestIndependentLooks(t *testing.T) {
	for _, rho := range []float64{0, -0.3} {
		p, err := FromCorrelations([]float64{0, rho})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Boundaries(p, []float64{0.02, 0.03}, 2)
		if err != nil {
			t.Fatal(err)
		}
		closeTo(t, fmt.Sprint(rho), 2*upperTail(got[1].Value)*(1-0.02), 0.03, 1e-12, 0)
	}
}

func TestLooksWithoutAlpha(t *testing.T) {
	p := mustInformation(t, []float64{1, 2, 3, 4})
	got, err := Boundaries(p, []float64{0, 0.01, 0, 0.04}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got[0] != (Critical{}) || got[2] != (Critical{}) || !got[1].Finite || !got[3].Finite {
		t.Errorf("got %v, want critical values at looks 2 and 4 only", got)
	}
	alone, err := Boundaries(mustInformation(t, []float64{2, 4}), []float64{0.01, 0.04}, 2)
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "look 2", got[1].Value, alone[0].Value, 1e-12, 0)
	closeTo(t, "look 4", got[3].Value, alone[1].Value, 1e-11, 0)
}

func TestMoreAlphaThanIsLeft(t *testing.T) {
	p := mustInformation(t, []float64{1, 2, 3})
	for sides, want := range map[int]float64{1: -maxZ, 2: 0} {
		got, err := Boundaries(p, []float64{0.6, 0.6, 0.1}, sides)
		if err != nil {
			t.Fatal(err)
		}
		for k := 1; k < 3; k++ {
			if got[k] != (Critical{Value: want, Finite: true}) {
				t.Errorf("%d sides, look %d: %v, want %v", sides, k+1, got[k], want)
			}
		}
	}
}

func TestInvalidDesigns(t *testing.T) {
	two := mustInformation(t, []float64{1, 2})
	_, negative := FromInformation([]float64{1, -2})
	_, nan := FromCorrelations([]float64{0, math.NaN()})
	_, many := FromInformation(make([]float64, MaxLooks+1))
	_, sides := Boundaries(two, []float64{0.01, 0.01}, 3)
	_, short := Boundaries(two, []float64{0.01}, 2)
	_, alpha := Boundaries(two, []float64{0.01, 1}, 2)
	_, earlier := NextBoundary(two, nil, 0.01, 2)
	for want, err := range map[string]error{
		"information of look 2 is -2":          negative,
		"correlation of look 2":                nan,
		"367 looks, want at most 366":          many,
		"3 sides, want 1 or 2":                 sides,
		"given for 1 looks, the process has 2": short,
		"alpha to spend at look 2 is 1":        alpha,
		"0 earlier critical values for look 2": earlier,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to contain %q", err, want)
		}
	}
}

// drawDesign draws a process with up to 20 uneven looks, some of which nearly coincide, and
// times and sides for it.
func drawDesign(t *rapid.T) (Process, []float64, int) {
	looks := rapid.IntRange(1, 20).Draw(t, "looks")
	gap := rapid.OneOf(rapid.Float64Range(0.05, 1), rapid.Float64Range(0.05, 1), rapid.SampledFrom([]float64{0, 1e-10, 1e-5, 1e-3, 1e-2, 5}))
	info, times := make([]float64, looks), make([]float64, looks)
	level, time := 0.0, 0.0
	for k := range info {
		level += gap.Draw(t, "gap")
		if k == 0 {
			level += 0.1
		}
		time += rapid.Float64Range(0.01, 1).Draw(t, "wait")
		info[k], times[k] = level, time
	}
	for k := range times {
		times[k] /= time
	}
	p, err := FromInformation(info)
	if err != nil {
		t.Fatal(err)
	}
	return p, times, rapid.IntRange(1, 2).Draw(t, "sides")
}

func drawSpending(t *rapid.T) Spending {
	return rapid.SampledFrom([]Spending{OBrienFleming{}, Pocock{}, KimDeMets{Rho: 2}, HwangShihDeCani{Gamma: -4}, HwangShihDeCani{Gamma: 1}}).Draw(t, "spending")
}

func TestSpentAlphaAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, times, sides := drawDesign(t)
		alpha := rapid.Float64Range(0.001, 0.2).Draw(t, "alpha")
		spend := increments(drawSpending(t), times, alpha, sides)
		upper, err := Boundaries(p, spend, sides)
		if err != nil {
			t.Fatal(err)
		}
		d := Design{Process: p, Upper: upper}
		if sides == 2 {
			d.Lower = Mirror(upper)
		}
		exit, err := d.ExitProbabilities(p.Means(0))
		if err != nil {
			t.Fatal(err)
		}
		for k := range spend {
			if got := exit.Upper[k] + exit.Lower[k]; !(math.Abs(got-spend[k]) <= 1e-9) {
				t.Fatalf("look %d of %d: probability to stop is %v, to spend was %v", k+1, len(spend), got, spend[k])
			}
		}
	})
}

func TestNextBoundaryContinuesTheDesign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, times, sides := drawDesign(t)
		spend := increments(drawSpending(t), times, 0.05, sides)
		all, err := Boundaries(p, spend, sides)
		if err != nil {
			t.Fatal(err)
		}
		k := rapid.IntRange(1, len(all)).Draw(t, "look")
		next, err := NextBoundary(p.upto(k), all[:k-1], spend[k-1], sides)
		if err != nil {
			t.Fatal(err)
		}
		if next.Finite != all[k-1].Finite || !(math.Abs(next.Value-all[k-1].Value) <= 1e-9) {
			t.Fatalf("look %d: %v, in the whole design %v", k, next, all[k-1])
		}
	})
}

func TestCriticalValuesFallWithAlpha(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, times, sides := drawDesign(t)
		spending := drawSpending(t)
		alpha := rapid.Float64Range(1e-6, 0.1).Draw(t, "alpha")
		strict, err := Boundaries(p, increments(spending, times, alpha, sides), sides)
		if err != nil {
			t.Fatal(err)
		}
		lax, err := Boundaries(p, increments(spending, times, 1.5*alpha, sides), sides)
		if err != nil {
			t.Fatal(err)
		}
		for k := range strict {
			if strict[k].Finite && !(lax[k].Value <= strict[k].Value+1e-9) {
				t.Fatalf("look %d: critical value %v at alpha %v, %v at %v", k+1, strict[k].Value, alpha, lax[k].Value, 1.5*alpha)
			}
		}
	})
}

// TestMoreLooksCostMore splits each look of a design in two: the last critical value is
// then no lower.
func TestMoreLooksCostMore(t *testing.T) {
	for _, s := range []Spending{OBrienFleming{}, Pocock{}, KimDeMets{Rho: 1}} {
		before := 0.0
		for looks := 1; looks <= 64; looks *= 2 {
			p, spend := equalLooks(t, looks, 2, s)
			got, err := Boundaries(p, spend, 2)
			if err != nil {
				t.Fatal(err)
			}
			last := got[looks-1].Value
			if last < before {
				t.Errorf("%T, %d looks: last critical value %v, less than %v", s, looks, last, before)
			}
			before = last
		}
	}
}

func TestDailyLooksForAYear(t *testing.T) {
	p, spend := equalLooks(t, 365, 2, OBrienFleming{})
	got, err := Boundaries(p, spend, 2)
	if err != nil {
		t.Fatal(err)
	}
	exit, err := Design{Process: p, Upper: got, Lower: Mirror(got)}.ExitProbabilities(p.Means(0))
	if err != nil {
		t.Fatal(err)
	}
	upper, lower := exit.Total()
	closeTo(t, "alpha spent", upper+lower, 0.05, 0, 1e-11)
	for k, c := range got {
		if !c.Finite && spend[k] > 1e-300 || math.IsNaN(c.Value) || math.IsInf(c.Value, 0) {
			t.Errorf("look %d: %v", k+1, c)
		}
	}
}

// FuzzBoundaries checks that whatever the numbers, an answer is a number and anything else
// an error.
func FuzzBoundaries(f *testing.F) {
	f.Add(1.0, 2.0, 2.0, 0.01, 0.01, 0.03, 2)
	f.Add(1e-300, 1e300, 1e301, 0.9, 0.09, 0.5, 1)
	f.Add(1.0, 1+1e-15, 0.5, 1e-310, 5e-324, 0.0, 2)
	f.Fuzz(func(t *testing.T, i1, i2, i3, a1, a2, a3 float64, sides int) {
		p, err := FromInformation([]float64{i1, i2, i3})
		if err != nil {
			return
		}
		got, err := Boundaries(p, []float64{a1, a2, a3}, sides)
		if err != nil {
			return
		}
		for k, c := range got {
			if !(math.Abs(c.Value) <= maxZ) {
				t.Errorf("look %d: %v", k+1, c)
			}
		}
	})
}

func BenchmarkBoundaries(b *testing.B) {
	for _, looks := range []int{14, 28, 90, 365} {
		b.Run(fmt.Sprintf("looks=%d", looks), func(b *testing.B) {
			p, spend := equalLooks(b, looks, 2, OBrienFleming{})
			for b.Loop() {
				if _, err := Boundaries(p, spend, 2); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNextBoundary(b *testing.B) {
	for _, looks := range []int{28, 90} {
		b.Run(fmt.Sprintf("look=%d", looks), func(b *testing.B) {
			p, spend := equalLooks(b, looks, 2, OBrienFleming{})
			bounds, err := Boundaries(p, spend, 2)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := NextBoundary(p, bounds[:looks-1], spend[looks-1], 2); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCoincidentLooks is a design in which, after ten ordinary looks, each one adds
// hardly anything: the grid has to resolve what is new at a look.
func BenchmarkCoincidentLooks(b *testing.B) {
	for _, added := range []float64{1e-3, 1e-5, 1e-7} {
		b.Run(fmt.Sprintf("added=%v", added), func(b *testing.B) {
			_, spend := equalLooks(b, 90, 2, OBrienFleming{})
			information := make([]float64, len(spend))
			for k := range information {
				information[k] = min(0.1*float64(k+1), 1) + added*float64(k)
			}
			p := mustInformation(b, information)
			for b.Loop() {
				if _, err := Boundaries(p, spend, 2); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
