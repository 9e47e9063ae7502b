package power

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"readout/internal/goldentest"
	"readout/moments"
	"readout/sequential"
)

type reference struct {
	ID, Source string
	Input      struct {
		Alpha, Power, Sides float64
		Alternative         string

		EffectSizeSD float64 `json:"effect_size_sd"` // statsmodels
		RatioN2N1    float64 `json:"ratio_n2_n1"`
		N1           float64
		PControl     float64 `json:"p_control"`
		Diff         float64
		Ratio        float64
		NobsForPower float64 `json:"nobs_for_power"`

		D, P1, P2 float64 // R

		K            int // rpact, gsDesign
		Allocation   json.RawMessage
		TreatOverC   float64 `json:"allocation_treat_over_control"`
		Effect, SD   float64
		NormalApprox bool    `json:"normal_approx"`
		PTreat       float64 `json:"p_treat"`
		Margin       float64

		Variance   float64 // spotify-confidence
		Bonferroni bool

		UseT      bool    `json:"use_t"` // tea-tasting
		RelEffect float64 `json:"rel_effect"`
		NObs      float64 `json:"n_obs"`
		X         string

		TargetMDE  float64 `json:"target_mde_rel"` // gbstats
		Sequential bool
		Tuning     float64
	}
	Expected map[string]any
	Rtol     float64
}

func (r reference) number(t *testing.T, key string) float64 {
	t.Helper()
	v, ok := r.Expected[key].(float64)
	if !ok {
		t.Fatalf("%s has no number %q", r.ID, key)
	}
	return v
}

func (r reference) oneSided() bool {
	return r.Input.Sides == 1 || r.Input.Alternative != "" && !strings.HasPrefix(r.Input.Alternative, "two")
}

// design returns the two-arm design of the case, treatment having ratio times control's users.
func (r reference) design(ratio float64) Design {
	return Design{Alpha: r.Input.Alpha, Power: r.Input.Power, OneSided: r.oneSided(), Weights: []float64{1, ratio}}
}

// TestGolden holds sizes, powers and effects to other programs. What a check returns is the
// convention of the case that is not ours, empty where it holds as it stands.
func TestGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []reference
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	history := readHistory(t)
	checks := []struct {
		source string
		check  func(*testing.T, reference) string
	}{
		{"statsmodels NormalIndPower.solve_power(nobs1)", checkNormal},
		{"statsmodels NormalIndPower.solve_power(effect_size)", checkMDE},
		{"statsmodels TTestIndPower", checkT},
		{"statsmodels samplesize_proportions", checkProportions},
		{"R pwr.t.test", checkT},
		{"R stats::power.prop.test", checkPooledNull},
		{"R pwr.2p.test", checkArcsine},
		{"rpact 4.3.0 getSampleSizeMeans", checkRpactMeans},
		{"rpact 4.3.0 getSampleSizeRates", checkRpactRates},
		{"gsDesign nNormal", checkGsNormal},
		{"gsDesign 3.11.0.9003 nBinomial", checkGsBinomial},
		{"gsDesign nBinomial delta0", checkGsMargin},
		{"spotify-confidence", checkSpotify},
		{"tea-tasting", func(t *testing.T, c reference) string { return checkTeaTasting(t, c, history) }},
		{"gbstats", func(t *testing.T, c reference) string { return checkGbstats(t, c, history) }},
	}
	out := goldentest.Tally{File: "power.json", Cases: len(cases)}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			for _, k := range checks {
				if strings.HasPrefix(c.Source, k.source) {
					out.Add(k.check(t, c))
					return
				}
			}
			t.Fatalf("no check for source %q", c.Source)
		})
	}
	out.Log(t)
}

// Conventions that are not ours.
const (
	bothTails  = "a rejection in the wrong direction counts as power; held with that tail taken off"
	pooledNull = "variance of the common rate under the null; held at the alpha where the critical values coincide"
	pooledDF   = "degrees of freedom of a pooled variance; held with these, ours are Welch's and need a few users more"
)

