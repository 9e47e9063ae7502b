package cuped_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"readout/cuped"
	"readout/internal/goldentest"
	"readout/moments"
)

type reference struct {
	ID, Source string
	Input      json.RawMessage
	Expected   map[string]any
	Rtol       float64
}

func (r reference) number(t *testing.T, key string) float64 {
	t.Helper()
	switch v := r.Expected[key].(type) {
	case float64:
		return v
	case string:
		switch v {
		case "inf":
			return math.Inf(1)
		case "-inf":
			return math.Inf(-1)
		}
	}
	t.Fatalf("%s has no number %q", r.ID, key)
	return 0
}

// TestGolden holds adjusted estimates to other programs.
func TestGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []reference
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	out := goldentest.Tally{File: "cuped.json", Cases: len(cases)}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			switch {
			case strings.HasPrefix(c.Source, "gbstats"):
				out.Add(checkGbstats(t, c))
			case strings.HasPrefix(c.Source, "tea-tasting"):
				out.Add(checkTeaTasting(t, c))
			case strings.Contains(c.Source, "lm"), strings.Contains(c.Source, "OLS"):
				out.Add(checkRegression(t, c))
			default:
				out.NotCovered("no check for this source")
			}
		})
	}
	out.Log(t)
}

// comparison is what the tests need of two estimates beyond this package.
type comparison struct{ effect, se, df float64 }

func compare(treatment, control cuped.Estimate) comparison {
	vt, vc := treatment.Variance/float64(treatment.N), control.Variance/float64(control.N)
	return comparison{
		effect: treatment.Mean - control.Mean,
		se:     math.Sqrt(vt + vc),
		df:     (vt + vc) * (vt + vc) / (vt*vt/float64(treatment.N-1) + vc*vc/float64(control.N-1)),
	}
}

// p returns the p-value of t under Student's t with df degrees of freedom, or the normal
// distribution for df = 0.
func p(t, df float64, alternative string) float64 {
	cdf := distuv.UnitNormal.CDF
	if df > 0 {
		cdf = distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.CDF
	}
	switch alternative {
	case "greater":
		return cdf(-t)
	case "less":
		return cdf(t)
	}
	return 2 * cdf(-math.Abs(t))
}

// wantInterval compares the interval at a level of confidence.
func wantInterval(t *testing.T, got comparison, alternative string, level, lo, hi, rtol float64) {
	t.Helper()
	tail := 1 - level
	if alternative == "two-sided" {
		tail /= 2
	}
	half := distuv.UnitNormal.Quantile(1-tail) * got.se
	if got.df > 0 {
		half = distuv.StudentsT{Mu: 0, Sigma: 1, Nu: got.df}.Quantile(1-tail) * got.se
	}
	if alternative != "less" {
		wantNear(t, "lower end", got.effect-half, lo, rtol)
	}
	if alternative != "greater" {
		wantNear(t, "upper end", got.effect+half, hi, rtol)
	}
}

func estimates(t *testing.T, a cuped.Adjustment, control, treatment moments.Set) (c, tr cuped.Estimate) {
	t.Helper()
	c, err := a.Estimate(control)
	if err != nil {
		t.Fatal(err)
	}
	if tr, err = a.Estimate(treatment); err != nil {
		t.Fatal(err)
	}
	return c, tr
}

// gbSums are gbstats' sums over the users of an arm; a proportion has no sum of squares.
type gbSums struct {
	Sum        float64
	SumSquares *float64 `json:"sum_squares"`
}

func (s gbSums) squares() float64 {
	if s.SumSquares == nil {
		return s.Sum
	}
	return *s.SumSquares
}

type gbArm struct {
	N        int64
	Post     gbSums  `json:"post_statistic"`
	Pre      gbSums  `json:"pre_statistic"`
	PostPre  float64 `json:"post_pre_sum_of_products"`
	MPost    gbSums  `json:"m_statistic_post"`
	DPost    gbSums  `json:"d_statistic_post"`
	MPre     gbSums  `json:"m_statistic_pre"`
	DPre     gbSums  `json:"d_statistic_pre"`
	MPostPre float64 `json:"m_post_m_pre_sum_of_products"`
	DPostPre float64 `json:"d_post_d_pre_sum_of_products"`
	PreMD    float64 `json:"m_pre_d_pre_sum_of_products"`
	PostMD   float64 `json:"m_post_d_post_sum_of_products"`
	MPostDPr float64 `json:"m_post_d_pre_sum_of_products"`
	MPreDPos float64 `json:"m_pre_d_post_sum_of_products"`
}

