package power

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// manyDF is the number of degrees of freedom from which on the library's quantile of Student's t
// is not to be relied on: at 100,000 it is ten times too large for probabilities below 1e-6.
const manyDF = 50

// criticalT returns the value that Student's t with df degrees of freedom exceeds with
// probability alpha in (0, 1). From [manyDF] on it is solved for, by Newton's method on the
// logarithm of the probability, from the first terms of its expansion about the normal quantile.
// The relative error is below 1e-14 for alpha from 1e-20 on.
//
// Source: M. Abramowitz, I. A. Stegun (1964), Handbook of Mathematical Functions, 26.7.5.
func criticalT(alpha, df float64) float64 {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}
	if df < manyDF {
		return -t.Quantile(alpha)
	}
	z := -distuv.UnitNormal.Quantile(alpha)
	c := z + z*(z*z+1)/(4*df)
	for range 20 {
		tail := noncentralT(-c, df, 0)
		step := math.Log(tail/alpha) * tail / t.Prob(c)
		if !finite(step) {
			break
		}
		c += step
		if math.Abs(step) <= 1e-13*math.Abs(c) {
			break
		}
	}
	return c
}

// noncentralT returns P(T ≤ c) for the noncentral t distribution with df ≥ 1 degrees of
// freedom and noncentrality drift,
//
//	∫ Φ(c·s − drift) f(s) ds,   f(s) ∝ s^(df−1) exp(−df·s²/2)
//
// with s the estimated over the true standard error, a chi variable over sqrt(df).
// s leaves 1 ± 9/sqrt(df) with a probability below 1e-17, since a chi variable varies no
// faster than the normal variables it is made of. Φ rises from 0 to 1 within 9/c of drift/c,
// which with few degrees of freedom may be a small part of that. 128 Gauss–Legendre nodes there,
// and as many below and above, give an absolute error below 1e-12, and below 1e-5 for df under 3
// that is no whole number, where f is not smooth at 0. f is divided by its own integral over the
// same nodes, so that no gamma function of a large argument is needed.
//
// Source: N. L. Johnson, S. Kotz, N. Balakrishnan (1995), "Continuous univariate
// distributions", volume 2, chapter 31.
func noncentralT(c, df, drift float64) float64 {
	width := 9 / math.Sqrt(df)
	edges := []float64{math.Max(0, 1-width), 1 + width}
	for _, rise := range []float64{(drift - 9) / c, (drift + 9) / c} {
		if rise > edges[0] && rise < 1+width {
			edges = append(edges, rise)
		}
	}
	slices.Sort(edges)
	var nodes, weights [128]float64
	var below, all float64
	for p := range len(edges) - 1 {
		quad.Legendre{}.FixedLocations(nodes[:], weights[:], edges[p], edges[p+1])
		for i, s := range nodes {
			// log f up to a constant, written about s = 1 to keep its digits for large df.
			u := s - 1
			f := weights[i] * math.Exp((df-1)*math.Log1p(u)-df*(u+u*u/2))
			all += f
			below += f * distuv.UnitNormal.CDF(c*s-drift)
		}
	}
	return below / all
}