// countsBothTails returns bothTails for a two-sided test.
func (r reference) countsBothTails() string {
	if r.oneSided() {
		return ""
	}
	return bothTails
}

func wantNear(t *testing.T, what string, got, want, rtol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rtol*math.Abs(want)) {
		t.Errorf("%s = %.12g, want %.12g within %g", what, got, want, rtol)
	}
}

func size(t *testing.T, b Baseline, effect float64, d Design) []float64 {
	t.Helper()
	s, err := SampleSize(b, Effect{Size: effect}, d)
	if err != nil {
		t.Fatal(err)
	}
	return s.Exact
}

func powerOf(t *testing.T, b Baseline, effect float64, d Design, users ...float64) float64 {
	t.Helper()
	p, err := Power(b, Effect{Size: effect}, d, users...)
	if err != nil {
		t.Fatal(err)
	}
	return p[0]
}

// otherTail returns the probability that a two-sided test rejects in the wrong direction, which
// statsmodels, tea-tasting and gbstats count as power and we do not.
func otherTail(t *testing.T, b Baseline, effect float64, d Design, users ...float64) float64 {
	t.Helper()
	if d.OneSided {
		return 0
	}
	c, err := d.compare(b, effect)
	if err != nil {
		t.Fatal(err)
	}
	c.distance = -c.distance
	return 1 - d.miss(c, users[1], users[0])
}

// wantBothTails checks a size of a program that counts both tails: at its size our power and
// the other tail make the power asked for, and for that power less the other tail our size is its.
func wantBothTails(t *testing.T, b Baseline, effect float64, d Design, rtol float64, users ...float64) {
	t.Helper()
	tail := otherTail(t, b, effect, d, users...)
	wantNear(t, "power with both tails", powerOf(t, b, effect, d, users...)+tail, d.Power, rtol)
	d.Power -= tail
	wantNear(t, "control", size(t, b, effect, d)[0], users[0], rtol)
}

func checkNormal(t *testing.T, c reference) string {
	r := c.Input.RatioN2N1
	n1 := c.number(t, "n1")
	wantBothTails(t, Mean(0, 1), c.Input.EffectSizeSD, c.design(r), c.Rtol, n1, r*n1)
	return c.countsBothTails()
}

// checkMDE: statsmodels' search for an effect stops at a relative error of some 1e-5, as its
// own power at its effect shows.
func checkMDE(t *testing.T, c reference) string {
	r, n := c.Input.RatioN2N1, c.Input.N1
	d := c.design(r)
	want := c.number(t, "effect_size_sd")
	at := powerOf(t, Mean(0, 1), 0.1, d, n, r*n) + otherTail(t, Mean(0, 1), 0.1, d, n, r*n)
	wantNear(t, "power at 0.1", at, c.number(t, "power_at_d0.1"), c.Rtol)
	d.Power -= otherTail(t, Mean(0, 1), want, d, n, r*n)
	got, err := MDE(Mean(0, 1), d, n, r*n)
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "effect", got[0], want, 5e-5)
	wantNear(t, "power at our effect", powerOf(t, Mean(0, 1), got[0], d, n, r*n), d.Power, 1e-11)
	return "the search for an effect stops at a relative 1e-5; the power at both effects is held"
}

// checkT compares with programs that assume equal variances and have n1 + n2 − 2 degrees of
// freedom. Welch's are the same for equal arms and fewer for unequal ones, which then need
// a little more users. The noncentral t distribution itself is held to their sizes at their
// degrees of freedom. statsmodels counts both tails, pwr the upper one.
func checkT(t *testing.T, c reference) string {
	effect, r, n1, both := c.Input.EffectSizeSD, c.Input.RatioN2N1, 0.0, true
	if strings.HasPrefix(c.Source, "R") {
		effect, r, n1, both = c.Input.D, 1, c.number(t, "n_per_arm"), false
	} else {
		n1 = c.number(t, "n1")
	}
	d := c.design(r)
	d.StudentT = true
	wantPooledT(t, d, effect, n1, r*n1, both, c.Rtol)
	if r == 1 {
		if both {
			wantBothTails(t, Mean(0, 1), effect, d, c.Rtol, n1, n1)
			return c.countsBothTails()
		}
		wantNear(t, "size", size(t, Mean(0, 1), effect, d)[0], n1, c.Rtol)
		return ""
	}
	wantSlightlyMore(t, size(t, Mean(0, 1), effect, d)[0], n1)
	return pooledDF
}

