package analysis

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"readout/cuped"
	"readout/internal/goldentest"
	"readout/moments"
	"readout/sequential"
)

// goldenSums is an arm as sums over its users; a ratio has sums of its two columns.
type goldenSums struct {
	N           int64
	Sum         float64
	SumSquares  *float64    `json:"sum_squares"`
	Numerator   *goldenSums `json:"m_statistic"`
	Denominator *goldenSums `json:"d_statistic"`
	Products    float64     `json:"m_d_sum_of_products"`
}

// set returns the moments that belong to the sums. A proportion has no sum of squares: it
// is the sum.
func (s goldenSums) set() moments.Set {
	n := float64(s.N)
	if s.Numerator != nil {
		m, d := s.Numerator.set(), s.Denominator.set()
		return moments.Set{
			N: s.N, Mean: []float64{m.Mean[0], d.Mean[0]},
			C: []float64{m.C[0], s.Products - m.Mean[0]*s.Denominator.Sum, d.C[0]},
		}
	}
	squares := s.Sum
	if s.SumSquares != nil {
		squares = *s.SumSquares
	}
	return moments.Set{N: s.N, Mean: []float64{s.Sum / n}, C: []float64{math.Max(0, squares-s.Sum*s.Sum/n)}}
}

// goldenEffect is the input of a comparison of two arms.
type goldenEffect struct {
	A, B             goldenSums
	Type, Difference string
	Alpha            float64
	Raw, Y, Num, Den string
	Level            float64
	Confidence       float64 `json:"confidence_level"`
	UseT             bool    `json:"use_t"`
	EqualVar         bool    `json:"equal_var"`
	Alternative      string
	Method           string
	Correction       bool
	NA               int64   `json:"n_a"`
	XA               float64 `json:"x_a"`
	NB               int64   `json:"n_b"`
	XB               float64 `json:"x_b"`
}

// arms returns the moments of control and treatment and what of them is compared.
func (g goldenEffect) arms(t *testing.T) (control, treatment moments.Set, outcome cuped.Term) {
	outcome = cuped.Column(0)
	switch {
	case g.Raw != "" && g.Num != "":
		control, treatment = goldenSample(t, g.Raw, g.Num, g.Den)
		outcome = cuped.Ratio(0, 1)
	case g.Raw != "":
		control, treatment = goldenSample(t, g.Raw, g.Y)
	case g.NA > 0:
		control, treatment = goldenSums{N: g.NA, Sum: g.XA}.set(), goldenSums{N: g.NB, Sum: g.XB}.set()
	default:
		control, treatment = g.A.set(), g.B.set()
		if g.A.Numerator != nil {
			outcome = cuped.Ratio(0, 1)
		}
	}
	return control, treatment, outcome
}

