package sequential

import "math"

// manyDF is the number of degrees of freedom from which on Hill's expansion serves, see hills.
const manyDF = 1000

// hills reports whether Hill's expansion serves at t ≥ 0: the absolute error of the logarithm is
// below 2e-11 up to t = √df/2, 2e-8 at √df and 0.3 at 1000·√df.
func hills(t, df float64) bool { return df >= manyDF && t <= math.Sqrt(df)/2 }

// LogStudentTail returns ln P(T > t) for Student's t with df > 0 degrees of freedom and
// t ≥ 0,
//
//	P(T > t) = ½ I_x(df/2, ½),   x = df / (df + t²)
//
// with the regularised incomplete beta function by its continued fraction (Abramowitz and
// Stegun (1964), 26.7.1 and 26.5.8, evaluated by Lentz's method), from 1,000 degrees of
// freedom on up to t = √df/2 by hillScore. The relative error of the probability is below 1e-11 for
// t ≤ 15 and below 1e-9 for t ≤ 20; beyond, that of its logarithm is below 1e-9.
func LogStudentTail(t, df float64) float64 {
	if t == 0 {
		return -math.Ln2
	}
	if hills(t, df) {
		return LogUpperTail(hillScore(t, df))
	}
	a := df / 2
	r := t / df * t
	if math.IsInf(r, 1) {
		// Nothing is left of the fraction, and x is df/t².
		return a*(math.Log(df)-2*math.Log(t)) - logBetaHalf(a) - math.Log(a) - math.Ln2
	}
	lnx, lny := -math.Log1p(r), -math.Log1p(1/r)
	front := a*lnx + lny/2 - logBetaHalf(a)
	if x := 1 / (1 + r); x < (a+1)/(a+2.5) {
		return front - math.Log(a) + math.Log(betaFraction(x, a, 0.5)) - math.Ln2
	}
	y := r / (1 + r)
	lower := math.Exp(front) * betaFraction(y, 0.5, a) * 2
	return math.Log1p(-lower) - math.Ln2
}

// hillScore returns the standard normal z ≥ 0 with the tail of Student's t ≥ 0 at many
// degrees of freedom.
//
// Source: G. W. Hill (1970), Algorithm 395, Communications of the ACM 13, 617–619.
func hillScore(t, df float64) float64 {
	a := df - 0.5
	y := a * math.Log1p(t/df*t)
	return hillFactor(y, a) * math.Sqrt(y)
}

// hillFactor is the ratio of z to √y in Hill's expansion, 1 + O(1/df).
func hillFactor(y, a float64) float64 {
	b := 48 * a * a
	return ((((-0.4*y-3.3)*y-24)*y-85.5)/(0.8*y*y+100+b)+y+3)/b + 1
}

// hillInverse undoes hillScore by fixed-point iteration on y, which gains about three
// digits each time.
func hillInverse(z, df float64) float64 {
	a := df - 0.5
	y := z * z
	for range 50 {
		s := z / hillFactor(y, a)
		next := s * s
		done := math.Abs(next-y) <= 1e-16*next
		y = next
		if done {
			break
		}
	}
	return math.Sqrt(df * math.Expm1(y/a))
}

// logBetaHalf returns ln B(a, ½). For large a the difference of two log-gammas would lose
// digits; there ln(Γ(a+½)/Γ(a)) = ½ ln a − 1/(8a) + 1/(192a³) − 1/(640a⁵) + 17/(14336a⁷),
// see Tricomi and Erdélyi (1951).
func logBetaHalf(a float64) float64 {
	const halfLogPi = 0.57236494292470008707
	if a < 40 {
		la, _ := math.Lgamma(a)
		lb, _ := math.Lgamma(a + 0.5)
		return la + halfLogPi - lb
	}
	i := 1 / a
	i2 := i * i
	return halfLogPi - (math.Log(a)/2 - i*(1.0/8-i2*(1.0/192-i2*(1.0/640-i2*17/14336))))
}

// betaFraction returns the continued fraction of Abramowitz and Stegun 26.5.8 for
// I_x(a, b), which for x < (a+1)/(a+b+2) converges within about √max(a, b) terms; ten
// thousand are the limit.
func betaFraction(x, a, b float64) float64 {
	const tiny = 1e-300
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < tiny {
		d = tiny
	}
	d = 1 / d
	h := d
	for i := 1; i <= 10_000; i++ {
		m := float64(i)
		for _, n := range [2]float64{
			m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)),
			-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1)),
		} {
			d = 1 + n*d
			if math.Abs(d) < tiny {
				d = tiny
			}
			c = 1 + n/c
			if math.Abs(c) < tiny {
				c = tiny
			}
			d = 1 / d
			h *= d * c
		}
		if math.Abs(d*c-1) < 1e-16 {
			break
		}
	}
	return h
}

// StudentFromLogTail returns the t ≥ 0 with ln P(T > t) = lnp, for lnp ≤ ln ½. It is +Inf
// where t would not fit a float64, which takes fewer than one degree of freedom or a
// probability below 1e-300.
//
// The root is found for u = ln t, in which the logarithm of the tail falls steadily from
// the centre to a straight line of slope −df, by Newton's method inside a bracket. Where
// LogStudentTail is by Hill's expansion it is the inverse of that, see hillScore. The
// relative error of t is below 1e-11 for lnp above −200, and below 2e-9 beyond.
func StudentFromLogTail(lnp, df float64) float64 {
	if lnp >= -math.Ln2 {
		return 0
	}
	z := LogUpperQuantile(lnp)
	if df >= manyDF {
		if t := hillInverse(z, df); hills(t, df) {
			return t
		}
	}
	u := math.Log(z)
	lo, hi := u-1, u+1
	for LogStudentTail(math.Exp(lo), df) < lnp {
		lo--
	}
	for LogStudentTail(math.Exp(hi), df) > lnp {
		if hi > 700 {
			return math.Inf(1)
		}
		hi += math.Max(1, hi/2)
	}
	for range 200 {
		t := math.Exp(u)
		tail := LogStudentTail(t, df)
		if tail > lnp {
			lo = u
		} else {
			hi = u
		}
		// d ln tail / du = −t f(t) / tail
		lnpdf := -(df+1)/2*math.Log1p(t/df*t) - math.Log(df)/2 - logBetaHalf(df/2)
		slope := math.Exp(u + lnpdf - tail)
		next := u + (tail-lnp)/slope
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-u) <= 1e-16*math.Max(1, math.Abs(u)) || next == u {
			break
		}
		u = next
	}
	return math.Exp(u)
}