// wantPooledT checks that the noncentral t distribution with n1 + n2 − 2 degrees of freedom
// gives the power of the design.
func wantPooledT(t *testing.T, d Design, effect, n1, n2 float64, both bool, rtol float64) {
	t.Helper()
	df := n1 + n2 - 2
	drift := effect / math.Sqrt(1/n1+1/n2)
	c := criticalT(d.perSide(), df)
	power := 1 - noncentralT(c, df, drift)
	if both && !d.OneSided {
		power += noncentralT(-c, df, drift)
	}
	wantNear(t, "power of pooled t", power, d.Power, rtol)
}

// wantSlightlyMore: Welch's degrees of freedom for equal variances are at least those of the
// smaller arm, which costs a few users.
func wantSlightlyMore(t *testing.T, got, pooled float64) {
	t.Helper()
	if got < pooled*(1-1e-4) || got > pooled*1.002+3 {
		t.Errorf("size with Welch's degrees of freedom %v, with pooled ones %v", got, pooled)
	}
}

// wantPooledNull checks a size of a test of proportions whose critical value uses another
// variance (null) than that under the alternative. Ours uses the latter for both, so it is
// that test at the alpha where the critical values coincide; and close to it at the same alpha.
func wantPooledNull(t *testing.T, p, q, null float64, d Design, rtol float64, want []float64) {
	t.Helper()
	ratio := d.Weights[1] / d.Weights[0]
	alternative := math.Sqrt(p*(1-p) + q*(1-q)/ratio)
	moved := d
	z := -distuv.UnitNormal.Quantile(d.perSide()) * null / alternative
	moved.Alpha = distuv.UnitNormal.CDF(-z)
	if !d.OneSided {
		moved.Alpha *= 2
	}
	got, plain := size(t, Rate(p), q-p, moved), size(t, Rate(p), q-p, d)
	for i := range want {
		wantNear(t, "size at its critical value", got[i], want[i], rtol)
		wantNear(t, "size", plain[i], want[i], 0.04)
	}
}

// commonRate returns sqrt(n_c·Var) of a difference when both arms have the common rate.
func commonRate(p, q, ratio float64) float64 {
	common := (p + ratio*q) / (1 + ratio)
	return math.Sqrt(common * (1 - common) * (1 + 1/ratio))
}

func checkProportions(t *testing.T, c reference) string {
	// Control has ratio times treatment's users here.
	p, q, r := c.Input.PControl, c.Input.PControl+c.Input.Diff, c.Input.Ratio
	d := c.design(1 / r)
	d.Power = 0.8
	null := commonRate(p, q, 1/r)
	wantNear(t, "deviation under the null", null, c.number(t, "std_null")*math.Sqrt(r), 1e-9)
	n := c.number(t, "n_onetail")
	wantPooledNull(t, p, q, null, d, c.Rtol, []float64{r * n, n})
	// Their power, too, is ours at the alpha where the critical values coincide.
	moved := d
	moved.Alpha = distuv.UnitNormal.CDF(distuv.UnitNormal.Quantile(d.perSide()) * c.number(t, "std_null") / c.number(t, "std_alt"))
	moved.OneSided = true
	n = c.Input.NobsForPower
	got := powerOf(t, Rate(p), q-p, moved, r*n, n)
	if !d.OneSided {
		moved.OneSided, moved.Alpha = false, 2*moved.Alpha
		got += otherTail(t, Rate(p), q-p, moved, r*n, n)
	}
	wantNear(t, "power", got, c.number(t, "power"), c.Rtol)
	return pooledNull
}

