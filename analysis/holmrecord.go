package analysis

import (
	"math"
	"slices"
	"sort"
	"time"
)

// recordUnderHolm puts the look of record of every significant primary comparison where Holm's
// correction decided it: on the first day on which its adjusted p-value was small enough. Its
// own boundary, at the whole alpha, may have been crossed long before, and another comparison's
// look may have decided it.
//
// Sequential p-values never rise, so neither do adjusted ones, and the day is found by bisection.
func (a *analyzer) recordUnderHolm(card *Scorecard) error {
	var family []holmMember
	err := a.eachPrimary(card, func(s scored, t test, c *Comparison) error {
		if c.Look > 0 {
			family = append(family, holmMember{comparison: c, test: t, looks: a.shownLooks(c, s)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	days := lookDays(family)
	for i, m := range family {
		if m.comparison.Record == nil {
			continue
		}
		var failed error
		k := sort.Search(len(days)-1, func(k int) bool {
			p, err := holmOn(days[k].At, family, i, len(card.Plan.Family))
			if err != nil {
				failed = err
			}
			return p <= a.in.Experiment.Statistics.Alpha()
		})
		if failed != nil {
			return failed
		}
		n, look, err := m.upTo(days[k].At)
		if err != nil {
			return err
		}
		m.comparison.Record = look.record(m.comparison.Looks[n-1])
		m.comparison.Record.Date = days[k].Date
	}
	return nil
}

// holmMember is a comparison of a family with its looks.
type holmMember struct {
	comparison *Comparison
	test       test
	looks      []Look
}

// upTo returns how many looks were made by a day, and the last of them with its p-value.
func (m holmMember) upTo(day time.Time) (n int, last Look, err error) {
	for n < len(m.looks) && !m.looks[n].At.After(day) {
		n++
	}
	if n == 0 {
		return 0, Look{}, nil
	}
	looks := slices.Clone(m.looks[:n])
	err = m.test.addP(looks)
	return n, looks[n-1], err
}

// holmOn returns the adjusted p-value that the i-th of a family had on a day, of m comparisons
// that were planned.
func holmOn(day time.Time, family []holmMember, i, m int) (float64, error) {
	p := make([]float64, len(family))
	for j, member := range family {
		n, l, err := member.upTo(day)
		if err != nil {
			return 1, err
		}
		p[j] = 1
		if n > 0 {
			p[j] = math.Exp(l.LnP)
		}
	}
	return holm(p, m)[i], nil
}

// lookDays returns a look of every day on which a family had one, in order.
func lookDays(family []holmMember) []Look {
	var days []Look
	for _, m := range family {
		days = append(days, m.looks...)
	}
	slices.SortStableFunc(days, func(a, b Look) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(days, func(a, b Look) bool { return a.At.Equal(b.At) })
}

// shownLooks returns the looks that a comparison shows, today's included.
func (a *analyzer) shownLooks(c *Comparison, s scored) []Look {
	looks, _ := looksOf(append(a.in.Looks[:len(a.in.Looks):len(a.in.Looks)], a.looks...), s.metric.Name, c.Variant, a.in.MetricHash[s.metric.Name])
	return looks[:c.Look]
}
