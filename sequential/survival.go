package sequential

import (
	"math"
)

// survival holds for one look k the probability of having crossed no boundary at
// looks 1 to k, given the statistic of look k,
//
//	r_k(z) = P(Z_1 ∈ C_1, …, Z_{k-1} ∈ C_{k-1} | Z_k = z)   for z in C_k = (lo, hi)
//
// It follows the recursion
//
//	r_1 = 1,   r_k(z) = ∫_{C_{k-1}} r_{k-1}(u)·φ((u - ρ_k·z)/s_k)/s_k du
//
// which is the one of Armitage, McPherson and Rowe divided by the density of Z_k.
// In this form nothing underflows and nothing but the boundary layers has to be
// resolved. r_k is kept at the Gauss-Legendre points of panels: equal ones where
// these resolve the next kernel, else panels graded towards the layers, on which
// r_k is interpolated.
//
// Sources: P. Armitage, C. K. McPherson, B. C. Rowe (1969), Repeated significance
// tests on accumulating data, JRSS A 132; C. Jennison, B. W. Turnbull (2000), Group
// Sequential Methods, chapter 19.
type survival struct {
	edges     []float64 // panel p is (edges[p], edges[p+1])
	values    []float64 // r at the points of all panels, ascending
	mass      []float64 // what masses returns, or empty
	uniform   bool      // all panels are equal and resolve the kernel of the next step
	half      float64   // half width of a panel, where they are equal
	symmetric bool      // r(z) = r(-z), and so is the grid
	layers    []layer   // what r has to be resolved around
}

// first makes sv r_1 = 1 on (lo, hi), on a grid for a next step with innovation sNext.
func (sv *survival) first(lo, hi, sNext float64) {
	sv.symmetric, sv.layers = lo == -hi, sv.layers[:0]
	sv.makeGrid(lo, hi, sNext)
	for i := range sv.values {
		sv.values[i] = 1
	}
}

// follow makes sv the survival function one look after before, on (lo, hi), where rho and s
// belong to the step to that look and sNext to the step after it. Half of the work is saved
// while all intervals have been symmetric about 0. What sv and kernel held is gone; their
// memory is used again.
func (sv *survival) follow(before *survival, kernel *uniformAverage, rho, s, lo, hi, sNext float64) {
	sv.moveLayers(before, rho, s, lo, hi)
	sv.symmetric = before.symmetric && lo == -hi
	sv.makeGrid(lo, hi, sNext)
	if before.uniform {
		kernel.prepare(before, s)
	}
	panels := len(sv.edges) - 1
	first := 0
	if sv.symmetric {
		first = panels / 2
	}
	for p := first; p < panels; p++ {
		mid, half := sv.panel(p)
		out := sv.values[p*nodes : (p+1)*nodes]
		if before.uniform {
			kernel.panel(rho*mid, rho*half, out)
			continue
		}
		for i := range out {
			out[i] = before.average(rho*mid+rho*half*rule.x[i], s)
		}
	}
	if sv.symmetric {
		n := len(sv.values)
		for i := range n / 2 {
			sv.values[i] = sv.values[n-1-i]
		}
	}
}

// masses returns r·φ times the weight of the quadrature at all points. Looks that are only
// passed do not need it.
func (sv *survival) masses() []float64 {
	if len(sv.mass) > 0 {
		return sv.mass
	}
	for p := 0; p+1 < len(sv.edges); p++ {
		mid, half := sv.panel(p)
		for j, x := range rule.x {
			sv.mass = append(sv.mass, sv.values[p*nodes+j]*density(mid+half*x)*half*rule.w[j])
		}
	}
	return sv.mass
}