// set turns sums into centred moments; the samples have means of a few standard deviations,
// so that this loses no more than some digits.
func (a gbArm) set(ratio bool) moments.Set {
	sums := []gbSums{a.Post, a.Pre}
	products := []float64{a.PostPre}
	if ratio {
		sums = []gbSums{a.MPost, a.DPost, a.MPre, a.DPre}
		products = []float64{a.PostMD, a.MPostPre, a.MPreDPos, a.MPostDPr, a.DPostPre, a.PreMD}
	}
	n := float64(a.N)
	s := moments.New(len(sums))
	s.N = a.N
	for i := range sums {
		s.Mean[i] = sums[i].Sum / n
		for j := 0; j <= i; j++ {
			product := sums[i].squares()
			if j < i {
				product, products = products[0], products[1:]
			}
			s.C[moments.Index(i, j)] = product - sums[i].Sum*sums[j].Sum/n
		}
	}
	return s
}

// checkGbstats returns which convention of the case is not ours.
func checkGbstats(t *testing.T, c reference) string {
	var in struct {
		A, B             gbArm
		Alpha            float64
		Type, Difference string
	}
	if err := json.Unmarshal(c.Input, &in); err != nil {
		t.Fatal(err)
	}
	ratio := in.Type == "RegressionAdjustedRatioStatistic"
	control, treatment := in.A.set(ratio), in.B.set(ratio)
	m := cuped.Model{Outcome: cuped.Column(0), Covariates: []cuped.Term{cuped.Column(1)}}
	if ratio {
		m = cuped.Model{Outcome: cuped.Ratio(0, 1), Covariates: []cuped.Term{cuped.Ratio(2, 3)}}
	}
	a := cuped.Fit(m, control, treatment)
	why := ""
	if ratio {
		why = "θ of ratios adds up each arm's own covariances; held with their θ"
		// gbstats' θ adds up the covariances of each arm's own linearisation, with equal
		// weights; ours is that of all users about the ratios over all arms. Both are
		// consistent: the effects differ by far less than a standard error. With their θ in
		// our adjustment, their numbers result.
		ours := compare(reversed(estimates(t, a, control, treatment)))
		a.Theta = []float64{summedTheta(control, treatment)}
		theirs := compare(reversed(estimates(t, a, control, treatment)))
		if !(math.Abs(ours.effect-theirs.effect) <= 0.01*theirs.se) || !near(ours.se, theirs.se, 1e-3) {
			t.Errorf("effect %v ± %v with θ over all users, %v ± %v with summed covariances",
				ours.effect, ours.se, theirs.effect, theirs.se)
		}
	}
	ec, et := estimates(t, a, control, treatment)
	if !ratio && in.A.Post.SumSquares == nil {
		// gbstats divides the moments of proportions by n; ours are divided by n − 1 always.
		ec.Variance *= float64(ec.N-1) / float64(ec.N)
		et.Variance *= float64(et.N-1) / float64(et.N)
		why = "variance of a proportion with divisor n; held with their divisor"
	}
	got := compare(et, ec)
	if in.Difference == "relative" {
		checkLift(t, c, m, got, ec, control, treatment)
		return "lift with a symmetric interval by the delta method, ours is Fieller's; lift and its standard error held"
	}
	alternative := "two-sided"
	switch {
	case strings.Contains(c.Source, "Greater"):
		alternative = "greater"
	case strings.Contains(c.Source, "Lesser"):
		alternative = "less"
	}
	wantNear(t, "effect", got.effect, c.number(t, "effect"), c.Rtol)
	wantNear(t, "standard error", got.se, c.number(t, "se"), c.Rtol)
	wantNear(t, "p", p(got.effect/got.se, got.df, alternative), c.number(t, "p"), c.Rtol)
	ci := c.Expected["ci"].([]any)
	lo, _ := ci[0].(float64)
	hi, _ := ci[1].(float64)
	level := 0.95
	if in.Alpha > 0 {
		level = 1 - in.Alpha
	}
	wantInterval(t, got, alternative, level, lo, hi, c.Rtol)
	return why
}

