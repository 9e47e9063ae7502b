package sequential

import (
	"math"
	"slices"
)

// uniformAverage evaluates m ↦ ∫ r(u)·φ((u - m)/s)/s du from a grid of equal panels
// for all points of a target panel at once, with few exponentials. With δ the distance
// of the middle of a source panel from m and a its half width, both in units of s, the
// kernel at point x_j of the rule is
//
//	φ(δ + a·x_j) = exp(-δ²/2) · exp(-δ·a·x_j) · φ(a·x_j)
//
// The last factor is the same for all panels. The middle one changes from one source
// panel to the next by exp(-2a²·x_j), and from the middle of the target panel to its
// point x_i by exp(b·a·x_i·x_j), with b the half width of the target in units of s.
// This is where most of the time of a design goes.
type uniformAverage struct {
	first, s, a float64   // middle of source panel 0; kernel width; half width of a panel in units of s
	panels      int       // number of source panels
	weighted    []float64 // r_j·w_j·a·φ(a·x_j)
	step        [nodes]float64
	between     float64 // exp(-(2a)²), for the first factor
	b           float64 // half width of the target panel that shift is for, in units of s
	shift       [nodes][nodes]float64
}

// widestTarget is the largest half width of a target panel, in units of s, that the
// factors are used for; exp(b·a) then stays far from overflow.
const widestTarget = 4.0

// prepare makes u average sv with a kernel of width s.
func (u *uniformAverage) prepare(sv *survival, s float64) {
	mid, half := sv.panel(0)
	u.first, u.s, u.a, u.panels, u.b = mid, s, half/s, len(sv.edges)-1, -1
	var scale [nodes]float64
	for j, x := range rule.x {
		scale[j] = rule.w[j] * u.a * density(u.a*x)
		u.step[j] = math.Exp(-2 * u.a * u.a * x)
	}
	u.between = math.Exp(-4 * u.a * u.a)
	u.weighted = slices.Grow(u.weighted[:0], len(sv.values))[:len(sv.values)]
	for i, r := range sv.values {
		u.weighted[i] = r * scale[i%nodes]
	}
}

// panel fills out with the averages at m = mid + half·x_i.
func (u *uniformAverage) panel(mid, half float64, out []float64) {
	if b := half / u.s; b > widestTarget {
		for i := range out {
			u.points(mid+half*rule.x[i], 0, out[i:i+1])
		}
	} else {
		u.points(mid, b, out)
	}
}

// points fills out with the averages at m = mid + b·s·x_i, or with the one at mid
// where b is 0.
func (u *uniformAverage) points(mid, b float64, out []float64) {
	clear(out)
	width := 2 * u.a
	origin := (u.first - mid) / u.s
	reach := kernelReach + b
	from := max(0, int(math.Floor((-reach-origin)/width+0.5)))
	to := min(u.panels-1, int(math.Floor((reach-origin)/width+0.5)))
	if from > to {
		return
	}
	u.spread(b)
	delta := origin + width*float64(from)
	base := u.factors(delta * u.a)
	for i := range out {
		d := delta - b*rule.x[i]
		e := base
		if b > 0 {
			for j, f := range &u.shift[i] {
				e[j] *= f
			}
		}
		outer, ratio := math.Exp(-0.5*d*d), math.Exp(-width*(d+u.a))
		var sum float64
		for q := from; q <= to; q++ {
			values := u.weighted[q*nodes : (q+1)*nodes]
			var inner float64
			for j, v := range values {
				inner += e[j] * v
				e[j] *= u.step[j]
			}
			sum += outer * inner
			outer *= ratio
			ratio *= u.between
		}
		out[i] = sum
	}
}

// spread fills shift for target panels of half width b.
func (u *uniformAverage) spread(b float64) {
	if b == u.b || b == 0 {
		return
	}
	u.b = b
	for i := range nodes / 2 {
		u.shift[i] = u.factors(-b * u.a * rule.x[i])
		for j, f := range u.shift[i] {
			u.shift[nodes-1-i][nodes-1-j] = f
		}
	}
}

// factors returns exp(-t·x_j) for all points of the rule.
func (u *uniformAverage) factors(t float64) (e [nodes]float64) {
	for j := range nodes / 2 {
		e[j] = math.Exp(-t * rule.x[j])
		e[nodes-1-j] = 1 / e[j]
	}
	return e
}