// average returns ∫ r(u)·φ((u - m)/s)/s du on any grid. A panel that resolves the kernel is
// summed at its points; on a wider one the part within reach of the kernel is cut into
// pieces, and r interpolated.
func (sv *survival) average(m, s float64) float64 {
	var sum float64
	for p := 0; p+1 < len(sv.edges); p++ {
		a, b := sv.edges[p], sv.edges[p+1]
		if b < m-kernelReach*s || a > m+kernelReach*s {
			continue
		}
		values := sv.values[p*nodes : (p+1)*nodes]
		mid, half := 0.5*(a+b), 0.5*(b-a)
		if b-a <= quadratureWidth*s {
			for j, r := range values {
				sum += r * rule.w[j] * half / s * density((mid+half*rule.x[j]-m)/s)
			}
			continue
		}
		if m-kernelReach*s >= a && m+kernelReach*s <= b {
			for _, g := range hermite {
				below := rule.interpolate(values, (m-mid-s*g.x)/half)
				above := rule.interpolate(values, (m-mid+s*g.x)/half)
				sum += g.w * (below + above)
			}
			continue
		}
		// In units of s about m nothing is lost to cancellation when s is tiny.
		from, to := max((a-m)/s, -kernelReach), min((b-m)/s, kernelReach)
		pieces(from, to, quadratureWidth, func(v, w float64) {
			r := rule.interpolate(values, (m-mid+s*v)/half)
			sum += w * r * density(v)
		})
	}
	return sum
}

// pieces calls f with the points and weights of a Gauss-Legendre rule on (from, to)
// composed of pieces no longer than width.
func pieces(from, to, width float64, f func(x, w float64)) {
	if !(from < to) {
		return
	}
	n := math.Ceil((to - from) / width)
	half := 0.5 * (to - from) / n
	for i := 0.0; i < n; i++ {
		mid := from + (2*i+1)*half
		for j := range nodes {
			f(mid+half*rule.x[j], half*rule.w[j])
		}
	}
}

// tail returns the probability to have stayed inside so far and to lie beyond c at
// the next look, and the first two derivatives of that by the distance of c from 0 on
// that side, with reversed sign: the density at c and its fall,
//
//	∫ r(u)·φ(u)·Φ(-x) du,   ∫ r(u)·φ(u)·φ(x)/s du,   ∫ r(u)·φ(u)·φ(x)·(-x)/s² du
//
// where x = ±(c - ρ·u)/s,
// with side +1 for beyond above and -1 for beyond below. Points from which c is
// more than cut standard deviations away are left out.
func (sv *survival) tail(c, rho, s, side, cut float64) (p, d, d2 float64) {
	masses := sv.masses()
	add := func(u, mass float64) {
		x := side * (c - rho*u) / s
		switch {
		case x > cut:
		case x < -kernelReach:
			p += mass
		default:
			p += mass * upperTail(x)
			f := mass * density(x) / s
			d += f
			d2 -= f * x / s
		}
	}
	for i := 0; i+1 < len(sv.edges); i++ {
		mid, half := sv.panel(i)
		if 2*half <= quadratureWidth*s {
			for j, x := range rule.x {
				add(mid+half*x, masses[i*nodes+j])
			}
			continue
		}
		values := sv.values[i*nodes : (i+1)*nodes]
		sv.wideTail(i, c/rho, s/rho, side, cut, func(u, w float64) {
			add(u, w*density(u)*rule.interpolate(values, (u-mid)/half))
		})
	}
	return p, d, d2
}

// wideTail calls f with a rule for [survival.tail] on panel i, which is wider than
// the normal distribution function with centre m and standard deviation sigma.
func (sv *survival) wideTail(i int, m, sigma, side, cut float64, f func(u, w float64)) {
	a, b := sv.edges[i], sv.edges[i+1]
	clamp := func(x float64) float64 { return min(max(x, a), b) }
	if side > 0 {
		rise, full := clamp(m-cut*sigma), clamp(m+kernelReach*sigma)
		pieces(rise, full, quadratureWidth*sigma, f)
		pieces(full, b, b-a, f)
		return
	}
	full, fall := clamp(m-kernelReach*sigma), clamp(m+cut*sigma)
	pieces(a, full, b-a, f)
	pieces(full, fall, quadratureWidth*sigma, f)
}
