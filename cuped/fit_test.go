package cuped_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"readout/cuped"
	"readout/moments"
)

var yOnX = cuped.Model{Outcome: cuped.Column(0), Covariates: []cuped.Term{cuped.Column(1)}}

// kept is the variance kept by one adjustment of all arms.
func kept(a cuped.Adjustment, arms ...moments.Set) (float64, bool) {
	return cuped.VarianceKept(slices.Repeat([]cuped.Adjustment{a}, len(arms)), arms)
}

// Values worked out by hand from the users' sums.
func TestSpend(t *testing.T) {
	t.Run("adjusted", func(t *testing.T) {
		control, treatment := readSample(t, "spend_after_spend").arms("y", "x")
		a := cuped.Fit(yOnX, control, treatment)
		ec, et := estimates(t, a, control, treatment)
		got := compare(et, ec)
		wantNear(t, "theta", a.Theta[0], 0.7552853043676578, 1e-12)
		wantNear(t, "control", ec.Mean, 33.53392927113841, 1e-12)
		wantNear(t, "treatment", et.Mean, 36.12794572886158, 1e-12)
		wantNear(t, "effect", got.effect, 2.5940164577231712, 1e-12)
		wantNear(t, "standard error", got.se, 0.8914297450442862, 1e-12)
		wantNear(t, "df", got.df, 157.3799864047488, 1e-12)
		kept, ok := kept(a, control, treatment)
		if !ok {
			t.Fatal("no variance kept")
		}
		wantNear(t, "variance kept", kept, math.Pow(0.8914297450442862/1.769033082358674, 2), 1e-12)

		// The lift over the raw control mean carries its variance and covariance.
		raw, err := yOnX.Outcome.Estimate(control)
		if err != nil {
			t.Fatal(err)
		}
		lift := got.effect / raw.Mean
		cov := control.LinearCov(ec.Weights, raw.Weights)
		se := math.Sqrt(got.se*got.se+(lift*lift*raw.Variance+2*lift*cov)/80) / raw.Mean
		// These were computed with θ within arms, 0.7478 instead of 0.7553.
		wantNear(t, "lift", lift, 0.07947988342914324, 1e-2)
		wantNear(t, "standard error of the lift", se, 0.028201444415343602, 1e-2)
	})

	t.Run("no history", func(t *testing.T) {
		control, treatment := readSample(t, "all_users_new").arms("y", "x")
		a := cuped.Fit(yOnX, control, treatment)
		if a.Theta[0] != 0 || a.Note() != cuped.NoPrePeriodData {
			t.Errorf("theta = %v, note %q", a.Theta[0], a.Note())
		}
		ec, et := estimates(t, a, control, treatment)
		rc, rt := estimates(t, cuped.Adjustment{Model: cuped.Model{Outcome: yOnX.Outcome}}, control, treatment)
		if diff := cmp.Diff([]cuped.Estimate{rc, rt}, []cuped.Estimate{ec, et}); diff != "" {
			t.Errorf("adjusted differs from raw (-raw +adjusted):\n%s", diff)
		}
		wantNear(t, "effect", compare(et, ec).effect, 1, 1e-9)
		wantNear(t, "standard error", compare(et, ec).se, 0.5962102537416366, 1e-9)
		if kept, ok := kept(a, control, treatment); kept != 1 || !ok {
			t.Errorf("variance kept = %v, %v, want 1", kept, ok)
		}
	})

	t.Run("imbalance", func(t *testing.T) {
		control, treatment := readSample(t, "arms_differ_before").arms("y", "x")
		d, err := yOnX.Covariates[0].Difference(treatment, control)
		if err != nil {
			t.Fatal(err)
		}
		wantNear(t, "difference before", d.Value, 13.267299999999999, 1e-12)
		wantNear(t, "its standard error", d.StandardError, 1.9379812961278584, 1e-12)
		a := cuped.Fit(yOnX, control, treatment)
		ec, et := estimates(t, a, control, treatment)
		wantNear(t, "theta", a.Theta[0], 0.7894761235699395, 1e-12)
		wantNear(t, "effect", compare(et, ec).effect, -1.0542165742394616, 1e-11)
		wantNear(t, "standard error", compare(et, ec).se, 0.840179011372189, 1e-12)
	})
}

