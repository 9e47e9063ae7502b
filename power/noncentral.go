package power

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// criticalT returns the value that Student's t with df degrees of freedom exceeds with
// probability alpha in (0, 1).
func criticalT(alpha, df float64) float64 {
	return -distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(alpha)
}

// noncentralT returns P(T ≤ c) for the noncentral t distribution with df ≥ 1 degrees of
// freedom and noncentrality drift,
//
//	∫ Φ(c·s − drift) f(s) ds,   f(s) ∝ s^(df−1) exp(−df·s²/2)
//
// with s the estimated over the true standard error, a chi variable over sqrt(df).
// s leaves 1 ± 9/sqrt(df) with a probability below 1e-17, since a chi variable varies no
// faster than the normal variables it is made of. 128 Gauss–Legendre nodes between give an
// absolute error below 1e-12; f is divided by its own integral over the same nodes, so that no
// gamma function of a large argument is needed.
//
// Source: N. L. Johnson, S. Kotz, N. Balakrishnan (1995), "Continuous univariate
// distributions", volume 2, chapter 31.
func noncentralT(c, df, drift float64) float64 {
	width := 9 / math.Sqrt(df)
	var nodes, weights [128]float64
	quad.Legendre{}.FixedLocations(nodes[:], weights[:], math.Max(0, 1-width), 1+width)
	var below, all float64
	for i, s := range nodes {
		// log f up to a constant, written about s = 1 to keep its digits for large df.
		u := s - 1
		f := weights[i] * math.Exp((df-1)*math.Log1p(u)-df*(u+u*u/2))
		all += f
		below += f * distuv.UnitNormal.CDF(c*s-drift)
	}
	return below / all
}
