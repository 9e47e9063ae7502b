package sequential

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// TestBinomialMixtureIsAMartingale: whatever the number of conversions, the mean of Λ over
// what the null hypothesis makes of them is 1.
func TestBinomialMixtureIsAMartingale(t *testing.T) {
	for _, c := range []struct{ scale, share, ratio float64 }{{3, 0.5, 1}, {20, 0.1, 1}, {0.7, 0.8, 2.5}} {
		m := BinomialMixture{Scale: c.scale}
		pi := c.share * c.ratio / (c.share*c.ratio + 1 - c.share)
		for _, n := range []int64{0, 1, 7, 40} {
			mean := 0.0
			for k := range n + 1 {
				lnp := -math.Log(float64(n+1)) - logBeta(float64(k+1), float64(n-k+1)) + float64(k)*math.Log(pi) + float64(n-k)*math.Log1p(-pi)
				mean += math.Exp(lnp + m.logLambda(math.Log(c.ratio), []ConversionSplit{{k, n - k, c.share}}))
			}
			closeTo(t, "mean likelihood ratio", mean, 1, 1e-11, 0)
		}
	}
}

// TestBinomialMixtureInterval: for few conversions Λ is a fraction that can be worked out by
// hand. With ρ = 2 and q = ½ the shares are mixed over evenly, and 3 conversions that are all
// in treatment have Λ(θ) = ¼/π³.
func TestBinomialMixtureInterval(t *testing.T) {
	m := BinomialMixture{Scale: 2}
	splits := []ConversionSplit{{Treatment: 3, Share: 0.5}}
	closeTo(t, "p", must[PValue](t)(m.P(splits)).P, 0.5, 1e-12, 0)
	in := must[RatioInterval](t)(m.Interval(0.05, splits))
	pi := math.Cbrt(0.05 / 4)
	closeTo(t, "lower end", in.Lo, pi/(1-pi), 1e-11, 0)
	if in.HiFinite {
		t.Errorf("upper end %v without a conversion in control", in.Hi)
	}
	// 3 in control: the same with the arms swapped.
	in = must[RatioInterval](t)(m.Interval(0.05, []ConversionSplit{{Control: 3, Share: 0.5}}))
	closeTo(t, "upper end", in.Hi, (1-pi)/pi, 1e-11, 0)
	if in.Lo != 0 || !in.HiFinite {
		t.Errorf("interval %+v", in)
	}
	if in := must[RatioInterval](t)(m.Interval(0.05, nil)); in.Lo != 0 || in.HiFinite {
		t.Errorf("interval %+v without conversions", in)
	}
	// An end beyond the range of float64 is none.
	in = must[RatioInterval](t)(BinomialMixture{Scale: math.Exp(7.75)}.Interval(math.Exp(-1), []ConversionSplit{{15, 0, 0.03125}, {224, 1, 0.015625}}))
	if in.Lo <= 1 || in.HiFinite || in.Hi != 0 {
		t.Errorf("interval %+v", in)
	}
	// Phases that contradict each other leave no ratio.
	in = must[RatioInterval](t)(m.Interval(0.05, []ConversionSplit{{1000, 10, 0.5}, {10, 1000, 0.5}}))
	closeTo(t, "the likeliest ratio", in.Lo, 1, 1e-9, 0)
	closeTo(t, "the likeliest ratio", in.Hi, 1, 1e-9, 0)
}

// TestBinomialMixtureAgrees: the p-value is at most alpha exactly where the interval leaves 1
// out, and swapping the arms inverts the interval.
func TestBinomialMixtureAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := BinomialMixture{Scale: math.Exp(rapid.Float64Range(-3, 8).Draw(t, "log scale"))}
		alpha := math.Exp(rapid.Float64Range(-30, -0.1).Draw(t, "log alpha"))
		var splits, swapped []ConversionSplit
		for range rapid.IntRange(1, 3).Draw(t, "phases") {
			s := ConversionSplit{
				Treatment: rapid.Int64Range(0, 300).Draw(t, "treatment"), Control: rapid.Int64Range(0, 300).Draw(t, "control"),
				Share: rapid.Float64Range(0.01, 0.99).Draw(t, "share"),
			}
			splits, swapped = append(splits, s), append(swapped, ConversionSplit{s.Control, s.Treatment, 1 - s.Share})
		}
		in, err := m.Interval(alpha, splits)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.P(splits)
		if err != nil {
			t.Fatal(err)
		}
		outside := in.Lo > 1 || in.HiFinite && in.Hi < 1
		if gap := p.LogP - math.Log(alpha); math.Abs(gap) > 1e-8 && outside != (gap < 0) {
			t.Fatalf("p %v at alpha %v, interval %+v", p.P, alpha, in)
		}
		back, err := m.Interval(alpha, swapped)
		if err != nil {
			t.Fatal(err)
		}
		if in.HiFinite != (1/back.Lo <= math.MaxFloat64) || in.HiFinite && math.Abs(in.Hi*back.Lo-1) > 1e-8 {
			t.Fatalf("interval %+v, with the arms swapped %+v", in, back)
		}
	})
}

// TestBinomialMixtureKeepsItsLevel: looking at every conversion, from the first one on. The
// interval leaves out the true ratio at some look in no more runs than alpha.
func TestBinomialMixtureKeepsItsLevel(t *testing.T) {
	const runs, conversions, alpha, ratio, share = 2000, 150, 0.1, 1.5, 0.3
	m := BinomialMixture{Scale: 10}
	r := rand.New(rand.NewPCG(3, 0))
	missed := 0
	for range runs {
		s := []ConversionSplit{{Share: share}}
		for range conversions {
			if r.Float64() < share*ratio/(share*ratio+1-share) {
				s[0].Treatment++
			} else {
				s[0].Control++
			}
			if m.logLambda(math.Log(ratio), s) >= -math.Log(alpha) {
				missed++
				break
			}
		}
	}
	if rate := float64(missed) / runs; rate > alpha+3*math.Sqrt(alpha/runs) || rate < alpha/3 {
		t.Errorf("%v of the runs missed the ratio at alpha %v", rate, alpha)
	}
}

func TestBinomialMixtureRefuses(t *testing.T) {
	m, some := BinomialMixture{Scale: 1}, []ConversionSplit{{1, 2, 0.5}}
	for name, f := range map[string]func() error{
		"no scale":        func() error { _, err := BinomialMixture{}.P(some); return err },
		"share 1":         func() error { _, err := m.P([]ConversionSplit{{1, 2, 1}}); return err },
		"negative count":  func() error { _, err := m.Interval(0.05, []ConversionSplit{{-1, 2, 0.5}}); return err },
		"alpha 0":         func() error { _, err := m.Interval(0, some); return err },
		"share not a NaN": func() error { _, err := m.Interval(0.05, []ConversionSplit{{1, 2, math.NaN()}}); return err },
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