func TestDropped(t *testing.T) {
	users := [][]float64{ // y, x, constant, 2x + 1, d, e, 0
		{1, 2, 5, 5, 1, 3, 0}, {4, 3, 5, 7, 2, 5, 0}, {2, 1, 5, 3, 1, 2, 0}, {6, 5, 5, 11, 3, 1, 0},
		{3, 2, 5, 5, 2, 2, 0}, {7, 6, 5, 13, 1, 8, 0}, {1, 0, 5, 1, 2, 1, 0}, {5, 5, 5, 11, 4, 4, 0},
	}
	arms := func(n int) []moments.Set {
		out := []moments.Set{moments.New(10), moments.New(10)}
		for i, u := range users[:n] {
			// Behind the columns: a denominator so small that ratios overflow, and constants but for rounding.
			out[i%2].Add(append(slices.Clone(u), 1e-200, 1e6+u[1]*1e-8, -1e6+u[1]*1e-8)...)
		}
		return out
	}
	for _, c := range []struct {
		name       string
		users      int
		covariates []cuped.Term
		want       []cuped.Dropped
		note       string
	}{
		{"none given", 8, nil, nil, ""},
		{"used", 8, []cuped.Term{cuped.Column(1), cuped.Column(5)}, nil, ""},
		{"constant", 8, []cuped.Term{cuped.Column(2)}, []cuped.Dropped{{0, cuped.Constant}}, cuped.NoPrePeriodData},
		{"one of two constant", 8, []cuped.Term{cuped.Column(2), cuped.Column(1)}, []cuped.Dropped{{0, cuped.Constant}}, ""},
		{"constant but for rounding", 8, []cuped.Term{cuped.Column(8)}, []cuped.Dropped{{0, cuped.Constant}}, cuped.NoPrePeriodData},
		{"constant and negative", 8, []cuped.Term{cuped.Column(9)}, []cuped.Dropped{{0, cuped.Constant}}, cuped.NoPrePeriodData},
		{"one of two too large", 8, []cuped.Term{cuped.Ratio(1, 7), cuped.Column(1)}, []cuped.Dropped{{0, cuped.TooLarge}}, ""},
		{"the later of two equal goes", 8, []cuped.Term{cuped.Column(1), cuped.Column(3)}, []cuped.Dropped{{1, cuped.Repeated}}, ""},
		{"between two", 8, []cuped.Term{cuped.Column(1), cuped.Column(3), cuped.Column(5)}, []cuped.Dropped{{1, cuped.Repeated}}, ""},
		{"ratio of equals", 8, []cuped.Term{cuped.Ratio(1, 1)}, []cuped.Dropped{{0, cuped.Constant}}, cuped.NoPrePeriodData},
		{"no denominator", 8, []cuped.Term{cuped.Ratio(1, 6)}, []cuped.Dropped{{0, cuped.NoDenominator}}, cuped.NoPrePeriodData},
		{"ratio", 8, []cuped.Term{cuped.Ratio(1, 4)}, nil, ""},
		{"more covariates than users", 3, []cuped.Term{cuped.Column(1), cuped.Column(5)}, []cuped.Dropped{{1, cuped.TooFewUsers}}, ""},
		{"two users", 2, []cuped.Term{cuped.Column(1)}, []cuped.Dropped{{0, cuped.TooFewUsers}}, ""},
		{"nobody", 0, []cuped.Term{cuped.Column(1)}, []cuped.Dropped{{0, cuped.TooFewUsers}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := cuped.Model{Outcome: cuped.Column(0), Covariates: c.covariates}
			a := cuped.Fit(m, arms(c.users)...)
			if diff := cmp.Diff(c.want, a.Dropped); diff != "" {
				t.Errorf("dropped (-want +got):\n%s", diff)
			}
			if a.Note() != c.note {
				t.Errorf("note %q, want %q", a.Note(), c.note)
			}
			for _, arm := range arms(c.users) {
				if _, raw := m.Outcome.Estimate(arm); raw == nil {
					if _, err := a.Estimate(arm); err != nil {
						t.Errorf("%d users: %v", arm.N, err)
					}
				}
			}
			for j, theta := range a.Theta {
				dropped := slices.ContainsFunc(a.Dropped, func(d cuped.Dropped) bool { return d.Covariate == j })
				if dropped != (theta == 0) {
					t.Errorf("covariate %d is dropped: %v, and has theta %v", j, dropped, theta)
				}
			}
		})
	}
	m := cuped.Model{Outcome: cuped.Ratio(0, 6), Covariates: []cuped.Term{cuped.Column(1)}}
	if diff := cmp.Diff([]cuped.Dropped{{0, cuped.NoOutcome}}, cuped.Fit(m, arms(8)...).Dropped); diff != "" {
		t.Errorf("outcome without denominator (-want +got):\n%s", diff)
	}
	steep := moments.New(2)
	for _, x := range []float64{-1, 0, 1, 2, -2} {
		steep.Add(x*1e153, x*1e-157)
	}
	if diff := cmp.Diff([]cuped.Dropped{{0, cuped.TooLarge}}, cuped.Fit(yOnX, steep).Dropped); diff != "" {
		t.Errorf("coefficient out of range (-want +got):\n%s", diff)
	}
}

