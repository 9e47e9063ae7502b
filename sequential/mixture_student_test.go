package sequential

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// mixedRatio is Λ from its definition: the mean of the likelihood ratio over effects δ in
// standard errors, of the prior with variance v/ρ, and over the standard deviation σ, whose
// prior is dσ/σ, in units of the estimated one.
func mixedRatio(m Mixture, t, v, df float64) float64 {
	spread := math.Sqrt(v / m.Scale)
	from, factor := -10*spread, 1.0
	if m.Sides == 1 {
		from, factor = 0, 2
	}
	const steps = 800
	var null, mixed float64
	for i := range steps {
		ln := -4 + 8*(float64(i)+0.5)/steps
		sigma := math.Exp(ln)
		weight := -(df+1)*ln - (df+t*t)/2/sigma/sigma
		null += math.Exp(weight)
		width := (10*spread - from) / steps
		for k := range steps {
			delta := from + width*(float64(k)+0.5)
			prior := factor / spread / math.Sqrt(2*math.Pi) * width
			mixed += prior * math.Exp(weight+delta*t/sigma-delta*delta/2-0.5*delta*delta/spread/spread)
		}
	}
	return mixed / null
}

func TestStudentMixture(t *testing.T) {
	for _, c := range []struct {
		sides                 int
		t, information, scale float64
		df                    float64
	}{
		{2, 2.5, 20, 10, 18}, {2, -4, 20, 100, 8}, {2, 0, 50, 10, 5},
		{1, 2.5, 20, 10, 18}, {1, -1, 20, 10, 18}, {1, 0, 50, 10, 5}, {1, 4, 10, 30, 3.5},
	} {
		m := Mixture{Scale: c.scale, Sides: c.sides}
		want := mixedRatio(m, c.t, c.information, c.df)
		closeTo(t, "likelihood ratio", math.Exp(m.logStudentLambda(c.t, c.information, c.df)), want, 1e-4, 0)
	}
}

// logNormalLambda is log Λ of the mixture for a known variance.
func (m Mixture) logNormalLambda(z, v float64) float64 {
	share := v / (v + m.Scale)
	l := 0.5*z*z*share - 0.5*math.Log1p(v/m.Scale)
	if m.Sides == 1 {
		l += math.Ln2 + LogUpperTail(-z*math.Sqrt(share))
	}
	return l
}

// TestStudentMixtureLimit: with many degrees of freedom it is the normal mixture, and with
// fewer the radius is wider.
func TestStudentMixtureLimit(t *testing.T) {
	for _, sides := range []int{1, 2} {
		m := Mixture{Scale: 1000, Sides: sides}
		before := radius(t, m, 500, 0.05)
		closeTo(t, "ratio at the radius", m.logNormalLambda(before, 500), -math.Log(0.05), 1e-9, 0)
		closeTo(t, "p", must[PValue](t)(m.StudentP(3, 500, knownVariance)).LogP, -m.logNormalLambda(3, 500), 1e-9, 0)
		for _, df := range []float64{498, 98, 18} {
			c := must[Critical](t)(m.StudentCritical(500, 0.05, df))
			if !c.Finite || c.Value <= before {
				t.Errorf("%d sides: radius %+v with %v degrees of freedom, %v with more", sides, c, df, before)
			}
			before = c.Value
		}
		if c := must[Critical](t)(m.StudentCritical(10, 0.05, 8)); c.Finite {
			t.Errorf("%d sides: radius %v where no statistic is enough", sides, c.Value)
		}
		if p := must[PValue](t)(m.StudentP(1e150, 10, 8)); p.P <= 0.05 {
			t.Errorf("%d sides: p is %v beyond every radius", sides, p.P)
		}
	}
}

// TestStudentMixturePAgreesWithCritical: the p-value is alpha exactly at the radius.
func TestStudentMixturePAgreesWithCritical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alpha := math.Exp(rapid.Float64Range(-200, -0.8).Draw(t, "log alpha"))
		v := math.Exp(rapid.Float64Range(-20, 20).Draw(t, "log v"))
		df := math.Exp(rapid.Float64Range(0, 25).Draw(t, "log df"))
		m := Mixture{Scale: 1, Sides: rapid.IntRange(1, 2).Draw(t, "sides")}
		c, err := m.StudentCritical(v, alpha, df)
		if err != nil {
			t.Fatal(err)
		}
		at := 1e150
		if c.Finite {
			at = c.Value
		}
		p, err := m.StudentP(at, v, df)
		if err != nil {
			t.Fatal(err)
		}
		if gap := p.LogP - math.Log(alpha); c.Finite && math.Abs(gap) > 1e-6*math.Max(1, -math.Log(alpha)) || !c.Finite && gap < -1e-6 {
			t.Fatalf("log p is %v at %+v, log alpha %v", p.LogP, c, math.Log(alpha))
		}
	})
}

// TestStudentMixtureKeepsItsLevel: looking after every user, few of them from the second on.
func TestStudentMixtureKeepsItsLevel(t *testing.T) {
	m := Mixture{Scale: 5, Sides: 2}
	r := rand.New(rand.NewPCG(7, 0))
	const runs, users, alpha = 2000, 100, 0.1
	crossed := 0
	for range runs {
		var mean, squares float64
		for n := 1.0; n <= users; n++ {
			d := r.NormFloat64() - mean
			mean += d / n
			squares += d * d * (n - 1) / n
			if n == 1 {
				continue
			}
			p, err := m.StudentP(mean/math.Sqrt(squares/(n-1)/n), n, n-1)
			if err != nil {
				t.Fatal(err)
			}
			if p.P <= alpha {
				crossed++
				break
			}
		}
	}
	if rate := float64(crossed) / runs; rate > alpha || rate < alpha/3 {
		t.Errorf("%v of the runs crossed at alpha %v", rate, alpha)
	}
}

func TestStudentMixtureRefuses(t *testing.T) {
	m := Mixture{Scale: 1, Sides: 2}
	for name, f := range map[string]func() error{
		"no information":        func() error { _, err := m.StudentCritical(0, 0.05, 10); return err },
		"alpha 1":               func() error { _, err := m.StudentCritical(1, 1, 10); return err },
		"no degrees of freedom": func() error { _, err := m.StudentCritical(1, 0.05, 0); return err },
		"NaN":                   func() error { _, err := m.StudentP(1, 1, math.NaN()); return err },
		"statistic infinite":    func() error { _, err := m.StudentP(math.Inf(1), 1, 10); return err },
		"no sides":              func() error { _, err := Mixture{Scale: 1}.StudentP(1, 1, 10); return err },
		"information too large": func() error { _, err := Mixture{Scale: 1e-300, Sides: 2}.StudentP(1, 1e300, 10); return err },
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
