package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"readout/analysis"
	"readout/moments"
)

// arm is one arm in one phase, as it grows.
type arm struct {
	world  World
	sums   sums
	values values
	// converted is how many users are known to have done something.
	converted int64
	// users are kept where something may happen to them later; those from fresh on came last.
	users []user
	fresh int
	// linked is the look before, known the sums of all who were in then, and before of those who have
	// not left since, as they are known by now; cross are the products of users' columns then with those
	// now, and later the sums now of those who were in then.
	linked time.Time
	known  sums
	before sums
	later  sums
	cross  [most]row
	// stayed is how many users of a quantile were in then and are so now.
	stayed int
}

func newArm(w World) *arm {
	a := &arm{world: w, sums: sums{columns: w.Kind.columns()}}
	if w.keeps() {
		a.users = make([]user, 0, w.planned())
	}
	return a
}

// come adds so many new users on a day.
func (a *arm) come(r *rand.Rand, users int, n now) {
	if a.world.Kind.quantile > 0 {
		a.values.add(r, users, n)
		return
	}
	a.fresh = len(a.users)
	keeps, late := a.world.keeps(), a.world.Late
	for range users {
		u := a.world.Kind.draw(r, n)
		u.level = n.level
		if late > 0 && r.Float64() < late {
			u.unknown, u.row[0], u.late = u.row[0], 0, true
		}
		a.count(&u, 1)
		if keeps {
			a.users = append(a.users, u)
		}
		a.sums.add(&u.row)
	}
}

// catchUp makes known what was not yet known of those who came last.
func (a *arm) catchUp() {
	for i := a.fresh; i < len(a.users); i++ {
		u := &a.users[i]
		was := u.row
		a.count(u, -1)
		u.row[0] += u.unknown
		u.unknown, u.late = 0, false
		a.count(u, 1)
		a.sums.replace(&was, &u.row)
	}
}

// count counts a user, or with -1 no longer, who is known to have done something.
func (a *arm) count(u *user, by int64) {
	if u.converted && !u.late {
		a.converted += by
	}
}

// leaveFactor is how many times as often as the others users leave who do much: who is there
// often is seen in several variants sooner.
const leaveFactor = 3

// leave lets users leave, who are left out from then on.
func (a *arm) leave(r *rand.Rand) {
	leaves := func(much bool) bool {
		share := a.world.Leave
		if much {
			share *= leaveFactor
		}
		return r.Float64() < share
	}
	if a.world.Kind.quantile > 0 {
		a.values.leave(a.world.Kind.usual, leaves)
		return
	}
	a.users = slices.DeleteFunc(a.users, func(u user) bool {
		gone := leaves(u.row[0] > a.world.Kind.usual)
		if gone {
			a.count(&u, -1)
			a.sums.remove(&u.row)
		}
		return gone
	})
}

// comeBack lets the users so far do what they do on a day, and links the look at the
// instant before with today.
func (a *arm) comeBack(r *rand.Rand, before time.Time, n now) {
	a.linked, a.before, a.cross = before, a.sums, a.sums.q
	for i := range a.cross {
		for j := range i {
			a.cross[j][i] = a.cross[i][j]
		}
	}
	if a.world.Kind.Open() {
		a.grow(r, n)
	}
	a.later = a.sums
	a.stayed = len(a.values.users)
}

// grow lets users have another day of a metric without a window.
func (a *arm) grow(r *rand.Rand, n now) {
	a.each(r, n, 0, func(was, is *row) {
		a.sums.replace(was, is)
		for i := range a.sums.columns {
			for j := range a.world.Kind.outcome() {
				a.cross[i][j] += was[i] * (is[j] - was[j])
			}
		}
	})
}

// first lets those who came today, from the i-th user on, do what they do on a day.
func (a *arm) first(r *rand.Rand, n now, i int) { a.each(r, n, i, a.sums.replace) }

// each has events for some of the users from the i-th on and tells of their columns before
// and after. Instead of asking every user it skips to the next one who comes.
func (a *arm) each(r *rand.Rand, n now, i int, changed func(was, is *row)) {
	p := a.world.Kind.daily
	if a.world.Kind.repeats {
		p *= n.spread
	}
	skip := -1 / math.Log1p(-p)
	for {
		// An exponential time cut to whole numbers is geometric.
		i += int(r.ExpFloat64() * skip)
		if i >= len(a.users) {
			return
		}
		was := a.users[i].row
		a.count(&a.users[i], -1)
		a.world.Kind.event(r, n, &a.users[i])
		a.count(&a.users[i], 1)
		if is := a.users[i].row; is != was {
			changed(&was, &is)
		}
		i++
	}
}

// snapshot returns the arm as it is now, with all columns or the outcome's only.
func (a *arm) snapshot(all bool) analysis.Arm {
	if a.world.Kind.quantile > 0 {
		return a.valuesSnapshot()
	}
	out := analysis.Arm{Moments: a.sums.set(), Converted: a.converted}
	if !a.linked.IsZero() && a.before.n > 0 {
		out.Previous = &analysis.Joint{
			Through: a.linked, Moments: joint(&a.before, &a.later, &a.cross), Earlier: a.known.set(),
		}
	}
	if !all {
		columns, outcome := a.world.Kind.columns(), a.world.Kind.outcome()
		out.Moments = outcomes(out.Moments, columns, outcome)
		if out.Previous != nil {
			out.Previous.Moments = outcomes(out.Previous.Moments, columns, outcome)
			out.Previous.Earlier = outcomes(out.Previous.Earlier, columns, outcome)
		}
	}
	return out
}

// valuesSnapshot returns the arm of a quantile. There are no columns to link looks by: only how
// many users stay is known.
func (a *arm) valuesSnapshot() analysis.Arm {
	s := sums{columns: 1}
	for i := range a.values.users {
		s.add(&row{float64(a.values.users[i].n)})
	}
	out := analysis.Arm{Moments: s.set(), Values: &a.values}
	if !a.linked.IsZero() {
		out.Previous = &analysis.Joint{Through: a.linked, Moments: moments.Set{N: int64(a.stayed)}}
	}
	return out
}