// checkLift compares the lift over the raw control mean and its standard error by the delta
// method, which carries the variance of that mean and its covariance with the adjusted one.
// That lift is ours too; the interval is not (ours is Fieller's, gbstats' symmetric).
// For means gbstats takes the raw lift for the adjusted one in the derivative, which leaves
// out the imbalance of the covariates; so does this test.
func checkLift(t *testing.T, c reference, m cuped.Model, got comparison, adjusted cuped.Estimate, control, treatment moments.Set) {
	raw, rawTreatment := estimates(t, cuped.Adjustment{Model: cuped.Model{Outcome: m.Outcome}}, control, treatment)
	n := float64(control.N)
	if scale := adjusted.Variance / control.LinearCov(adjusted.Weights, adjusted.Weights); scale < 1-1e-9 {
		n /= scale // gbstats' divisor for proportions
	}
	vr := control.LinearCov(raw.Weights, raw.Weights) / n
	cov := control.LinearCov(adjusted.Weights, raw.Weights) / n
	lift := got.effect / raw.Mean
	if !strings.Contains(c.ID, "ratio") {
		lift = rawTreatment.Mean/raw.Mean - 1
	}
	se := math.Sqrt(got.se*got.se+lift*lift*vr+2*lift*cov) / math.Abs(raw.Mean)
	wantNear(t, "lift", got.effect/math.Abs(raw.Mean), c.number(t, "effect"), c.Rtol)
	wantNear(t, "standard error of the lift", se, c.number(t, "se"), c.Rtol)
}

func reversed(control, treatment cuped.Estimate) (_, _ cuped.Estimate) { return treatment, control }

// summedTheta is θ of a ratio by gbstats' convention.
func summedTheta(arms ...moments.Set) float64 {
	var xy, xx float64
	for _, s := range arms {
		y := []float64{1 / s.Mean[1], -s.Mean[0] / s.Mean[1] / s.Mean[1], 0, 0}
		x := []float64{0, 0, 1 / s.Mean[3], -s.Mean[2] / s.Mean[3] / s.Mean[3]}
		xy += s.LinearCov(y, x)
		xx += s.LinearCov(x, x)
	}
	return xy / xx
}

// checkTeaTasting returns which convention of the case is not ours.
func checkTeaTasting(t *testing.T, c reference) string {
	var in struct {
		Raw, Missing, Alternative string
		Y, X                      string
		Num                       string
		UseT                      bool    `json:"use_t"`
		EqualVar                  bool    `json:"equal_var"`
		Level                     float64 `json:"confidence_level"`
	}
	if err := json.Unmarshal(c.Input, &in); err != nil {
		t.Fatal(err)
	}
	s := readSample(t, in.Raw)
	columns := []string{in.Y, in.X}
	m := cuped.Model{Outcome: cuped.Column(0), Covariates: []cuped.Term{cuped.Column(1)}}
	if in.Num != "" {
		columns = []string{"num", "den", "numx", "denx"}
		m = cuped.Model{Outcome: cuped.Ratio(0, 1), Covariates: []cuped.Term{cuped.Ratio(2, 3)}}
	}
	switch in.Missing {
	case "zero-impute":
		s = s.impute(0)
	case "mean-impute":
		s = s.impute(s.observedMean())
	case "complete-case":
		s = s.complete()
	case "raw-null":
		// tea-tasting computes each moment from the users that have it, outcomes of users
		// without history included. We keep every user and fit a mark for missing history
		// instead, so that only the size of the result carries over.
		s, columns = s.impute(0), append(columns, "m")
		m.Covariates = append(m.Covariates, cuped.Column(2))
		ec, et := estimates(t, cuped.Fit(m, setsOf(s, columns)...), setsOf(s, columns)[0], setsOf(s, columns)[1])
		got := compare(et, ec)
		wantSE := c.number(t, "effect_size") / c.number(t, "statistic")
		if !(math.Abs(got.effect-c.number(t, "effect_size")) <= 0.2*wantSE) || !near(got.se, wantSE, 0.05) {
			t.Errorf("effect %v ± %v, want about %v ± %v", got.effect, got.se, c.number(t, "effect_size"), wantSE)
		}
		return "each moment from the users who have it, ours keeps all and marks those without history; held as about the same"
	}
	control, treatment := s.arms(columns...)
	ec, et := estimates(t, cuped.Fit(m, control, treatment), control, treatment)
	got := compare(et, ec)
	why := "lift over the adjusted control mean with an interval on the log scale; the rest and that lift held"
	if in.EqualVar {
		why = "equal variances assumed; held with their pooled variance, the lift over the adjusted control mean too"
		// The package returns each arm's variance; analysis never assumes them equal.
		nt, nc := float64(et.N), float64(ec.N)
		got.df = nt + nc - 2
		got.se = math.Sqrt(((nt-1)*et.Variance + (nc-1)*ec.Variance) / got.df * (1/nt + 1/nc))
	}
	if !in.UseT {
		got.df = 0
	}
	wantNear(t, "control", ec.Mean, c.number(t, "control"), c.Rtol)
	wantNear(t, "treatment", et.Mean, c.number(t, "treatment"), c.Rtol)
	wantNear(t, "effect", got.effect, c.number(t, "effect_size"), c.Rtol)
	wantNear(t, "t", got.effect/got.se, c.number(t, "statistic"), c.Rtol)
	wantNear(t, "p", p(got.effect/got.se, got.df, in.Alternative), c.number(t, "pvalue"), c.Rtol)
	level, alternative := in.Level, in.Alternative
	if level == 0 {
		level, alternative = 0.95, "two-sided"
	}
	wantInterval(t, got, alternative, level, c.number(t, "effect_size_ci_lower"), c.number(t, "effect_size_ci_upper"), c.Rtol)
	// Their lift is over the adjusted control mean, ours over the raw one (and its interval
	// Fieller's, theirs on the log scale); the ratio of our adjusted means gives theirs.
	wantNear(t, "lift over the adjusted mean", et.Mean/ec.Mean-1, c.number(t, "rel_effect_size"), 10*c.Rtol)
	return why
}

