package raw

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"readout/internal/fractions"
)

// user is one whose numbers are x at a look and y at the next, where the user counts.
type user struct {
	before, now bool
	x, y        Row
}

// linked are the cells of two looks, with what links them.
type linked struct {
	before, now *Cells
	cross       *Cross
}

// take takes in users, or takes them out.
func (l *linked) take(users []user, sign int) {
	for i := range users {
		u := &users[i]
		before, now := &Numbers{X: u.x}, &Numbers{X: u.y}
		if !u.before {
			before = nil
		} else {
			l.before.Add(0, &u.x, 0, sign)
		}
		if !u.now {
			now = nil
		} else {
			l.now.Add(0, &u.y, 0, sign)
		}
		if before != nil || now != nil {
			l.cross.Turn(0, before, now, before == nil, sign)
		}
	}
}

// newLinked returns cells of two looks without users.
func newLinked(whole []bool, growing bool) *linked {
	return &linked{NewCells(whole, 1, 1), NewCells(whole, 1, 1), NewCross(whole, growing, 1)}
}

// drawUsers draws users; numbers that are the same at both looks are common, and all are if
// nothing grows.
func drawUsers(t *rapid.T, label string, whole []bool, growing bool) []user {
	number := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1e9, 1e9+3), rapid.Float64Range(-2, 2))
	users := make([]user, rapid.IntRange(0, 8).Draw(t, label))
	for i := range users {
		u := &users[i]
		u.before, u.now = rapid.Bool().Draw(t, "before"), rapid.Bool().Draw(t, "now")
		for j := range whole {
			draw := func(label string) float64 {
				if whole[j] {
					return float64(rapid.IntRange(0, 3).Draw(t, label))
				}
				return number.Draw(t, label)
			}
			u.x[j] = draw("x")
			if u.y[j] = u.x[j]; growing && rapid.Bool().Draw(t, "grows") {
				u.y[j] = draw("y")
			}
		}
	}
	return users
}

// The joint moments of two looks are those of fractions over the users who count at both, in any
// order of columns, also after others have been taken out again, from other workers, and after
// they have been kept.
func TestJointEqualsFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.SliceOfN(rapid.Bool(), 1, MaxColumns).Draw(t, "whole")
		growing := rapid.Bool().Draw(t, "growing")
		stay, gone := drawUsers(t, "stay", whole, growing), drawUsers(t, "gone", whole, growing)
		l, other := newLinked(whole, growing), newLinked(whole, growing)
		half := len(stay) / 2
		l.take(stay[:half], Enter)
		l.take(gone, Enter)
		other.take(stay[half:], Enter)
		l.take(gone, Leave)
		l.before.Merge(other.before)
		l.now.Merge(other.now)
		l.cross.Merge(other.cross)

		kept, fresh := l.cross.Keep(), NewCross(whole, growing, 1)
		if !kept.Give(fresh, Move{To: []int{0}, Looks: 1}) {
			t.Fatal("what was kept does not fit")
		}

		columns := rapid.Permutation([]int{0, 1, 2, 3, 4}[:len(whole)]).Draw(t, "columns")
		columns = columns[:rapid.IntRange(1, len(columns)).Draw(t, "of")]
		var rows [][]float64
		for i := range stay {
			u := &stay[i]
			if !u.before || !u.now {
				continue
			}
			var row []float64
			for _, numbers := range []*Row{&u.x, &u.y} {
				for _, c := range columns {
					row = append(row, numbers[c])
				}
			}
			rows = append(rows, row)
		}
		view := l.now.View(columns, 0)
		want := fractions.Moments(2*len(columns), rows)
		for _, cross := range []*Cross{l.cross, fresh} {
			got := cross.Joint(0, want.N, &view, l.before, l.now, 0, 0)
			if diff := gocmp.Diff(&want, got); diff != "" {
				t.Fatalf("(- want, + got):\n%s", diff)
			}
		}
	})
}

// Many users with the same numbers come to the same as one after the other.
func TestTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.SliceOfN(rapid.Bool(), 1, MaxColumns).Draw(t, "whole")
		users := drawUsers(t, "users", whole, true)
		n := rapid.IntRange(0, 5).Draw(t, "times")
		one, many := newLinked(whole, true), newLinked(whole, true)
		for i := range users {
			u := &users[i]
			for range n {
				one.now.Add(0, &u.x, 0, Enter)
				one.cross.Changed(0, &u.x, &u.y, Enter)
			}
			many.now.AddTimes(0, &u.x, int64(n))
			many.cross.ChangedTimes(0, &u.x, &u.y, int64(n))
		}
		if diff := gocmp.Diff(one.now.Keep(), many.now.Keep()); diff != "" {
			t.Errorf("cells (- want, + got):\n%s", diff)
		}
		if diff := gocmp.Diff(one.cross.Keep(), many.cross.Keep()); diff != "" {
			t.Errorf("change (- want, + got):\n%s", diff)
		}
	})
}
