package sequential

import (
	"math"
	"slices"
)

// Sizes of the integration grid, in standard deviations of the narrowest feature that a
// panel has to resolve. Measured on designs of up to 90 looks against values good to 1e-12,
// panels of up to 7 integrate with 16 points to all those digits, and panels of 9 to 2e-10.
// Interpolation needs narrower ones.
const (
	quadratureWidth    = 5.0
	interpolationWidth = 2.0
	// kernelReach is where a normal kernel is cut off; 6e-16 lies beyond it.
	kernelReach = 8.0
	// widestPanel keeps the standard normal density itself resolved.
	widestPanel = 3.0
	// maxResolved is the number of panels up to which a grid always resolves the next kernel
	// and is equal. Above, equal panels are taken while they are fewer than costOfGraded times
	// the graded ones, which is about what interpolation costs more, and than maxUniform.
	maxResolved  = 128
	costOfGraded = 24
	maxUniform   = 4096
	// grading is how fast panels of a graded grid grow with the distance from a layer.
	grading = 0.5
	// widestGraded is the widest panel of a graded grid.
	widestGraded = 1.0
)

// layer is a place where a survival function falls from 1 towards 0: the boundary
// of an earlier look, blurred by what was new since.
type layer struct{ at, width float64 }

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

// moveLayers sets the layers on (lo, hi): those of before and the two ends of before,
// shifted and blurred by the step.
func (sv *survival) moveLayers(before *survival, rho, s, lo, hi float64) {
	sv.layers = sv.layers[:0]
	if len(before.values) == 0 || rho == 0 {
		return
	}
	add := func(l layer) {
		m := layer{at: l.at / rho, width: math.Hypot(l.width, s) / rho}
		reach := kernelReach * m.width
		if m.width < widestGraded && m.at > lo-reach && m.at < hi+reach && !covered(sv.layers, m) {
			sv.layers = append(sv.layers, m)
		}
	}
	add(layer{at: before.edges[0]})
	add(layer{at: before.edges[len(before.edges)-1]})
	for _, l := range before.layers {
		add(l)
	}
}

// covered reports whether a narrower layer close by already refines the grid for m.
func covered(layers []layer, m layer) bool {
	for _, l := range layers {
		if l.width <= m.width && math.Abs(l.at-m.at) <= m.width {
			return true
		}
	}
	return false
}

// makeGrid lays the panels on (lo, hi). An empty interval gets none.
func (sv *survival) makeGrid(lo, hi, sNext float64) {
	sv.edges, sv.values, sv.mass, sv.uniform = sv.edges[:0], sv.values[:0], sv.mass[:0], false
	if !(lo < hi) {
		return
	}
	narrowest := widestPanel / quadratureWidth
	for _, l := range sv.layers {
		narrowest = min(narrowest, l.width)
	}
	equal := (hi - lo) / (quadratureWidth * min(narrowest, sNext))
	switch {
	case equal <= maxResolved:
	case sv.symmetric:
		sv.edges = mirrored(sv.gradedEdges(0, hi, sNext))
	default:
		sv.edges = sv.gradedEdges(lo, hi, sNext)
	}
	if equal <= maxResolved || equal <= min(maxUniform, costOfGraded*float64(len(sv.edges))) {
		sv.uniform = true
		sv.edges = uniformEdges(sv.edges[:0], lo, hi, int(math.Ceil(equal)))
		sv.half = 0.5 * (hi - lo) / float64(len(sv.edges)-1)
	}
	n := (len(sv.edges) - 1) * nodes
	sv.values = slices.Grow(sv.values, n)[:n]
}

// uniformEdges appends the edges of equal panels to edges, which is empty.
func uniformEdges(edges []float64, lo, hi float64, panels int) []float64 {
	edges = slices.Grow(edges, panels+1)[:panels+1]
	for p := range edges {
		f := float64(p) / float64(panels)
		edges[p] = lo*(1-f) + hi*f
	}
	return edges
}

// gradedEdges lays panels from lo to hi whose width is bounded near a layer by the
// width of the layer and away from it by a share of the distance.
func (sv *survival) gradedEdges(lo, hi, sNext float64) []float64 {
	widest := widestGraded
	if w := quadratureWidth * sNext; (hi-lo)/w <= maxResolved {
		widest = min(widest, w)
	}
	edges := []float64{lo}
	for a := lo; a < hi; {
		h := widest
		for _, l := range sv.layers {
			distance := grading * (a - l.at)
			if a < l.at {
				// The far end of the panel comes closer to the layer by h.
				distance = grading / (1 + grading) * (l.at - a)
			}
			h = min(h, max(interpolationWidth*l.width, distance))
		}
		a = min(a+h, hi)
		// A sliver at the end is joined to the last panel.
		if hi-a < 0.1*h {
			a = hi
		}
		edges = append(edges, a)
	}
	return edges
}

// mirrored returns the edges on both sides of 0 from those of the positive side.
func mirrored(positive []float64) []float64 {
	n := len(positive) - 1
	edges := make([]float64, 2*n+1)
	for i, e := range positive {
		edges[n+i], edges[n-i] = e, -e
	}
	return edges
}

// panel returns the middle and the half width of panel p. The half width is the same
// to the last bit for equal panels.
func (sv *survival) panel(p int) (mid, half float64) {
	a, b := sv.edges[p], sv.edges[p+1]
	if sv.uniform {
		return 0.5 * (a + b), sv.half
	}
	return 0.5 * (a + b), 0.5 * (b - a)
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