func checkPooledNull(t *testing.T, c reference) string {
	// n_per_arm counts the upper tail, n_strict both.
	n := c.number(t, "n_per_arm")
	wantPooledNull(t, c.Input.P1, c.Input.P2, commonRate(c.Input.P1, c.Input.P2, 1), c.design(1), c.Rtol, []float64{n, n})
	return pooledNull
}

// checkArcsine: the arcsine transformation makes rates normal with variance 1, so their size is
// ours for a mean with that difference; as rates both are close.
func checkArcsine(t *testing.T, c reference) string {
	n := c.number(t, "n_per_arm")
	h := 2*math.Asin(math.Sqrt(c.Input.P2)) - 2*math.Asin(math.Sqrt(c.Input.P1))
	wantNear(t, "size of the arcsine difference", size(t, Mean(0, 1), h, c.design(1))[0], n, c.Rtol)
	wantNear(t, "size", size(t, Rate(c.Input.P1), c.Input.P2-c.Input.P1, c.design(1))[0], n, 1e-2)
	return "rates by their arcsine; held as that difference, within 1% as rates"
}

func sum(xs []float64) (total float64) {
	for _, x := range xs {
		total += x
	}
	return total
}

// rpactInflation returns the inflation of rpact's sequential designs: five equal looks,
// O'Brien-Fleming-type spending.
func rpactInflation(t *testing.T, in reference) float64 {
	t.Helper()
	if in.Input.K == 1 {
		return 1
	}
	times, spend, sides := make([]float64, in.Input.K), make([]float64, in.Input.K), int(in.Input.Sides)
	before := 0.0
	for k := range times {
		times[k] = float64(k+1) / float64(len(times))
		now := sequential.Spent(sequential.OBrienFleming{}, times[k], in.Input.Alpha, sides)
		spend[k], before = now-before, now
	}
	process, err := sequential.FromInformation(times)
	if err != nil {
		t.Fatal(err)
	}
	d := sequential.Design{Process: process}
	if d.Upper, err = sequential.Boundaries(process, spend, sides); err != nil {
		t.Fatal(err)
	}
	if sides == 2 {
		d.Lower = sequential.Mirror(d.Upper)
	}
	inflation, err := d.Inflation(in.Input.Alpha, sides, in.Input.Power)
	if err != nil {
		t.Fatal(err)
	}
	return inflation
}

func checkRpactMeans(t *testing.T, c reference) string {
	d := c.design(c.Input.TreatOverC)
	d.StudentT = !c.Input.NormalApprox
	b := Mean(0, c.Input.SD)
	fixed := sum(size(t, b, c.Input.Effect, d))
	want, largest, inflation := c.number(t, "n_fixed"), c.number(t, "n_max"), rpactInflation(t, c)
	wantNear(t, "inflation", inflation, largest/want, c.Rtol)
	if d.StudentT && c.Input.TreatOverC != 1 {
		// Welch's degrees of freedom are fewer than rpact's pooled ones.
		wantSlightlyMore(t, fixed, want)
		r := c.Input.TreatOverC
		wantPooledT(t, d, c.Input.Effect, want/(1+r), want*r/(1+r), false, c.Rtol)
		return pooledDF
	}
	wantNear(t, "fixed", fixed, want, c.Rtol)
	if d.StudentT {
		if c.Input.K > 1 {
			return "inflates the size of the t test; ours has the degrees of freedom of the users at hand"
		}
		return ""
	}
	d.Inflation = inflation
	wantNear(t, "sequential", sum(size(t, b, c.Input.Effect, d)), largest, c.Rtol)
	return ""
}

// checkRpactRates: the variance of the null is that of the common rate.
func checkRpactRates(t *testing.T, c reference) string {
	p, q, r := c.Input.PControl, c.Input.PTreat, c.Input.TreatOverC
	d := c.design(r)
	null := commonRate(p, q, r)
	for _, k := range []string{"n_fixed", "n_max"} {
		if k == "n_max" {
			d.Inflation = rpactInflation(t, c)
		}
		n := c.number(t, k) / (1 + r)
		wantPooledNull(t, p, q, null, d, c.Rtol, []float64{n, r * n})
	}
	return pooledNull
}

