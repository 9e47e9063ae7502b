package sequential

import (
	"fmt"
	"math"
)

// root returns an x between a and b, within tol, and rounding, of where f changes its sign, given
// fa = f(a) and fb = f(b) of opposite signs. An error of f ends the search, as do 200
// calls without convergence.
//
// Source: T. R. Chandrupatla (1997), A new hybrid quadratic/bisection algorithm for
// finding the zero of a nonlinear function without using derivatives, Advances in
// Engineering Software 28.
func root(f func(x float64) (float64, error), a, fa, b, fb, tol float64) (float64, error) {
	switch {
	case fa == 0:
		return a, nil
	case fb == 0:
		return b, nil
	case math.IsNaN(fa), math.IsNaN(fb), (fa < 0) == (fb < 0):
		return 0, fmt.Errorf("no change of sign between %v and %v: values %v and %v", a, b, fa, fb)
	}
	share := fb / (fb - fa)
	for range 200 {
		x := b + share*(a-b)
		fx, err := f(x)
		if err != nil {
			return 0, err
		}
		// b is always the newest point, c the one that it replaced.
		c, fc := b, fb
		if (fx < 0) != (fb < 0) {
			c, fc = a, fa
			a, fa = b, fb
		}
		b, fb = x, fx
		best, fbest := b, fb
		if math.Abs(fa) < math.Abs(fb) {
			best, fbest = a, fa
		}
		limit := (0.5*tol + 0x1p-51*math.Abs(b)) / math.Abs(a-b)
		if limit > 0.5 || fbest == 0 {
			return best, nil
		}
		share = interpolatedShare(a, fa, b, fb, c, fc)
		share = min(max(share, limit), 1-limit)
	}
	return 0, fmt.Errorf("no convergence between %v and %v", a, b)
}

// interpolatedShare returns where on the way from b to a the inverse quadratic through
// the three points is 0, or a half where that is not to be trusted.
func interpolatedShare(a, fa, b, fb, c, fc float64) float64 {
	xi := (b - a) / (c - a)
	phi := (fb - fa) / (fc - fa)
	if !(phi*phi < xi && (1-phi)*(1-phi) < 1-xi) {
		return 0.5
	}
	return fb/(fa-fb)*fc/(fa-fc) + (c-b)/(a-b)*fb/(fc-fb)*fa/(fc-fa)
}
