package reports

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"readout/analysis"
	"readout/internal/digits"
)

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{
		0: "0%", 1: "100%", 0.5: "50.00%", 0.12345: "12.35%", 22.0 / 100000: "0.022%", 1.0 / 3e7: "0.00000333%",
		1 - 22e-6: "99.9978%", 1 - 1e-13: "> 99.99%", 1e-14: "1.00e-12%", 2.5: "250.00%", -0.01: "-1.00%",
	} {
		if got := percent(share); got != want {
			t.Errorf("percent(%v) = %q, want %q", share, got, want)
		}
	}
	for share, want := range map[float64]string{0: "0%", 0.95: "95%", 0.025: "2.5%", 1: "100%", 0.333333: "33.333%", 0.00062: "0.062%", 1e-7: "0.00001%"} {
		if got := shortPercent(share); got != want {
			t.Errorf("shortPercent(%v) = %q, want %q", share, got, want)
		}
	}
}

func TestPValue(t *testing.T) {
	none := analysis.Number{}
	for _, tt := range []struct {
		p, lnP, alpha analysis.Number
		want          string
	}{
		{none, none, none, "-"},
		{def(1), none, def(0.05), "1.00"},
		{def(0.5), none, none, "0.500"},
		{def(0.0123456), none, def(0.05), "0.0123"},
		{def(1.234e-7), none, def(0.05), "1.23e-07"},
		{def(0.00099996), none, none, "1.00e-03"},
		{def(0.0499999), none, def(0.05), "0.0499999"},
		{def(0.0500001), none, def(0.05), "0.0500001"},
		{def(0.05), none, def(0.05), "0.0500"},
		{def(1e-300), def(-2e8), def(0.05), "< 1e-300"},
		{def(1e-300), none, def(0.05), "< 1e-300"},
		{def(0), none, def(0.05), "< 1e-300"},
		{def(3e-300), def(math.Log(3e-300)), def(0.05), "3.00e-300"},
	} {
		if got := pValue(tt.p, tt.lnP, tt.alpha); got != tt.want {
			t.Errorf("pValue(%v, %v, %v) = %q, want %q", tt.p, tt.lnP, tt.alpha, got, tt.want)
		}
	}
}

func TestEffect(t *testing.T) {
	none := analysis.Number{}
	for _, tt := range []struct {
		kind              string
		value, se, lo, hi analysis.Number
		want              string
	}{
		{"mean", none, none, none, none, "-"},
		{"mean", def(0), none, none, none, "0.00"},
		{"mean", def(1.86673), def(0.427), def(0.7413), def(2.9921), "+1.87 [+0.74, +2.99]"},
		{"mean", def(-1234.5), def(400), none, none, "-1,234"},
		{"mean", def(1), def(0.4), def(0.0001), def(2), "+1.00 [+0.0001, +2.00]"},
		{"mean", def(1), def(0), def(1), def(1), "+1.00 [+1.00, +1.00]"},
		{"proportion", def(0.01), def(0.004), def(0.0012), def(0.019), "+1.00 [+0.12, +1.90] pp"},
		{"proportion", def(-0.0000123), none, none, none, "-0.00123 pp"},
		{"proportion", def(0.0178), def(0.012), def(0.0012), none, "+1.78 [+0.12, no limit] pp"},
		{"mean", def(-1.5), def(0.4), none, def(-0.25), "-1.50 [no limit, -0.25]"},
	} {
		if got := effect(tt.kind, tt.value, tt.se, tt.lo, tt.hi); got != tt.want {
			t.Errorf("effect(%s, %v, %v, %v, %v) = %q, want %q", tt.kind, tt.value, tt.se, tt.lo, tt.hi, got, tt.want)
		}
	}
}

func TestLift(t *testing.T) {
	for _, tt := range []struct {
		comparison analysis.Comparison
		want       string
	}{
		{analysis.Comparison{}, "-"},
		{analysis.Comparison{Lift: def(0.1)}, "+10.0%"},
		{analysis.Comparison{Lift: def(0.1), LiftLo: def(0.012), LiftHi: def(0.191)}, "+10.0% [+1.2%, +19.1%]"},
		{analysis.Comparison{Lift: def(-0.1), LiftUnbounded: true}, "-10.0% [unbounded]"},
		{analysis.Comparison{Lift: def(0)}, "0.00%"},
		{analysis.Comparison{Lift: def(0.119), LiftLo: def(0.0231)}, "+11.9% [+2.3%, no limit]"},
	} {
		if got := lift(&tt.comparison); got != tt.want {
			t.Errorf("lift = %q, want %q", got, tt.want)
		}
	}
}

func TestMean(t *testing.T) {
	none := analysis.Number{}
	for _, tt := range []struct {
		kind      string
		value, se analysis.Number
		want      string
	}{
		{"mean", none, none, "-"},
		{"mean", def(20.23814), def(0.2951), "20.24"},
		{"mean", def(1e9), def(0.0101), "1,000,000,000.000"},
		{"mean", def(1234567.8), def(5000), "1,234,568"},
		{"mean", def(0.5), none, "0.5"},
		{"ratio", def(0.00001234567), none, "0.00001235"},
		{"proportion", def(0.00022), def(0.1), "0.022%"},
	} {
		if got := mean(tt.kind, tt.value, tt.se); got != tt.want {
			t.Errorf("mean(%s, %v, %v) = %q, want %q", tt.kind, tt.value, tt.se, got, tt.want)
		}
	}
}

// What is printed never changes sign, and is 0 only where the number is.
func TestFixedKeepsSign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-1e308, 1e308).Draw(t, "v")
		s := digits.Fixed(v, rapid.IntRange(-400, 400).Draw(t, "decimals"))
		got, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
		if err != nil {
			t.Fatalf("digits.Fixed(%v) = %q: %v", v, s, err)
		}
		if (got > 0) != (v > 0) || (got < 0) != (v < 0) {
			t.Errorf("digits.Fixed(%v) = %q has another sign", v, s)
		}
		if len(s) > 40 {
			t.Errorf("digits.Fixed(%v) = %q is longer than a cell", v, s)
		}
	})
}

// A printed p lies on the same side of alpha as p.
func TestPValueSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alpha := rapid.SampledFrom([]float64{0.05, 0.025, 0.01, 0.1, 0.05 / 3}).Draw(t, "alpha")
		p := rapid.OneOf(rapid.Float64Range(1e-299, 1), rapid.Map(rapid.Float64Range(-1e-3, 1e-3), func(d float64) float64 { return alpha * (1 + d) })).Draw(t, "p")
		s := pValue(def(p), analysis.Number{}, def(alpha))
		got, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		if (got < alpha) != (p < alpha) || (got > alpha) != (p > alpha) {
			t.Errorf("pValue(%v) = %q lies on the other side of %v", p, s, alpha)
		}
	})
}