func checkGsNormal(t *testing.T, c reference) string {
	got := sum(size(t, Mean(0, c.Input.SD), c.Input.Effect, c.design(c.Input.Ratio)))
	wantNear(t, "total", got, c.number(t, "n_total"), c.Rtol)
	return ""
}

func checkGsBinomial(t *testing.T, c reference) string {
	p, q, r := c.Input.PControl, c.Input.PTreat, c.Input.TreatOverC
	n := c.number(t, "n_total") / (1 + r)
	wantPooledNull(t, p, q, commonRate(p, q, r), c.design(r), c.Rtol, []float64{n, r * n})
	return pooledNull
}

// checkGsMargin: Farrington and Manning's critical value uses the rates that are most likely
// under the null q = p − margin; ours those of the alternative.
func checkGsMargin(t *testing.T, c reference) string {
	p, m := c.Input.PControl, c.Input.Margin
	likelihood := func(x float64) float64 {
		return p*math.Log(x) + (1-p)*math.Log(1-x) + p*math.Log(x-m) + (1-p)*math.Log(1-x+m)
	}
	lo, hi := m, 1.0
	for range 200 {
		if a, b := lo+(hi-lo)/3, hi-(hi-lo)/3; likelihood(a) < likelihood(b) {
			lo = a
		} else {
			hi = b
		}
	}
	null := math.Sqrt(lo*(1-lo) + (lo-m)*(1-lo+m))
	alternative := math.Sqrt(2 * p * (1 - p))
	d := c.design(1)
	d.Margin = Effect{Size: -m}
	wantNear(t, "total", sum(size(t, Rate(p), 0, d)), c.number(t, "n_total"), 0.03)
	d.Alpha = distuv.UnitNormal.CDF(distuv.UnitNormal.Quantile(d.Alpha) * null / alternative)
	wantNear(t, "total at its critical value", sum(size(t, Rate(p), 0, d)), c.number(t, "n_total"), c.Rtol)
	return "variance of the likeliest rates under the null; held at the alpha where the critical values coincide"
}

// checkSpotify: the variance of a rate is control's in every arm, alpha is divided by the
// comparisons, and the total is rounded up before it is split.
func checkSpotify(t *testing.T, c reference) string {
	var weights []float64
	if err := json.Unmarshal(c.Input.Allocation, &weights); err != nil {
		t.Fatal(err)
	}
	b := Mean(0, math.Sqrt(c.Input.Variance))
	if p := c.Input.PControl; p != 0 {
		b = Mean(p, math.Sqrt(p*(1-p)))
	}
	differs := "the total is rounded up before it is split, ours per arm"
	if c.Input.PControl != 0 {
		differs += "; every arm has the variance of the control's rate, held with that"
	}
	d := Design{Alpha: c.Input.Alpha, Power: c.Input.Power, Weights: weights}
	if c.Input.Bonferroni {
		d.Alpha /= float64(len(weights) - 1)
	}
	s, err := SampleSize(b, Effect{Size: c.Input.Effect}, d)
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "total", math.Ceil(sum(s.Exact)), c.number(t, "n_total"), 1e-12)
	for i, want := range c.Expected["n_per_arm"].([]any) {
		if got := float64(s.Users[i]); !(math.Abs(got-want.(float64)) <= 1) {
			t.Errorf("arm %d = %v, want %v", i, got, want)
		}
	}
	return differs
}

type history struct{ Control, Treatment, Pooled moments.Set }

// The columns of history.
const (
	columnY = iota
	columnX
	columnNum
	columnDen
)

func readHistory(t *testing.T) history {
	t.Helper()
	data, err := os.ReadFile("testdata/main.json")
	if err != nil {
		t.Fatal(err)
	}
	var h history
	if err := json.Unmarshal(data, &h); err != nil {
		t.Fatal(err)
	}
	h.Pooled = h.Control.Clone()
	h.Pooled.Merge(h.Treatment)
	return h
}