// goldenSample returns the moments of columns of a sample.
func goldenSample(t *testing.T, name string, columns ...string) (control, treatment moments.Set) {
	t.Helper()
	f, err := os.Open("../cuped/testdata/" + name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	arms := map[string]*moments.Set{}
	for _, v := range []string{"0", "1"} {
		s := moments.New(len(columns))
		arms[v] = &s
	}
	for _, row := range rows[1:] {
		user := make([]float64, len(columns))
		for i, column := range columns {
			for j, name := range rows[0] {
				if name != column {
					continue
				}
				if user[i], err = strconv.ParseFloat(row[j], 64); err != nil {
					t.Fatal(err)
				}
			}
		}
		arms[row[0]].Add(user...)
	}
	return *arms["0"], *arms["1"]
}

// parts are the two arms of an effect: their means, the variances of these, and the users.
type parts struct {
	meanC, meanT, varC, varT, nC, nT float64
}

// partsOf takes an unadjusted effect of one phase apart.
func partsOf(t *testing.T, e effect) parts {
	t.Helper()
	if e.cov != -e.controlVariance {
		t.Errorf("covariance with control %v, its variance %v", e.cov, e.controlVariance)
	}
	return parts{
		meanC: e.controlMean, meanT: e.controlMean + e.value,
		varC: e.controlVariance, varT: e.se*e.se - e.controlVariance,
		nC: float64(e.control[0].N), nT: float64(e.treatment[0].N),
	}
}

// population returns the same with divisor n instead of n − 1.
func (p parts) population() parts {
	p.varC *= (p.nC - 1) / p.nC
	p.varT *= (p.nT - 1) / p.nT
	return p
}

func (p parts) effect() float64 { return p.meanT - p.meanC }

func (p parts) se() float64 { return math.Sqrt(p.varC + p.varT) }

// df is Welch's.
func (p parts) df() float64 {
	v := p.varC + p.varT
	return v * v / (p.varC*p.varC/(p.nC-1) + p.varT*p.varT/(p.nT-1))
}

// lift and its standard error by the delta method on the ratio itself.
func (p parts) lift() float64 { return p.effect() / math.Abs(p.meanC) }

func (p parts) liftSE() float64 {
	return math.Sqrt(p.varT/(p.meanC*p.meanC) + p.varC*p.meanT*p.meanT/math.Pow(p.meanC, 4))
}

// pooled returns the standard error with one variance in both arms, and its degrees of freedom.
func (p parts) pooled() (se, df float64) {
	df = p.nC + p.nT - 2
	s2 := ((p.nC-1)*p.nC*p.varC + (p.nT-1)*p.nT*p.varT) / df
	return math.Sqrt(s2 * (1/p.nC + 1/p.nT)), df
}

// manyUsers are degrees of freedom that make Student's distribution the normal one.
const manyUsers = 1e15

// judge tests and bounds an estimate as the package does.
func (c goldenCase[Input]) judge(t *testing.T, how test, value, se, df float64, p string, lo, hi any) {
	t.Helper()
	score := studentScore(sequential.LogUpperQuantile(math.Log(how.alpha/float64(how.sides))), df)
	c.holds(t, p, math.Exp(how.singleLogP(normalScore(value/se, df))), 1e-15)
	gotLo, gotHi := how.interval(value, se, score)
	for _, end := range []struct {
		name string
		got  Number
		want any
	}{{"lower end", gotLo, lo}, {"upper end", gotHi, hi}} {
		if want, ok := end.want.(float64); ok && end.got.ok {
			c.near(t, end.name, end.got.value, want, 1e-13*se)
		} else if ok || end.got.ok {
			t.Errorf("%s: %s is %v, want %v", c.ID, end.name, end.got, end.want)
		}
	}
}

// TestGoldenEffects holds comparisons to other programs.
func TestGoldenEffects(t *testing.T) {
	cases := goldenCases[goldenEffect](t, "effects.json")
	out := goldentest.Tally{File: "effects.json", Cases: len(cases)}
	for _, c := range cases {
		control, treatment, outcome := c.Input.arms(t)
		fit := cuped.Fit(cuped.Model{Outcome: outcome}, control, treatment)
		e, err := effectOf([]pair{{control: fit, treatment: fit}}, []Arm{{Moments: control}}, []Arm{{Moments: treatment}})
		switch {
		case strings.HasPrefix(c.Source, "gbstats") && c.Expected["error"] != nil:
			out.Add(degenerate(t, c, e, err))
			continue
		case err != nil && c.Input.NA == 0:
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		switch {
		case strings.HasPrefix(c.Source, "gbstats"):
			out.Add(goldenGbstats(t, c, e))
		case strings.HasPrefix(c.Source, "tea-tasting 2.0.0 Proportion"):
			out.Add(goldenProportion(t, c, e, err, control, treatment))
		case strings.HasPrefix(c.Source, "tea-tasting"):
			out.Add(goldenTeaTasting(t, c, e))
		case strings.HasPrefix(c.Source, "R 4.2.2 stats::t.test"):
			ci := c.Expected["ci"].([]any)
			c.holds(t, "t", e.value/e.se, 0)
			c.holds(t, "df", e.df, 0)
			c.judge(t, test{alpha: 1 - c.Input.Level, sides: 2, direction: 1}, e.value, e.se, e.df, "p", ci[0], ci[1])
			out.Add("")
		case strings.HasPrefix(c.Source, "closed form (Fieller"):
			ci := c.Expected["ci"].([]any)
			l := fieller(e, sequential.LogUpperQuantile(math.Log((1-c.Input.Level)/2)))
			lo, hi, why := l.lo, l.hi, ""
			if e.controlMean < 0 {
				lo, hi, why = Defined(-hi.Or(math.NaN())), Defined(-lo.Or(math.NaN())), "the lift of a negative control has the sign of the effect here; held turned round"
			}
			c.near(t, "lower end", lo.Or(math.NaN()), ci[0].(float64), 0)
			c.near(t, "upper end", hi.Or(math.NaN()), ci[1].(float64), 0)
			out.Add(why)
		case strings.HasPrefix(c.Source, "statsmodels proportions"):
			out.Add(goldenStatsmodels(t, c, e, err))
		default:
			t.Errorf("%s: unknown source %s", c.ID, c.Source)
		}
	}
	out.Log(t)
}

// degenerate: gbstats says effect 0, interval [0, 0] and p 1 with a code; here the
// comparison, or the lift, is not defined and has a reason. Where only one arm has no
// variation, or control is 0 and the difference was asked for, there is a difference with a
// standard error, and it is tested.
func degenerate(t *testing.T, c goldenCase[goldenEffect], e effect, err error) string {
	relative := c.Input.Difference == "relative"
	switch {
	case strings.Contains(c.ID, "huge"):
		return "sums of squares near 1e18 have lost the variance; moments are centred here"
	case err != nil, relative && fieller(e, 2).reason != "":
		return "no effect, interval or p but a reason where nothing can be said"
	case e.controlVariance == 0 || e.controlVariance == e.se*e.se:
		return "an arm without variation is compared by the variance of the other"
	case !relative && e.controlMean == 0:
		return "a difference needs no control mean"
	}
	t.Errorf("%s: %v there, %+v here", c.ID, c.Expected["error"], e)
	return ""
}

// goldenGbstats: absolute differences are Welch's, as here. Proportions have the variance
// p(1 − p), ours has divisor n − 1 as for every other metric; lifts are tested by the delta
// method, ours by the test of the difference with Fieller's interval, so that a lift and
// its difference never disagree. Estimate and the variances that enter carry over.
func goldenGbstats(t *testing.T, c goldenCase[goldenEffect], e effect) string {
	how := test{alpha: c.Input.Alpha, sides: 2, direction: 1}
	switch {
	case strings.Contains(c.Source, "TreatmentGreater"):
		how.sides = 1
	case strings.Contains(c.Source, "TreatmentLesser"):
		how.sides, how.direction = 1, -1
	}
	ci := c.Expected["ci"].([]any)
	p, why := partsOf(t, e), ""
	value, se, df := e.value, e.se, e.df
	if c.Input.Type == "ProportionStatistic" {
		p, why = p.population(), "variance of a proportion with divisor n; held with it"
		se, df = p.se(), p.df()
	}
	if c.Input.Difference == "relative" {
		value, se, why = p.lift(), p.liftSE(), "lift tested by the delta method, ours by the test of the difference; held with it"
		c.holds(t, "effect", fieller(e, -1).value.Or(math.NaN()), 0)
	}
	c.holds(t, "effect", value, 1e-15)
	c.holds(t, "se", se, 0)
	c.judge(t, how, value, se, df, "p", ci[0], ci[1])
	return why
}

// goldenTeaTasting: intervals of lifts are taken on the logarithm of the ratio of the means
// there, ours are Fieller's; the pooled variance and the normal distribution are options
// there, ours is Welch's test at every number of users. Estimates, and what follows from
// them under the other convention, carry over.
func goldenTeaTasting(t *testing.T, c goldenCase[goldenEffect], e effect) string {
	how := test{alpha: 1 - c.Input.Confidence, sides: 2, direction: 1}
	switch c.Input.Alternative {
	case "greater":
		how.sides = 1
	case "less":
		how.sides, how.direction = 1, -1
	}
	p, why := partsOf(t, e), ""
	se, df := e.se, e.df
	switch {
	case c.Input.EqualVar:
		se, df = p.pooled()
		why = "one variance for both arms; held with it"
	case !c.Input.UseT:
		df, why = manyUsers, "normal instead of Student's distribution; held with it"
	}
	c.holds(t, "control", p.meanC, 0)
	c.holds(t, "treatment", p.meanT, 1e-14)
	c.holds(t, "effect_size", e.value, 1e-14)
	c.holds(t, "statistic", e.value/se, 1e-13)
	c.holds(t, "rel_effect_size", e.value/e.controlMean, 1e-14)
	c.judge(t, how, e.value, se, df, "pvalue", c.Expected["effect_size_ci_lower"], c.Expected["effect_size_ci_upper"])
	if _, ok := c.Expected["rel_effect_size_ci_upper"].(float64); ok && c.Input.UseT && !c.Input.EqualVar && how.sides == 2 {
		s := p
		s.varC, s.varT = p.varC/(p.meanC*p.meanC), p.varT/(p.meanT*p.meanT)
		radius := studentScore(sequential.LogUpperQuantile(math.Log(how.alpha/2)), s.df()) * s.se()
		c.holds(t, "rel_effect_size_ci_upper", math.Exp(math.Log(p.meanT/p.meanC)+radius)-1, 1e-13)
	}
	if why == "" {
		why = "interval of the lift on the logarithm, ours is Fieller's; the rest held, and theirs from our means and variances"
	}
	return why
}

// goldenProportion: of the tests for two proportions there, Pearson's without continuity
// correction is ours for shares of marked users (and for the split between arms), and the
// normal one without pooling is ours up to the divisor n of its variances. The others are
// exact tests, corrections for continuity, and the likelihood ratio, which are not ours:
// the test of a proportion is Welch's. The rates and their difference carry over.
func goldenProportion(t *testing.T, c goldenCase[goldenEffect], e effect, err error, control, treatment moments.Set) string {
	in := c.Input
	c.holds(t, "control", control.Mean[0], 0)
	c.holds(t, "treatment", treatment.Mean[0], 0)
	if want, ok := c.Expected["effect_size"].(float64); ok && err == nil {
		c.near(t, "effect_size", e.value, want, 1e-15)
	}
	marked := []int64{int64(in.XA), int64(in.XB)}
	pearson, ok := sameShare(marked, []int64{in.NA - marked[0], in.NB - marked[1]})
	switch {
	case in.Method == "pearson" && !in.Correction && ok:
		c.holds(t, "pvalue", pearson.p, 1e-15)
		return ""
	case in.Method == "norm" && !in.Correction && in.EqualVar && ok:
		c.holds(t, "pvalue", pearson.p, 1e-15)
		return "pooled variance in the interval of proportions; its p-value is Pearson's and held"
	case in.Method == "norm" && !in.Correction && err == nil:
		p := partsOf(t, e).population()
		how := test{alpha: 0.05, sides: 2, direction: 1}
		c.judge(t, how, p.effect(), p.se(), manyUsers, "pvalue", c.Expected["effect_size_ci_lower"], c.Expected["effect_size_ci_upper"])
		return "normal test of proportions with divisor n; held with both"
	case in.Correction:
		return "correction for continuity; rates and their difference held"
	}
	return "exact or likelihood-ratio test of proportions; rates and their difference held"
}

// goldenStatsmodels: Wald's interval is ours up to the divisor n and the normal
// distribution; the pooled test is Pearson's. The adjusted and score intervals are not ours.
func goldenStatsmodels(t *testing.T, c goldenCase[goldenEffect], e effect, err error) string {
	if err != nil {
		if _, ok := c.Expected["p_pooled"].(float64); ok {
			t.Errorf("%s: %v", c.ID, err)
		}
		return "no effect, interval or p but a reason where nothing can be said"
	}
	p := partsOf(t, e).population()
	ci := c.Expected["diff_wald"].([]any)
	how := test{alpha: c.Input.Alpha, sides: 2, direction: 1}
	c.judge(t, how, p.effect(), p.se(), manyUsers, "p_wald", ci[0], ci[1])
	marked := []int64{int64(c.Input.XA), int64(c.Input.XB)}
	pearson, _ := sameShare(marked, []int64{c.Input.NA - marked[0], c.Input.NB - marked[1]})
	c.holds(t, "p_pooled", pearson.p, 1e-15)
	return "score and adjusted intervals of proportions; Wald's with divisor n and the pooled p held"
}
