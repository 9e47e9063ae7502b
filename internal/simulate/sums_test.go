package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"readout/moments"
)

// TestSums holds that sums, with users who change and users who leave, are the moments that
// package moments makes of the same users, and that looks are linked by those in at both.
func TestSums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range Kinds() {
		for _, leave := range []float64{0, 0.05} {
			w := World{Kind: k, Looks: 4, Traffic: 1, Growth: 2, Leave: leave}
			if !w.keeps() || k.quantile > 0 {
				continue
			}
			c := crowd{world: w, r: r}
			before, came := make(map[float64]user), 0.0
			for d := range w.Looks {
				c.next(d)
				a := c.arms[0][0]
				set, linked := moments.New(a.sums.columns), moments.New(2*a.sums.columns)
				var converted int64
				for i := range a.users {
					u := &a.users[i]
					if u.row[k.outcome()-1] != 0 {
						converted++
					}
					if u.unknown == 0 {
						// Nothing is late here, so that this can tell users apart.
						came++
						u.unknown = came
					}
					set.Add(u.row[:a.sums.columns]...)
					if was, ok := before[u.unknown]; ok {
						linked.Add(append(was.row[:a.sums.columns:a.sums.columns], u.row[:a.sums.columns]...)...)
					}
				}
				same(t, w.Name(), a.snapshot(true).Moments, set)
				if got := a.snapshot(true).Converted; got != converted {
					t.Errorf("%s, day %d: %d converted, want %d", w.Name(), d, got, converted)
				}
				if d > 0 {
					same(t, w.Name()+", linked", a.snapshot(true).Previous.Moments, linked)
				}
				if stay := len(before) - int(linked.N); (stay > 0) != (leave > 0 && d > 0) {
					t.Errorf("%s, day %d: %d of %d have left", w.Name(), d, stay, len(before))
				}
				clear(before)
				for _, u := range a.users {
					before[u.unknown] = u
				}
			}
		}
	}
}

// TestValuesOfThoseWhoLeave: the values of a quantile are those of the users who are in.
func TestValuesOfThoseWhoLeave(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var v values
	for d := range 4 {
		before := len(v.users)
		v.leave(1, func(much bool) bool { return r.Float64() < 0.1 || much && r.Float64() < 0.2 })
		if d > 0 && !(len(v.users) < before) {
			t.Errorf("day %d: nobody of %d has left", d, before)
		}
		v.add(r, 200, now{level: 1, spread: 1})
		var want []float64
		for _, u := range v.users {
			want = append(want, u.values[:u.n]...)
		}
		slices.Sort(want)
		if !slices.Equal(v.sorted, want) {
			t.Errorf("day %d: %d values, want the %d of the users", d, len(v.sorted), len(want))
		}
	}
}

// TestLateConversions: what is late is known the next day, and all is known of those before.
func TestLateConversions(t *testing.T) {
	w := World{Kind: Kinds()[1], Looks: 3, Traffic: 1, Growth: 1, Late: 0.5}
	c := crowd{world: w, r: rand.New(rand.NewPCG(5, 6))}
	for d := range w.Looks {
		c.next(d)
		a := c.arms[0][0]
		for i, u := range a.users {
			if u.unknown > 0 && (i < a.fresh || u.row[0] > 0) {
				t.Errorf("day %d: of user %d, %v is known and %v is not", d, i, u.row[0], u.unknown)
			}
		}
		rate := func(users []user) float64 {
			n := 0.0
			for _, u := range users {
				n += u.row[0] / float64(len(users))
			}
			return n
		}
		if got, want := float64(a.snapshot(true).Converted), math.Round(rate(a.users)*float64(len(a.users))); got != want {
			t.Errorf("day %d: %v are known to have converted, want %v", d, got, want)
		}
		if got := rate(a.users[a.fresh:]); !(math.Abs(got-0.1) < 0.03) {
			t.Errorf("day %d: %v of those who came have converted, want a half of a fifth", d, got)
		}
		if d > 0 {
			if got := rate(a.users[:a.fresh]); !(math.Abs(got-0.2) < 0.03) {
				t.Errorf("day %d: %v of those before have converted, want a fifth", d, got)
			}
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
