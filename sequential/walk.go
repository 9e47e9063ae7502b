package sequential

import (
	"fmt"
	"math"
)

// walk goes through the looks of a process, by pass or advance, and knows the
// probability of the paths that have not stopped.
type walk struct {
	process Process
	reach   []float64 // per look, the |z| beyond which nothing matters to later looks
	look    int       // the current look, from 0
	inside  *survival // of the look before, one of grids; nil at the first look
	grids   [2]survival
	kernel  uniformAverage
	start   float64 // where the search for the next critical value starts
}

func newWalk(p Process, reach []float64) *walk {
	return &walk{process: p, reach: reach, start: maxZ}
}

// reaches returns per look where its integration may be cut off: beyond lies less than
// 1.3e-15, and less than 1e-11 of what any later look is to spend.
func reaches(spend []float64, sides int) []float64 {
	reach := make([]float64, len(spend))
	least := 1.0
	for k := len(spend) - 1; k >= 0; k-- {
		reach[k] = max(kernelReach, upperQuantile(1e-11*least))
		if a := spend[k] / float64(sides); a >= smallestSpend {
			least = min(least, a)
		}
	}
	return reach
}

// pass goes on to the next look with the paths that the critical value does not stop.
func (w *walk) pass(c Critical, sides int) {
	lo, hi := math.Inf(-1), math.Inf(1)
	if c.Finite {
		w.start = c.Value
		hi = c.Value
		if sides == 2 {
			lo = -hi
		}
	}
	w.advance(lo, hi)
}

// advance goes on to the next look with the paths inside (lo, hi).
func (w *walk) advance(lo, hi float64) {
	k := w.look
	w.look++
	if w.look == w.process.Looks() {
		return
	}
	lo, hi = max(lo, -w.reach[k]), min(hi, w.reach[k])
	sNext := w.process.s[k+1]
	next := &w.grids[k%2]
	if k == 0 {
		next.first(lo, hi, sNext)
	} else {
		next.follow(w.inside, &w.kernel, w.process.rho[k], w.process.s[k], lo, hi, sNext)
	}
	w.inside = next
}

// tail returns what [survival.tail] does for the current look.
func (w *walk) tail(c, side, cut float64) (p, d, fall float64) {
	if w.look > 0 {
		return w.inside.tail(c, w.process.rho[w.look], w.process.s[w.look], side, cut)
	}
	x := side * c
	d = density(x)
	return upperTail(x), d, -x * d
}

// left returns the probability of the paths that have not stopped.
func (w *walk) left() float64 {
	if w.look == 0 {
		return 1
	}
	var sum float64
	for _, m := range w.inside.masses() {
		sum += m
	}
	return sum
}

// critical returns the critical value at which the current look spends alpha over all
// sides.
func (w *walk) critical(alpha float64, sides int) (Critical, error) {
	a := alpha / float64(sides)
	if a < smallestSpend {
		return Critical{}, nil
	}
	least := -maxZ
	if sides == 2 {
		least = 0
	}
	if w.left()/float64(sides) <= a {
		return Critical{Value: least, Finite: true}, nil
	}
	y, err := w.solve(a, 1, least)
	return Critical{Value: y, Finite: err == nil}, err
}

// solve returns the y ≥ least such that a is the probability to have stayed inside so
// far and to lie beyond at the current look: Z ≥ y for side +1, -Z ≥ y for side -1. More
// than a must lie beyond least.
//
// The search is Halley's iteration on log probability, which is concave in y because
// normal densities are log-concave and integration keeps that. A bracket guards it;
// P(Z ≥ y) bounds the probability from above. Far below 1e-100 the integration's noise can
// keep the iteration from settling; after 50 steps the bracket is halved instead.
func (w *walk) solve(a, side, least float64) (float64, error) {
	lo, hi := least, max(upperQuantile(a), least)
	if w.look == 0 {
		return hi, nil
	}
	s := w.process.s[w.look]
	cut := upperQuantile(1e-13 * a)
	y := min(hi, max(w.start, lo))
	for step := range 200 {
		p, d, fall := w.tail(side*y, side, cut)
		if p > a {
			lo = y
		} else {
			hi = y
		}
		f := math.Log(p / a)
		next := y + f*p/d/max(0.5, 1+0.5*f*(1+p*fall/(d*d)))
		if !(next >= lo && next <= hi) || step > 50 {
			next = 0.5 * (lo + hi)
		}
		if hi-lo <= 1e-13*max(1, math.Abs(hi)) {
			return next, nil
		}
		// The error after a step is of the order of its cube over s².
		if step := math.Abs(next - y); step*step*step <= 1e-14*s*s {
			return next, nil
		}
		y = next
	}
	return 0, fmt.Errorf("critical value of look %d: no convergence for probability %v after 200 iterations", w.look+1, a)
}