func TestNoEstimate(t *testing.T) {
	one, many, huge := moments.New(2), moments.New(2), moments.New(2)
	one.Add(1, 2)
	for i := range 5 {
		many.Add(float64(i), 0)
		huge.Add(float64(i)*1e300, 1)
	}
	for _, c := range []struct {
		name string
		term cuped.Term
		set  moments.Set
		want error
	}{
		{"no users", cuped.Column(0), moments.New(2), cuped.ErrNoUsers},
		{"no columns", cuped.Column(0), moments.Set{}, cuped.ErrNoUsers},
		{"one user", cuped.Column(0), one, cuped.ErrOneUser},
		{"zero denominator", cuped.Ratio(0, 1), many, cuped.ErrZeroDenominator},
		{"too large", cuped.Column(0), huge, cuped.ErrTooLarge},
		{"defined", cuped.Column(0), many, nil},
	} {
		_, raw := c.term.Estimate(c.set)
		m := cuped.Model{Outcome: c.term, Covariates: []cuped.Term{cuped.Column(1)}}
		_, adjusted := cuped.Fit(m, many, c.set).Estimate(c.set)
		if !errors.Is(raw, c.want) || !errors.Is(adjusted, c.want) {
			t.Errorf("%s: %v and %v, want %v", c.name, raw, adjusted, c.want)
		}
	}
	if _, ok := kept(cuped.Fit(yOnX, one), one); ok {
		t.Error("a variance kept of one user")
	}
}

// A metric that is its denominator has no variance, whatever rounding leaves.
func TestNoVariance(t *testing.T) {
	for _, times := range []float64{3, 0.3, 12.34} {
		s := moments.New(2)
		for i := range 1000 {
			x := 0.1 * float64(i*i)
			s.Add(times*x, x)
		}
		e, err := cuped.Ratio(0, 1).Estimate(s)
		if err != nil || e.Variance != 0 || !near(e.Mean, times, 1e-12) {
			t.Errorf("ratio = %v, %v, want %v with variance 0", e, err, times)
		}
		adjusted, err := cuped.Fit(yOnX, s).Estimate(s)
		if err != nil || adjusted.Variance != 0 {
			t.Errorf("adjusted = %v, %v, want variance 0", adjusted, err)
		}
	}
}