func setsOf(s sample, columns []string) []moments.Set {
	control, treatment := s.arms(columns...)
	return []moments.Set{control, treatment}
}

// checkRegression compares with least squares of y on variant and covariates.
//
// With interactions it is FitArms: same effect; HC2 needs the users' own residuals, so that
// the standard error agrees only as far as residuals do not depend on the covariates.
// Without interactions θ is that of within-arm moments; ours includes the difference of the
// arms, so that their effects differ by much less than a standard error, and with their θ
// in our adjustment their effect results. Without covariates nothing differs. It returns which
// convention of the case is not ours.
func checkRegression(t *testing.T, c reference) string {
	var in struct{ Raw, Formula string }
	if err := json.Unmarshal(c.Input, &in); err != nil {
		t.Fatal(err)
	}
	s := readSample(t, in.Raw)
	if in.Raw == "missing" {
		s = s.impute(s.observedMean())
	}
	outcome, _, _ := strings.Cut(in.Formula, "~")
	columns := []string{outcome}
	m := cuped.Model{Outcome: cuped.Column(0)}
	for _, name := range []string{"x1c", "x2c", "xc", "mc"} {
		if strings.Contains(in.Formula, name) {
			columns = append(columns, map[string]string{"x1c": "x", "x2c": "x2", "xc": "x", "mc": "m"}[name])
			m.Covariates = append(m.Covariates, cuped.Column(len(m.Covariates)+1))
		}
	}
	control, treatment := s.arms(columns...)
	if strings.Contains(in.Formula, "*") {
		byArm := cuped.FitArms(m, control, treatment)
		ec, _ := estimates(t, byArm[0], control, treatment)
		_, et := estimates(t, byArm[1], control, treatment)
		got := compare(et, ec)
		wantNear(t, "effect", got.effect, c.number(t, "estimate"), c.Rtol)
		wantNear(t, "standard error", got.se, c.number(t, "se_HC2"), 1e-2)
		return "HC2 from every user's residual and leverage, ours from moments; effect held, standard error within 1%"
	}
	one := cuped.Fit(m, control, treatment)
	ec, et := estimates(t, one, control, treatment)
	ours := compare(et, ec)
	if len(m.Covariates) == 0 {
		wantNear(t, "effect", ours.effect, c.number(t, "estimate"), c.Rtol)
		wantNear(t, "standard error", ours.se, c.number(t, "se_HC2"), c.Rtol)
		return ""
	}
	if !(math.Abs(ours.effect-c.number(t, "estimate")) <= 0.01*c.number(t, "se_HC2")) {
		t.Errorf("effect %v, want about %v", ours.effect, c.number(t, "estimate"))
	}
	wantNear(t, "standard error", ours.se, c.number(t, "se_HC2"), 1.5e-2)

	one.Theta = withinArms(m, control, treatment)
	ec, et = estimates(t, one, control, treatment)
	wantNear(t, "effect with θ within arms", compare(et, ec).effect, c.number(t, "estimate"), c.Rtol)
	return "θ within arms, ours is about the mean of all; effect held with their θ, standard error within 1.5%"
}

// withinArms returns θ from the summed moments of the arms about their own means.
func withinArms(m cuped.Model, arms ...moments.Set) []float64 {
	within := arms[0].Clone()
	for _, s := range arms[1:] {
		within.N += s.N
		for k := range within.C {
			within.C[k] += s.C[k]
		}
	}
	return cuped.Fit(m, within).Theta
}
