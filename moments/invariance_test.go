package moments_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"readout/moments"
)

// Users in any order, in any number of parts merged in any order, have the same moments.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := rows(t, "users", 3)
		want := of(3, users)
		same(t, of(3, rapid.Permutation(users).Draw(t, "order")), want, 1e-11)

		var parts []moments.Set
		for rest := users; len(rest) > 0; {
			n := rapid.IntRange(0, len(rest)).Draw(t, "part")
			parts = append(parts, of(3, rest[:n]))
			rest = rest[n:]
			if n == 0 {
				parts = append(parts, of(3, rest[:1]))
				rest = rest[1:]
			}
		}
		all := moments.New(3)
		for _, p := range rapid.Permutation(parts).Draw(t, "order of the parts") {
			all.Merge(p)
		}
		same(t, all, want, 1e-11)

		// Two by two, as a tree.
		for len(parts) > 1 {
			parts[0].Merge(parts[len(parts)-1])
			parts = slices.Concat(parts[1:len(parts)-1], parts[:1])
		}
		if len(parts) == 1 {
			same(t, parts[0], want, 1e-11)
		}
	})
}

// Another unit and another zero of a column move its mean, scale its co-moments and leave
// the rest as it is.
func TestShiftAndScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := rows(t, "users", 2)
		scale := rapid.SampledFrom([]float64{-3, -1, 0.01, 7}).Draw(t, "scale")
		shift := rapid.Float64Range(-1000, 1000).Draw(t, "shift")
		moved := make([][]float64, len(users))
		for i, u := range users {
			moved[i] = []float64{u[0], scale*u[1] + shift}
		}
		want := of(2, users)
		if want.N > 0 {
			want.Mean[1] = scale*want.Mean[1] + shift
		}
		want.C[moments.Index(0, 1)] *= scale
		want.C[moments.Index(1, 1)] *= scale * scale
		same(t, of(2, moved), want, 1e-10)
	})
}
