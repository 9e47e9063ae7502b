package simulate

import (
	"math"
	"math/rand/v2"
	"time"

	"readout/analysis"
)

// arm is one arm in one phase, as it grows.
type arm struct {
	kind   Kind
	sums   sums
	values values
	// users are kept where there is no window.
	users []user
	// linked is the look before, cross the products of users' columns then with those now,
	// and later the sums now of those who were in then.
	linked time.Time
	before sums
	later  sums
	cross  [most]row
}

func newArm(k Kind) *arm {
	a := &arm{kind: k, sums: sums{columns: k.columns()}}
	if k.Open() {
		a.users = make([]user, 0, plannedUsers)
	}
	return a
}

// come adds so many new users on a day.
func (a *arm) come(r *rand.Rand, users int, n now) {
	if a.kind.quantile > 0 {
		a.values.add(r, users, n)
		return
	}
	for range users {
		u := a.kind.draw(r, n)
		u.level = n.level
		if a.kind.Open() {
			a.users = append(a.users, u)
		}
		a.sums.add(&u.row)
	}
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
	a.each(r, n, 0, func(was, is *row) {
		a.sums.replace(was, is)
		for i := range a.sums.columns {
			for j := range a.kind.outcome() {
				a.cross[i][j] += was[i] * (is[j] - was[j])
			}
		}
	})
	a.later = a.sums
}

// first lets those who came today, from the i-th user on, do what they do on a day.
func (a *arm) first(r *rand.Rand, n now, i int) { a.each(r, n, i, a.sums.replace) }

// each has events for some of the users from the i-th on and tells of their columns before
// and after. Instead of asking every user it skips to the next one who comes.
func (a *arm) each(r *rand.Rand, n now, i int, changed func(was, is *row)) {
	p := a.kind.daily
	if a.kind.repeats {
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
		a.kind.event(r, n, &a.users[i])
		if is := a.users[i].row; is != was {
			changed(&was, &is)
		}
		i++
	}
}

// snapshot returns the arm as it is now, with all columns or the outcome's only.
func (a *arm) snapshot(all bool) analysis.Arm {
	if a.kind.quantile > 0 {
		s := sums{columns: 1}
		for i := range a.values.users {
			s.add(&row{float64(a.values.users[i].n)})
		}
		return analysis.Arm{Moments: s.set(), Values: &a.values}
	}
	out := analysis.Arm{Moments: a.sums.set()}
	if !a.linked.IsZero() && a.before.n > 0 {
		out.Previous = &analysis.Joint{Through: a.linked, Moments: joint(&a.before, &a.later, &a.cross)}
	}
	if !all {
		columns, outcome := a.kind.columns(), a.kind.outcome()
		out.Moments = outcomes(out.Moments, columns, outcome)
		if out.Previous != nil {
			out.Previous.Moments = outcomes(out.Previous.Moments, columns, outcome)
		}
	}
	return out
}