// drawArms draws 2 to 4 arms with columns y, x, z and a mark m, all related.
func drawArms(t *rapid.T, imputed float64) []moments.Set {
	arms := make([]moments.Set, rapid.IntRange(2, 4).Draw(t, "arms"))
	value := rapid.Float64Range(-10, 10)
	for i := range arms {
		arms[i] = moments.New(4)
		for range rapid.IntRange(8, 40).Draw(t, "users") {
			x, z, y := value.Draw(t, "x"), value.Draw(t, "z"), value.Draw(t, "y")
			y += 2*x - z
			mark := 0.0
			if z > 5 {
				x, mark = imputed, 1
			}
			arms[i].Add(y, x, z, mark)
		}
	}
	return arms
}

var three = cuped.Model{
	Outcome:    cuped.Column(0),
	Covariates: []cuped.Term{cuped.Column(1), cuped.Column(2), cuped.Column(3)},
}

func effects(t *rapid.T, m cuped.Model, arms []moments.Set) (out []comparison) {
	a := cuped.Fit(m, arms...)
	control, err := a.Estimate(arms[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, arm := range arms[1:] {
		e, err := a.Estimate(arm)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, compare(e, control))
	}
	return out
}

func wantEffects(t *rapid.T, what string, got, want []comparison, scale float64) {
	for i := range want {
		size := math.Max(1, math.Abs(want[i].effect))
		if !(math.Abs(got[i].effect-scale*want[i].effect) <= 1e-6*math.Abs(scale)*size) ||
			!(math.Abs(got[i].se-math.Abs(scale)*want[i].se) <= 1e-6*math.Abs(scale)*size) {
			t.Errorf("%s: %v, want %v times %v", what, got[i], scale, want[i])
		}
	}
}

// affine returns the sets of a·column + b.
func affine(arms []moments.Set, column int, a, b float64) []moments.Set {
	out := make([]moments.Set, len(arms))
	for k, s := range arms {
		out[k] = s.Clone()
		out[k].Mean[column] = a*s.Mean[column] + b
		for i := range s.Columns() {
			out[k].C[moments.Index(i, column)] *= a
		}
		out[k].C[moments.Index(column, column)] *= a
	}
	return out
}

func TestInvariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arms := drawArms(t, 0)
		want := effects(t, three, arms)
		a := rapid.SampledFrom([]float64{-2, 0.001, 3, 1e6}).Draw(t, "a")
		b := rapid.Float64Range(-100, 100).Draw(t, "b")
		wantEffects(t, "outcome scaled and shifted", effects(t, three, affine(arms, 0, a, b)), want, a)
		wantEffects(t, "covariate scaled and shifted", effects(t, three, affine(arms, 1, a, b)), want, 1)

		swapped := append([]moments.Set{arms[1], arms[0]}, arms[2:]...)
		wantEffects(t, "arms swapped", effects(t, three, swapped)[:1], want[:1], -1)

		backwards := cuped.Model{Outcome: three.Outcome, Covariates: []cuped.Term{cuped.Column(3), cuped.Column(2), cuped.Column(1)}}
		wantEffects(t, "covariates reordered", effects(t, backwards, arms), want, 1)

		withEmpty := append(append([]moments.Set{}, arms...), moments.New(4))
		if got, alone := cuped.Fit(three, withEmpty...), cuped.Fit(three, arms...); !cmp.Equal(got.Theta, alone.Theta) {
			t.Errorf("an arm without users changes θ: %v, %v", got.Theta, alone.Theta)
		}
	})
}

