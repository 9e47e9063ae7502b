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

// covered reports whether a layer close by already refines the grid for m. Layers come the
// narrowest first: every step blurs those there are by as much as it does the two new ones.
func covered(layers []layer, m layer) bool {
	for _, l := range layers {
		if math.Abs(l.at-m.at) <= m.width {
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
