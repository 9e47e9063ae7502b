package sequential

import "math"

// nodes is the number of Gauss-Legendre points in a panel.
const nodes = 16

// legendre holds the positive points and weights of the 16-point Gauss-Legendre
// rule on [-1, 1], from the inside out.
//
// Source: M. Abramowitz, I. A. Stegun (1964), table 25.4.
var legendre = [nodes / 2]struct{ x, w float64 }{
	{0.09501250983763744019, 0.18945061045506849629},
	{0.28160355077925891323, 0.18260341504492358887},
	{0.45801677765722738634, 0.16915651939500253819},
	{0.61787624440264374845, 0.14959598881657673208},
	{0.75540440835500303390, 0.12462897125553387205},
	{0.86563120238783174388, 0.09515851168249278481},
	{0.94457502307323257608, 0.06225352393864789286},
	{0.98940093499164993260, 0.02715245941175409485},
}

// hermite holds the positive points and weights of the 8-point Gauss-Hermite rule for the
// standard normal distribution. It averages a polynomial of degree 15, which is what a
// panel holds, without error.
//
// Source: M. Abramowitz, I. A. Stegun (1964), table 25.10, points times √2 and weights
// over √π.
var hermite = [4]struct{ x, w float64 }{
	{0.53907981135137510807, 0.373012257679077349925550},
	{1.63651904243510799923, 0.117239907661759015117138},
	{2.80248586128754169911, 0.009635220120788267186919},
	{4.14454718612589433206, 0.000112614538375367770394},
}

// rule is the Gauss-Legendre rule on [-1, 1] in ascending order, with the
// barycentric weights of the polynomial through its points.
var rule = newRule()

type gauss struct{ x, w, barycentric [nodes]float64 }

func newRule() gauss {
	var g gauss
	for i, p := range legendre {
		g.x[nodes/2-1-i], g.w[nodes/2-1-i] = -p.x, p.w
		g.x[nodes/2+i], g.w[nodes/2+i] = p.x, p.w
	}
	sign := 1.0
	for j := range g.x {
		g.barycentric[j] = sign * math.Sqrt((1-g.x[j]*g.x[j])*g.w[j])
		sign = -sign
	}
	return g
}

// interpolate returns at x in [-1, 1] the polynomial that takes the given values
// at the points of the rule, in the barycentric form.
//
// Source: H. Wang, D. Huybrechs, S. Vandewalle (2014), Explicit barycentric
// weights for polynomial interpolation in the roots or extrema of classical
// orthogonal polynomials, Mathematics of Computation 83.
func (g *gauss) interpolate(values []float64, x float64) float64 {
	var num, den float64
	for j, xj := range g.x {
		d := x - xj
		if d == 0 {
			return values[j]
		}
		q := g.barycentric[j] / d
		num += q * values[j]
		den += q
	}
	return num / den
}