// Whatever stands in for missing history, the fit with the mark is the same.
func TestImputedValueDoesNotMatter(t *testing.T) {
	s := readSample(t, "missing")
	var want comparison
	for i, with := range []float64{0, s.observedMean(), -50} {
		control, treatment := s.impute(with).arms("y", "x", "m")
		m := cuped.Model{Outcome: cuped.Column(0), Covariates: []cuped.Term{cuped.Column(1), cuped.Column(2)}}
		ec, et := estimates(t, cuped.Fit(m, control, treatment), control, treatment)
		got := compare(et, ec)
		if i == 0 {
			want = got
		}
		wantNear(t, "effect", got.effect, want.effect, 1e-10)
		wantNear(t, "standard error", got.se, want.se, 1e-10)
	}
}

// θ over all arms makes the variance of y − θx over all users as small as it can be.
func TestThetaIsLeastSquares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arms := drawArms(t, 0)
		a := cuped.Fit(three, arms...)
		var pooled moments.Set
		for _, s := range arms {
			pooled.Merge(s)
		}
		w := []float64{1, -a.Theta[0], -a.Theta[1], -a.Theta[2]}
		least := pooled.LinearCov(w, w)
		for j := 1; j < 4; j++ {
			for _, step := range []float64{-0.1, 0.1} {
				moved := append([]float64(nil), w...)
				moved[j] += step
				if v := pooled.LinearCov(moved, moved); v < least*(1-1e-9) {
					t.Errorf("variance %v at θ, %v beside it", least, v)
				}
			}
		}
	})
}

// Each arm's own fit leaves it the least variance; its divisor counts the coefficients.
func TestFitArms(t *testing.T) {
	control, treatment := readSample(t, "skewed_alloc").arms("y", "x")
	for i, arm := range []moments.Set{control, treatment} {
		own := cuped.FitArms(yOnX, control, treatment)[i]
		wantNear(t, "theta", own.Theta[0], arm.Cov(0, 1)/arm.Cov(1, 1), 1e-12)
		e, err := own.Estimate(arm)
		if err != nil {
			t.Fatal(err)
		}
		n, d := float64(arm.N), own.Center[0]-arm.Mean[1]
		rss := arm.Moment(0, 0) - arm.Moment(0, 1)*arm.Moment(0, 1)/arm.Moment(1, 1)
		wantNear(t, "variance", e.Variance/n, rss/(n-2)*(1/n+d*d/arm.Moment(1, 1)), 1e-12)
	}
	x := moments.New(2)
	x.Add(1, 2)
	x.Add(2, 2)
	if e, err := cuped.FitArms(yOnX, control, treatment)[0].Estimate(control); err != nil || e.DF != control.N-2 {
		t.Errorf("%d degrees of freedom of %d users and a covariate, %v", e.DF, control.N, err)
	}
	if a := cuped.FitArms(yOnX, control, x)[1]; a.Theta[0] != 0 || len(a.Dropped) != 1 {
		t.Errorf("an arm too small to fit: %+v", a)
	}
}

// Two covariates tell as much as their sum and one of them, in either order.
func TestFitArmsOnTheSameSpace(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	arms := []moments.Set{moments.New(4), moments.New(4)} // y, a, b, a + b
	for v := range arms {
		for range 30 {
			a := 10*r.NormFloat64() + float64(v)
			b := a/20 + r.NormFloat64() - 2*float64(v)
			arms[v].Add(a+3*b+r.NormFloat64(), a, b, a+b)
		}
	}
	var want cuped.Estimate
	for i, covariates := range [][]cuped.Term{
		{cuped.Column(1), cuped.Column(2)}, {cuped.Column(2), cuped.Column(1)}, {cuped.Column(1), cuped.Column(3)},
	} {
		e, err := cuped.FitArms(cuped.Model{Outcome: cuped.Column(0), Covariates: covariates}, arms...)[1].Estimate(arms[1])
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = e
		}
		wantNear(t, "mean", e.Mean, want.Mean, 1e-9)
		wantNear(t, "variance", e.Variance, want.Variance, 1e-9)
		if e.DF != 27 {
			t.Errorf("%d degrees of freedom of 30 users and two covariates", e.DF)
		}
	}
}

