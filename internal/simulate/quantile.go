package simulate

import (
	"math"
	"math/rand/v2"
	"slices"

	"readout/moments"
)

// values are the single values of an arm's users, who have one to three each.
type values struct {
	sorted, spare []float64
	users         []own
}

// own are the values of one user.
type own struct {
	values [3]float64
	n      int
}

// add draws so many users. Values of a user depend on each other.
func (v *values) add(r *rand.Rand, users int, n now) {
	before := len(v.sorted)
	for range users {
		habit := r.NormFloat64()
		u := own{n: 1 + r.IntN(3)}
		for i := range u.n {
			u.values[i] = n.level * math.Exp(n.spread*0.5*(0.6*habit+0.8*r.NormFloat64()))
		}
		v.users = append(v.users, u)
		v.sorted = append(v.sorted, u.values[:u.n]...)
	}
	slices.Sort(v.sorted[before:])
	a, b := v.sorted[:before], v.sorted[before:]
	out := v.spare[:0]
	for len(a) > 0 && len(b) > 0 {
		if a[0] <= b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	out = append(append(out, a...), b...)
	v.sorted, v.spare = out, v.sorted
}

// leave takes out the users who leave. A user whose first value is above the usual has done much.
func (v *values) leave(usual float64, leaves func(much bool) bool) {
	var gone []float64
	v.users = slices.DeleteFunc(v.users, func(u own) bool {
		if !leaves(u.values[0] > usual) {
			return false
		}
		gone = append(gone, u.values[:u.n]...)
		return true
	})
	slices.Sort(gone)
	v.sorted = slices.DeleteFunc(v.sorted, func(x float64) bool {
		if len(gone) == 0 || x != gone[0] {
			return false
		}
		gone = gone[1:]
		return true
	})
}

// Len returns how many values there are.
func (v *values) Len() int { return len(v.sorted) }

// Quantiles returns quantiles by definition 7 of Hyndman and Fan.
func (v *values) Quantiles(probabilities ...float64) []float64 {
	if len(v.sorted) == 0 {
		return nil
	}
	out := make([]float64, len(probabilities))
	for i, p := range probabilities {
		at := min(1, max(0, p)) * float64(len(v.sorted)-1)
		below := int(at)
		out[i] = v.sorted[below]
		if above := below + 1; above < len(v.sorted) {
			out[i] += (at - float64(below)) * (v.sorted[above] - v.sorted[below])
		}
	}
	return out
}

// AtMost returns the moments over users of how many values are at most x, and how many
// there are.
func (v *values) AtMost(x float64) moments.Set {
	s := sums{columns: 2}
	for i := range v.users {
		u := &v.users[i]
		var r row
		for _, value := range u.values[:u.n] {
			if value <= x {
				r[0]++
			}
		}
		r[1] = float64(u.n)
		s.add(&r)
	}
	return s.set()
}
