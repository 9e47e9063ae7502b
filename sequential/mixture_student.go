package sequential

import (
	"fmt"
	"math"
)

// logStudentLambda returns log Λ of Student's version of the mixture, which takes in that the
// standard error is estimated, with df degrees of freedom. With t the estimate over its estimated standard error, v the
// information that the true one would have, and r = ρ/(v+ρ), the likelihood ratio is
//
//	two-sided:  log Λ = ½·log r + ½·(df+1)·log(1 + (1-r)·t²/(df + r·t²))
//	one-sided:  log Λ = the same + log 2 + log P(T ≤ u),  u = t·√((1-r)·(df+1)/(df + r·t²))
//
// with T of Student's distribution with df+1 degrees of freedom. The effects that are mixed
// over are normal relative to the standard deviation, whose own prior is the invariant one.
// For normal values of equal variance it holds at any number of users, not only in the
// limit; with many degrees of freedom it is the normal mixture.
//
// Sources: M. Lindon, D. W. Ham, M. Tingley, I. Bojinov (2022), Anytime-valid linear models
// and regression adjusted causal inference in randomized experiments; the one-sided ratio
// is the two-sided one times twice the posterior probability that the effect is positive.
func (m Mixture) logStudentLambda(t, v, df float64) float64 {
	// gain is (1-r)·t²/(df + r·t²), written so that t² does not overflow.
	gain := v / (v + m.Scale) / (df/t/t + m.Scale/(v+m.Scale))
	l := 0.5*(df+1)*math.Log1p(gain) - 0.5*math.Log1p(v/m.Scale)
	if m.Sides == 1 {
		u := math.Sqrt((df + 1) * gain)
		if tail := LogStudentTail(u, df+1); t < 0 {
			l += math.Ln2 + tail
		} else {
			l += math.Ln2 + math.Log1p(-math.Exp(tail))
		}
	}
	return l
}

func (m Mixture) checkStudent(v, df float64) error {
	if err := m.check(v); err != nil {
		return err
	}
	if !(df > 0) || math.IsInf(df, 0) {
		return fmt.Errorf("degrees of freedom are %v, want a positive number", df)
	}
	if math.IsInf(v/m.Scale, 0) || math.IsInf(v+m.Scale, 0) {
		return fmt.Errorf("information %v is too large for a mixture with scale %v", v, m.Scale)
	}
	return nil
}

// StudentP returns the p-value of this look alone, min(1, 1/Λ), for an estimate t
// estimated standard errors from the null hypothesis, at information v, with df > 0 degrees
// of freedom. With r = ρ/(v+ρ) the likelihood ratio is, two-sided,
//
//	Λ = √r·(1 + (1-r)·t²/(df + r·t²))^((df+1)/2)
//
// and one-sided the same times 2·P(T ≤ t·√((1-r)·(df+1)/(df + r·t²))), T of Student's
// distribution with df+1 degrees of freedom. Statistics above 1e150 in size are an error, as are
// information, scale and df that are not positive numbers. The error of log Λ is below 1e-14
// times the larger of 1 and |log Λ|, and for a negative t of a one-sided test that of
// [LogStudentTail].
//
// Source: M. Lindon, D. W. Ham, M. Tingley, I. Bojinov (2022), Anytime-valid linear models and
// regression adjusted causal inference in randomized experiments.
func (m Mixture) StudentP(t, v, df float64) (PValue, error) {
	if err := m.checkStudent(v, df); err != nil {
		return PValue{}, err
	}
	if math.IsNaN(t) || math.Abs(t) > 1e150 {
		return PValue{}, fmt.Errorf("statistic is %v, want a number of at most 1e150 in size", t)
	}
	return newPValue(-m.logStudentLambda(t, v, df)), nil
}

// StudentCritical returns the multiplier of the estimated standard error, the t at which
// Λ = 1/alpha, for information v, alpha in (0, 1) and df > 0 degrees of freedom. Two-sided
// it is, with x = (r·alpha²)^(-1/(df+1)) - 1,
//
//	√(df·x/(1 - r - r·x))
//
// and one-sided the root of log Λ = -log alpha, to 1e-12. It is not finite where no t is
// enough, so long as the information is small against the scale and there are few degrees of
// freedom. An alpha outside (0, 1) is an error, and what is one for [Mixture.StudentP].
func (m Mixture) StudentCritical(v, alpha, df float64) (Critical, error) {
	if err := m.checkStudent(v, df); err != nil {
		return Critical{}, err
	}
	if !(alpha > 0 && alpha < 1) {
		return Critical{}, fmt.Errorf("alpha is %v, want a number in (0, 1)", alpha)
	}
	if m.Sides == 2 {
		x := math.Expm1((math.Log1p(v/m.Scale) - 2*math.Log(alpha)) / (df + 1))
		below := (v - m.Scale*x) / (v + m.Scale)
		radius := math.Sqrt(df * x / below)
		if !(below > 0) || math.IsInf(radius, 0) {
			return Critical{}, nil
		}
		return Critical{Value: radius, Finite: true}, nil
	}
	f := func(t float64) (float64, error) { return m.logStudentLambda(t, v, df) + math.Log(alpha), nil }
	lo, hi := -1.0, 1.0
	flo, _ := f(lo)
	for ; flo >= 0; flo, _ = f(lo) {
		if lo *= 2; lo < -1e150 {
			return Critical{}, fmt.Errorf("no critical value for information %v and alpha %v", v, alpha)
		}
	}
	fhi, _ := f(hi)
	for ; fhi < 0; fhi, _ = f(hi) {
		if hi *= 2; hi > 1e150 {
			return Critical{}, nil
		}
	}
	t, err := root(f, lo, flo, hi, fhi, 1e-12)
	if err != nil {
		return Critical{}, err
	}
	return Critical{Value: t, Finite: true}, nil
}
