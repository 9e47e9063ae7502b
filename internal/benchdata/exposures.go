package benchdata

import (
	"cmp"
	"math"
	"slices"
)

const (
	usPerDay = 24 * 60 * 60 * 1_000_000
	liveDays = Days - LeadDays

	// enrolDays is the mean of the days until a user is first exposed, were there no end.
	enrolDays = 7
	// again is the chance of one more exposure after each: half a row more per user.
	again = 1.0 / 3
	// otherArm is the chance that such a row shows another variant.
	otherArm = 0.004

	// duplicated is the chance of the same row once more, late that of landing in the folder
	// of a day one to mostDaysLate days after.
	duplicated   = 0.005
	late         = 0.01
	mostDaysLate = 3

	// Chances of a null.
	noUser    = 0.001
	noVariant = 0.0005
	noTime    = 0.0001
)

// null stands for a null in any column.
const null = -1

// exposure is a row of the exposures. arrival is when it is written, time when it happened,
// both in microseconds after the first day began.
type exposure struct {
	arrival, time   int64
	user            int32
	experiment, arm int8
}

// exposuresOn returns the rows that arrive on a day, by arrival. Nothing is kept from one
// day to the next: each goes through all users.
func exposuresOn(day int, size Size) []exposure {
	g := exposureDay{day: day, spread: 1 - math.Exp(-liveDays/float64(enrolDays))}
	// A user first exposed after this day has no row on it.
	g.last = (1 - math.Exp(-float64(day+1-LeadDays)/enrolDays)) / g.spread
	for experiment := range size.Experiments {
		for user := range size.Users {
			s := newStream(ofExposures, experiment, user)
			if s.uniform() >= size.Enrolled {
				continue
			}
			g.add(&s, experiment, user)
		}
	}
	slices.SortFunc(g.rows, func(a, b exposure) int {
		return cmp.Or(cmp.Compare(a.arrival, b.arrival), cmp.Compare(a.experiment, b.experiment), cmp.Compare(a.user, b.user),
			cmp.Compare(a.time, b.time), cmp.Compare(a.arm, b.arm))
	})
	return g.rows
}

type exposureDay struct {
	day int
	// spread is the share of an exponential distribution that lies before the end.
	spread, last float64
	rows         []exposure
}

// add draws a user's rows in an experiment and keeps those that arrive on the day.
func (g *exposureDay) add(s *stream, experiment, user int) {
	u := s.uniform()
	if u >= g.last {
		return
	}
	const begin, end = LeadDays * usPerDay, Days * usPerDay
	first := min(begin+int64(-math.Log1p(-u*g.spread)*enrolDays*usPerDay), end-1)
	arms := len(Variants(experiment))
	arm := s.below(arms)
	row := exposure{time: first, user: int32(user), experiment: int8(experiment), arm: int8(arm)}
	g.keep(s, row)
	for s.uniform() < again {
		row.time = first + int64(s.uniform()*float64(end-first))
		row.arm = int8(arm)
		if s.uniform() < otherArm {
			row.arm = int8((arm + 1) % arms)
		}
		g.keep(s, row)
	}
}

// keep keeps a row, and its duplicate if it has one, where they arrive on the day.
//
// However a row comes out, as many numbers are drawn: the rows after it must be the same on
// every day.
func (g *exposureDay) keep(s *stream, row exposure) {
	for {
		row := row
		row.arrival = row.time
		if s.uniform() < late {
			row.arrival += int64(1+s.below(mostDaysLate)) * usPerDay
			// What would land after the last day lands on it.
			for row.arrival >= Days*usPerDay {
				row.arrival -= usPerDay
			}
		}
		switch u := s.uniform(); {
		case u < noUser:
			row.user = null
		case u < noUser+noVariant:
			row.arm = null
		case u < noUser+noVariant+noTime:
			row.time = null
		}
		if row.arrival/usPerDay == int64(g.day) {
			g.rows = append(g.rows, row)
		}
		if s.uniform() >= duplicated {
			return
		}
	}
}