// An arm whose slope happens to be 0 is as uncertain about it as any other.
func TestFitArmsWithSlopeZero(t *testing.T) {
	other, flat := moments.New(2), moments.New(2)
	for i := range 40 {
		other.Add(float64(i%5), float64(i%5+i%3))
	}
	flat.N, flat.Mean, flat.C = 40, []float64{0.5, 0.5}, []float64{10, 0, 10}
	own := cuped.FitArms(yOnX, other, flat)[1]
	e, err := own.Estimate(flat)
	if err != nil || own.Theta[0] != 0 || e.DF != 38 {
		t.Fatalf("theta %v, %d degrees of freedom, %v", own.Theta, e.DF, err)
	}
	d := own.Center[0] - flat.Mean[1]
	wantNear(t, "variance", e.Variance/40, flat.Moment(0, 0)/38*(1./40+d*d/flat.Moment(1, 1)), 1e-12)
}

// What all arms together cannot use, no arm uses by itself: there is no centre for it.
func TestFitArmsDropsTogether(t *testing.T) {
	for _, treatmentHas := range []float64{0, 1} { // a denominator; control has none
		arms := []moments.Set{moments.New(4), moments.New(4)}
		for i := range 40 {
			x := float64(i % 7)
			arms[i%2].Add(x+float64(i%5), x, float64(i%4), treatmentHas*float64(i%2))
		}
		m := cuped.Model{Outcome: cuped.Column(0), Covariates: []cuped.Term{cuped.Ratio(2, 3), cuped.Column(1)}}
		fits := cuped.FitArms(m, arms...)
		for i, a := range fits {
			if diff := cmp.Diff([]cuped.Dropped{{0, cuped.NoDenominator}}, a.Dropped); diff != "" {
				t.Errorf("arm %d, dropped (-want +got):\n%s", i, diff)
			}
			if a.Theta[0] != 0 || a.Theta[1] == 0 {
				t.Errorf("arm %d, theta = %v", i, a.Theta)
			}
			if _, err := a.Estimate(arms[i]); err != nil {
				t.Errorf("arm %d: %v", i, err)
			}
		}
		center, err := cuped.Centering(fits[1], fits[0])
		if want := (fits[1].Theta[1] - fits[0].Theta[1]) * fits[0].Center[1]; err != nil || !near(center.Mean, want, 1e-9) {
			t.Errorf("centering %v, %v, want %v", center.Mean, err, want)
		}
	}
}

// TestCentering: over repeated experiments the variance of the effect is that of the arms
// and of the centre together, where the effect depends on the covariate.
func TestCentering(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	runs := moments.New(3) // effect, its variance with and without the centre's
	for range 2000 {
		arms := []moments.Set{moments.New(2), moments.New(2)}
		for v := range arms {
			for range 100 * (v + 1) {
				x := 3 + r.NormFloat64()
				arms[v].Add(float64(2*v-1)*x+r.NormFloat64(), x)
			}
		}
		fits := cuped.FitArms(yOnX, arms...)
		ec, _ := estimates(t, fits[0], arms[0], arms[1])
		_, et := estimates(t, fits[1], arms[0], arms[1])
		center, err := cuped.Centering(fits[1], fits[0])
		if err != nil {
			t.Fatal(err)
		}
		pooled := arms[0].Clone()
		pooled.Merge(arms[1])
		wantNear(t, "mean", center.Mean, (fits[1].Theta[0]-fits[0].Theta[0])*pooled.Mean[1], 1e-9)
		wantNear(t, "mean by the weights", center.Weights[0]*pooled.Mean[0]+center.Weights[1]*pooled.Mean[1], center.Mean, 1e-9)
		got := compare(et, ec)
		runs.Add(got.effect, got.se*got.se+center.Variance/float64(center.N), got.se*got.se)
	}
	wantNear(t, "variance of the effect", runs.Mean[1], runs.Cov(0, 0), 0.1)
	if runs.Mean[2] > 0.6*runs.Cov(0, 0) {
		t.Errorf("the arms alone have %v of %v, so that this shows nothing", runs.Mean[2], runs.Cov(0, 0))
	}
	control, treatment := readSample(t, "main").arms("y", "x")
	one := cuped.Fit(yOnX, control, treatment)
	if e, err := cuped.Centering(one, one); err != nil || e.N != 0 {
		t.Errorf("one θ over all arms: %+v, %v", e, err)
	}
}

