package sequential

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNewSpending(t *testing.T) {
	for _, c := range []struct {
		name      string
		parameter *float64
		want      Spending
		err       string
	}{
		{"obrien-fleming", nil, OBrienFleming{}, ""},
		{"pocock", nil, Pocock{}, ""},
		{"kim-demets", new(3.0), KimDeMets{Rho: 3}, ""},
		{"hwang-shih-decani", new(-4.0), HwangShihDeCani{Gamma: -4}, ""},
		{"pocock", new(1.0), nil, "takes no parameter"},
		{"kim-demets", nil, nil, "needs its parameter rho"},
		{"kim-demets", new(0.0), nil, "rho is 0"},
		{"hwang-shih-decani", new(math.NaN()), nil, "gamma is NaN"},
		{"haybittle", nil, nil, `"haybittle" is not known, use one of obrien-fleming, pocock, kim-demets, hwang-shih-decani`},
	} {
		got, err := NewSpending(c.name, c.parameter)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestSpendingOfTheConventions(t *testing.T) {
	// The two-sided alpha is spent as two one-sided halves. The values of an early look are
	// those of gsDesign, one-sided 0.05 and two-sided 0.05.
	closeTo(t, "one-sided", Spent(OBrienFleming{}, 1./6, 0.05, 1), 1.5793e-6, 1e-3, 0)
	closeTo(t, "two-sided", Spent(OBrienFleming{}, 1./6, 0.05, 2), 8.025350836292952e-08, 1e-9, 0)
	closeTo(t, "very early", Spent(OBrienFleming{}, 2065./50000, 0.05, 2), 5.524900435457405e-28, 1e-9, 0)
}

// spendings are all families, and an extended one.
func spendings(tb testing.TB) []Spending {
	tb.Helper()
	extended, err := Extend(OBrienFleming{}, 14, Extension{At: 10, End: 21}, Extension{At: 20, End: 28})
	if err != nil {
		tb.Fatal(err)
	}
	return []Spending{OBrienFleming{}, Pocock{}, KimDeMets{Rho: 0.5}, KimDeMets{Rho: 3}, HwangShihDeCani{Gamma: -4}, HwangShihDeCani{}, HwangShihDeCani{Gamma: 40}, extended}
}

func TestSpendingProperties(t *testing.T) {
	for _, s := range spendings(t) {
		name := fmt.Sprintf("%T", s)
		rapid.Check(t, func(t *rapid.T) {
			alpha := math.Exp(rapid.Float64Range(-300, -0.01).Draw(t, "log alpha"))
			u := rapid.Float64Range(0, 1).Draw(t, "t")
			v := rapid.Float64Range(u, 1).Draw(t, "later t")
			early, late := s.Spent(u, alpha), s.Spent(v, alpha)
			if !(0 <= early && early <= late*(1+1e-12) && late <= alpha) {
				t.Fatalf("%s: spent %v at %v, %v at %v of %v", name, early, u, late, v, alpha)
			}
			if s.Spent(0, alpha) != 0 || s.Spent(1, alpha) != alpha || s.Spent(2, alpha) != alpha {
				t.Fatalf("%s: the ends are not 0 and alpha", name)
			}
			log := s.LogSpent(v, math.Log(alpha))
			if late > 1e-290 && math.Abs(log-math.Log(late)) > 1e-10 {
				t.Fatalf("%s: log spent %v at %v, spent %v", name, log, v, late)
			}
			if more := s.LogSpent(v, math.Log(alpha)+0.005); v > 0 && more < log {
				t.Fatalf("%s: spends %v, less than %v, with more alpha", name, more, log)
			}
		})
	}
}

func TestSpendingOfTinyAlpha(t *testing.T) {
	for _, s := range spendings(t) {
		for _, logAlpha := range []float64{-1e3, -1e5} {
			got := s.LogSpent(0.5, logAlpha)
			if math.IsNaN(got) || got > logAlpha || got < 10*logAlpha {
				t.Errorf("%T: log spent %v of %v", s, got, logAlpha)
			}
			if got := s.LogSpent(0, logAlpha); !math.IsInf(got, -1) {
				t.Errorf("%T: log spent %v at 0", s, got)
			}
		}
	}
}

func TestExtendedSpending(t *testing.T) {
	const alpha = 0.05
	f := func(t float64) float64 { return KimDeMets{Rho: 2}.Spent(t, alpha) }
	g, err := Extend(KimDeMets{Rho: 2}, 10, Extension{At: 6, End: 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []float64{1, 6} {
		closeTo(t, "before the extension", g.Spent(day/20, alpha), f(day/10), 1e-12, 0)
	}
	for _, day := range []float64{7, 10, 15, 20} {
		spent := f(0.6)
		want := spent + (alpha-spent)*(f(day/20)-f(0.3))/(alpha-f(0.3))
		closeTo(t, "after the extension", g.Spent(day/20, alpha), want, 1e-12, 0)
	}

	// Nothing is left to an extension after the end.
	late, err := Extend(Pocock{}, 10, Extension{At: 10, End: 20})
	if err != nil {
		t.Fatal(err)
	}
	closeTo(t, "after the end", late.Spent(0.75, alpha), alpha, 1e-12, 0)

	for _, bad := range [][]Extension{{{At: 5, End: 9}}, {{At: 5, End: 20}, {At: 4, End: 30}}, {{At: 12, End: 11}}, {{At: math.NaN(), End: 20}}} {
		if _, err := Extend(Pocock{}, 10, bad...); err == nil {
			t.Errorf("extensions %v: no error", bad)
		}
	}
	if _, err := Extend(Pocock{}, 0); err == nil {
		t.Error("end 0: no error")
	}
}

func TestNormalTails(t *testing.T) {
	for z := -37.0; z < 37.5; z += 0.37 {
		if z > -4 {
			closeTo(t, "quantile of tail", upperQuantile(upperTail(z)), z, 1e-9, 1e-9)
		}
		closeTo(t, "log tail", LogUpperTail(z), math.Log(upperTail(z)), 1e-12, 1e-15)
	}
	for _, z := range []float64{35, 40, 100, 1e4, 1e7, 1e8, 3e8, 8.4e8, 2e9, 1e20, 1e150} {
		closeTo(t, "log quantile", LogUpperQuantile(LogUpperTail(z)), z, 1e-12, 0)
	}
	for _, far := range []float64{3.2e17, 1e20, math.MaxFloat64} {
		closeTo(t, "far log quantile", LogUpperQuantile(-far), math.Sqrt2*math.Sqrt(far), 1e-12, 0)
	}
}
