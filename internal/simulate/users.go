package simulate

import (
	"math/rand/v2"
	"time"

	"readout/analysis"
)

// crowd is all users of a run, as they come.
type crowd struct {
	world World
	r     *rand.Rand
	// arms are control and treatment per phase.
	arms [][2]*arm
}

// next lets day k pass and returns what is known at its end.
func (c *crowd) next(k int) analysis.Day {
	w := c.world
	n, users, share := w.day(k)
	if p := w.phase(k); p == len(c.arms) {
		c.arms = append(c.arms, [2]*arm{newArm(w), newArm(w)})
	}
	treated := 0
	for range users {
		if c.r.Float64() < share {
			treated++
		}
	}
	come := [2]int{users - treated, treated}
	for p, arms := range c.arms {
		for v, a := range arms {
			today := n
			if v == 1 {
				today.effect = w.Effect
			}
			if k > 0 && w.Late > 0 {
				a.catchUp()
			}
			a.known = a.sums
			if k > 0 && w.Leave > 0 {
				a.leave(c.r)
			}
			if k > 0 && w.keeps() {
				a.comeBack(c.r, w.through(k-1), today)
			}
			old := len(a.users)
			if p == w.phase(k) {
				a.come(c.r, come[v], today)
				if w.Kind.Open() {
					a.first(c.r, today, old)
				}
			}
		}
	}
	return c.day(k)
}

// day returns what is known at the end of day k.
func (c *crowd) day(k int) analysis.Day {
	through := c.world.through(k)
	d := analysis.Day{
		Date: start.AddDate(0, 0, k).Format(time.DateOnly), Through: through,
		Users: make([]int64, 2), Several: make([]int64, 2),
	}
	for m := range c.world.metrics() {
		var phases [][]analysis.Arm
		for _, arms := range c.arms {
			both := make([]analysis.Arm, 2)
			for v, a := range arms {
				both[v] = a.snapshot(m == 1)
				if m == 0 {
					d.Users[v] += both[v].Moments.N
				}
			}
			phases = append(phases, both)
		}
		d.Metrics = append(d.Metrics, phases)
	}
	return d
}
