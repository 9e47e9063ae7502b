package sequential

import "math"

// bracket encloses the log alpha at which a statistic meets its critical value, and knows
// the points at which their distance has been computed. As each of those costs a pass over
// all looks, it takes the fewest it can: a first step by the slope of a normal quantile,
// a secant, then inverse quadratic steps.
type bracket struct {
	lo, hi float64
	x, f   [3]float64 // the newest points, newest first
	known  int
	steps  int
	step   float64 // length of the last step
}

// narrow takes the margin f at x, which rises, and returns where it is 0, or where to
// compute it next.
func (b *bracket) narrow(x, f float64) (next float64, found bool) {
	if f < 0 {
		b.lo = max(b.lo, x)
	} else {
		b.hi = min(b.hi, x)
	}
	b.x[2], b.f[2] = b.x[1], b.f[1]
	b.x[1], b.f[1] = b.x[0], b.f[0]
	b.x[0], b.f[0] = x, f
	b.known = min(b.known+1, len(b.x))
	b.steps++
	if f == 0 || b.hi-b.lo <= logAlphaTolerance {
		return min(max(x, b.lo), b.hi), true
	}
	next = b.guess()
	// Where steps do not settle, halving does.
	inside := next > b.lo && next < b.hi && (b.steps < 8 || b.steps%2 == 0)
	if !inside {
		next = 0.5 * (b.lo + b.hi)
	}
	before := b.step
	b.step = math.Abs(next - x)
	if !inside || b.known < 2 {
		return next, false
	}
	// The error after a step of such a search is less than the product of the last two, times how fast
	// the slope changes: near alpha 1, where the critical value falls without bound, like 1/log alpha.
	curved := max(1, -1/next)
	return next, b.step <= logAlphaTolerance || b.known > 2 && b.step*before*curved <= logAlphaTolerance
}

// guess returns where the margin is 0 by the points known, NaN where they do not tell.
func (b *bracket) guess() float64 {
	x, f := b.x, b.f
	switch b.known {
	case 1:
		return x[0] - f[0]*slope(x[0])
	case 2:
		return x[0] - f[0]*(x[0]-x[1])/(f[0]-f[1])
	}
	return x[0]*f[1]*f[2]/((f[0]-f[1])*(f[0]-f[2])) +
		x[1]*f[0]*f[2]/((f[1]-f[0])*(f[1]-f[2])) +
		x[2]*f[0]*f[1]/((f[2]-f[0])*(f[2]-f[1]))
}

// slope returns about the change of log alpha per change of the critical value, which is
// z + 1/z or less for a normal quantile z.
func slope(logAlpha float64) float64 { return 1 + math.Sqrt(-2*logAlpha) }