// TestVarianceKeptByOwnFits: it is the mean over all pairs of arms of the share that their difference
// keeps, its centre included, weighted by the raw variances of the differences.
func TestVarianceKeptByOwnFits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	all := []moments.Set{moments.New(2), moments.New(2), moments.New(2)}
	for v := range all {
		for range 50 * (v + 1) {
			x := 3 + r.NormFloat64()
			all[v].Add(float64(v-1)*x+r.NormFloat64(), x)
		}
	}
	for _, arms := range [][]moments.Set{all[:2], all} {
		fits := cuped.FitArms(yOnX, arms...)
		var adjusted, raw float64
		for i := range arms {
			for j := range i {
				for _, side := range []int{i, j} {
					e, err := fits[side].Estimate(arms[side])
					if err != nil {
						t.Fatal(err)
					}
					adjusted += e.Variance / float64(e.N)
					raw += arms[side].Cov(0, 0) / float64(arms[side].N)
				}
				center, err := cuped.Centering(fits[i], fits[j])
				if err != nil {
					t.Fatal(err)
				}
				adjusted += center.Variance / float64(center.N)
			}
		}
		kept, ok := cuped.VarianceKept(fits, arms)
		if !ok {
			t.Fatal("no variance kept")
		}
		wantNear(t, "variance kept", kept, adjusted/raw, 1e-12)
	}
	single, constant := moments.New(2), moments.New(2)
	single.Add(1, 2)
	constant.Add(1, 2)
	constant.Add(1, 3)
	for name, arms := range map[string][]moments.Set{"one user": {single, all[0]}, "no variance": {constant, constant}} {
		if share, ok := kept(cuped.Fit(yOnX, arms...), arms...); ok {
			t.Errorf("%s: variance kept %v", name, share)
		}
	}
}

// No finite moments make a result that is not a number.
func TestAlwaysFinite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1, 1), rapid.SampledFrom([]float64{0, 1, 1e-320, 1e155, -1e155}))
		arms := []moments.Set{moments.New(4), moments.New(4)}
		for i := range arms {
			for range rapid.IntRange(0, 6).Draw(t, "users") {
				arms[i].Add(value.Draw(t, "y"), value.Draw(t, "d"), value.Draw(t, "x"), value.Draw(t, "e"))
			}
		}
		for _, m := range []cuped.Model{
			{Outcome: cuped.Column(0), Covariates: []cuped.Term{cuped.Column(2), cuped.Column(3)}},
			{Outcome: cuped.Ratio(0, 1), Covariates: []cuped.Term{cuped.Ratio(2, 3), cuped.Column(3)}},
		} {
			for i, a := range append(cuped.FitArms(m, arms...), cuped.Fit(m, arms...)) {
				e, err := a.Estimate(arms[i%2])
				if err == nil && !isFinite(append(append([]float64{e.Mean, e.Variance}, e.Weights...), a.Theta...)...) {
					t.Fatalf("estimate %+v of %+v by %+v", e, arms[i%2], a)
				}
				if kept, ok := kept(a, arms...); ok && !isFinite(kept) {
					t.Fatalf("variance kept %v", kept)
				}
			}
			fits := cuped.FitArms(m, arms...)
			if e, err := cuped.Centering(fits[1], fits[0]); err == nil && !isFinite(append(e.Weights, e.Mean, e.Variance)...) {
				t.Fatalf("centering %+v of %+v", e, arms)
			}
		}
	})
}

func isFinite(xs ...float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
