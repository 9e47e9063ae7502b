package sequential

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// maxZ bounds every value on the scale of a standardized statistic: the
// upper tail beyond it, 3e-316, is no longer a normal double.
const maxZ = 38.0

const invSqrt2Pi = 1 / (math.Sqrt2 * 1.7724538509055160272981674833411451827975)

// farZ is from where on log P(Z ≥ z) is -z²/2 in float64: what the rest of it changes of z is
// below one unit in the last place.
const farZ = 1e9

// density returns the standard normal density φ(x).
func density(x float64) float64 { return invSqrt2Pi * math.Exp(-0.5*x*x) }

// upperTail returns P(Z ≥ x) of the standard normal distribution with full
// relative accuracy for every x ≤ maxZ.
func upperTail(x float64) float64 { return 0.5 * math.Erfc(x/math.Sqrt2) }

// LogUpperTail returns the logarithm of the upper tail of the standard normal distribution,
//
//	log P(Z ≥ x) = log(½·erfc(x/√2))
//
// for any finite x; beyond about x = 1.9e154, where that does not fit a float64, -Inf. Beyond
// x = 30 it uses the asymptotic series of Mills' ratio,
//
//	P(Z ≥ x) = φ(x)/x · (1 - 1/x² + 3/x⁴ - 15/x⁶ + ...)
//
// whose first omitted term is below 1e-13. The relative error of P is below 2e-13 for x in
// [-30, 30], and beyond 30 that of log P is.
//
// Source: M. Abramowitz, I. A. Stegun (1964), Handbook of Mathematical Functions, 26.2.12.
func LogUpperTail(x float64) float64 {
	switch {
	case x < -5:
		return math.Log1p(-upperTail(-x))
	case x < 30:
		return math.Log(upperTail(x))
	}
	y := 1 / (x * x)
	series := 1 - y*(1-3*y*(1-5*y*(1-7*y*(1-9*y))))
	return -0.5*x*x - math.Log(x/invSqrt2Pi) + math.Log(series)
}

// upperQuantile returns the z with P(Z ≥ z) = p, for p in (0, 1). It is bounded
// by ±maxZ, also for p outside that range.
func upperQuantile(p float64) float64 {
	switch {
	case p >= 1:
		return -maxZ
	case p < 1e-307:
		return maxZ
	}
	return -mathext.NormalQuantile(p)
}

// LogUpperQuantile returns the z with log P(Z ≥ z) = logP, for finite logP ≤ 0, also
// where exp(logP) underflows. There it is solved by Newton's iteration, which
// converges from either side because log P is concave in z. The relative error of z is below
// 1e-14 while P is below 0.99; nearer to 1 it is what float64 leaves of 1 - P, 5e-7 at
// 1 - P = 1e-12.
func LogUpperQuantile(logP float64) float64 {
	if logP > -600 {
		return upperQuantile(math.Exp(logP))
	}
	z := math.Sqrt2 * math.Sqrt(-logP)
	if z > farZ {
		return z
	}
	for range 50 {
		// The derivative of log P is -φ/P, which is -(z + 1/z) but for a part of 2/z⁴.
		step := (LogUpperTail(z) - logP) / (z + 1/z)
		z += step
		if math.Abs(step) <= 1e-14*z {
			break
		}
	}
	return z
}

// logDiff returns log(exp(a) - exp(b)) for a ≥ b, and -Inf where a ≤ b.
func logDiff(a, b float64) float64 {
	if a <= b {
		return math.Inf(-1)
	}
	return a + math.Log(-math.Expm1(b-a))
}

// logSum returns log(exp(a) + exp(b)).
func logSum(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(a, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}
