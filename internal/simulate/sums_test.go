package simulate

import (
	"math"
	"math/rand/v2"
	"testing"

	"readout/moments"
)

// TestSums holds that sums, with users who change, are the moments that package moments
// makes of the same users.
func TestSums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range Kinds() {
		if !k.Open() {
			continue
		}
		w := World{Kind: k, Looks: 4, Traffic: 1, Growth: 2}
		c := crowd{world: w, r: r}
		var before []user
		for d := range w.Looks {
			c.next(d)
			a := c.arms[0][0]
			set, linked := moments.New(a.sums.columns), moments.New(2*a.sums.columns)
			for i, u := range a.users {
				set.Add(u.row[:a.sums.columns]...)
				if i < len(before) {
					linked.Add(append(before[i].row[:a.sums.columns:a.sums.columns], u.row[:a.sums.columns]...)...)
				}
			}
			same(t, k.Name, a.snapshot(true).Moments, set)
			if d > 0 {
				same(t, k.Name+", linked", a.snapshot(true).Previous.Moments, linked)
			}
			before = append([]user(nil), a.users...)
		}
	}
}

func same(t *testing.T, name string, got, want moments.Set) {
	t.Helper()
	if got.N != want.N {
		t.Fatalf("%s: %d users, want %d", name, got.N, want.N)
	}
	for i := range want.Mean {
		for j := range i + 1 {
			scale := math.Sqrt(want.Moment(i, i)*want.Moment(j, j)) + 1
			if d := math.Abs(got.Moment(i, j) - want.Moment(i, j)); d > 1e-9*scale || math.IsNaN(d) {
				t.Errorf("%s: co-moment of %d and %d is %v, want %v", name, i, j, got.Moment(i, j), want.Moment(i, j))
			}
		}
		if d := math.Abs(got.Mean[i] - want.Mean[i]); d > 1e-9*(1+math.Abs(want.Mean[i])) || math.IsNaN(d) {
			t.Errorf("%s: mean of %d is %v, want %v", name, i, got.Mean[i], want.Mean[i])
		}
	}
}