// checkTeaTasting: sizes are totals rounded up; both tails count. With Student's t, the degrees
// of freedom are Welch's, as ours.
func checkTeaTasting(t *testing.T, c reference, h history) string {
	in := c.Input
	d := c.design(in.Ratio)
	d.StudentT = in.UseT
	p := h.Pooled
	b := Mean(p.Mean[columnY], math.Sqrt(p.Cov(columnY, columnY)))
	if in.X != "" {
		d.VarianceKept = 1 - p.Cov(columnX, columnY)*p.Cov(columnX, columnY)/p.Cov(columnX, columnX)/p.Cov(columnY, columnY)
	}
	if strings.Contains(c.Source, "Ratio") {
		b = ratioOf(t, p, columnNum, columnDen)
	}
	effect := c.number(t, "effect_size")
	if in.RelEffect != 0 {
		got, err := Effect{Size: in.RelEffect, Relative: true}.absolute(b)
		if err != nil {
			t.Fatal(err)
		}
		wantNear(t, "effect", got, effect, 1e-9)
	}
	n := c.number(t, "n_obs")
	users := []float64{n / (1 + in.Ratio), n * in.Ratio / (1 + in.Ratio)}
	switch {
	case strings.Contains(c.Source, "(n_obs)"):
		if got := math.Ceil(sum(size(t, b, effect, d))); got != n {
			t.Errorf("total = %v, want %v", got, n)
		}
	case strings.Contains(c.Source, "(effect_size)"):
		d.Power -= otherTail(t, b, effect, d, users...)
		got, err := MDE(b, d, users...)
		if err != nil {
			t.Fatal(err)
		}
		wantNear(t, "effect", got[0], effect, c.Rtol)
		if relative, ok := b.Relative(got[0]); ok {
			wantNear(t, "relative effect", relative, c.number(t, "rel_effect_size"), c.Rtol)
		}
	default:
		got := powerOf(t, b, effect, d, users...) + otherTail(t, b, effect, d, users...)
		wantNear(t, "power", got, c.number(t, "power"), c.Rtol)
	}
	return c.countsBothTails()
}

// checkGbstats: what gbstats calls the power at the current n is that at twice the users, and
// both tails count. Its variance is that of the lift observed so far, with the noise of the
// control mean, which costs no users by our rule; with that variance our numbers are its.
// Its total is found by a search that stops at a relative 1e-3. With sequential testing the
// critical value is that of the normal mixture at the users it is asked for.
func checkGbstats(t *testing.T, c reference, h history) string {
	in := c.Input
	nc, nt := float64(h.Control.N), float64(h.Treatment.N)
	observed := h.Treatment.Mean[columnY] / h.Control.Mean[columnY]
	v := h.Control.Cov(columnY, columnY)/nc*observed*observed + h.Treatment.Cov(columnY, columnY)/nt
	b := Mean(h.Control.Mean[columnY], math.Sqrt(v/(1/nc+1/nt)))
	at := func(times float64) float64 {
		d := Design{Alpha: in.Alpha}
		if in.Sequential {
			rho2 := (-2*math.Log(in.Alpha) + math.Log(1-2*math.Log(in.Alpha))) / in.Tuning
			info := times * (nc + nt) * rho2
			z := math.Sqrt(2 * (info + 1) / info * math.Log(math.Sqrt(info+1)/in.Alpha))
			d.Alpha = 2 * distuv.UnitNormal.CDF(-z)
		}
		effect := in.TargetMDE * h.Control.Mean[columnY]
		return powerOf(t, b, effect, d, times*nc, times*nt) + otherTail(t, b, effect, d, times*nc, times*nt)
	}
	wantNear(t, "power at twice the users", at(2), c.number(t, "power_at_current_n"), c.Rtol)
	wantNear(t, "power at the planned users", at(1+c.number(t, "scaling_factor")), in.Power, 1e-3)
	return "variance of the lift so far, its noise of the control mean included, and both tails; held with these"
}
