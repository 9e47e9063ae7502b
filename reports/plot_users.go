package reports

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"readout/analysis"
	"readout/internal/digits"
)

// usersPlot draws the users of every variant at the end of each day, from the experiment's
// start to its end (to the last day where the end is more than ten years off), and dashed what
// the planned shares of all users would be. There is no picture without a day of users.
func usersPlot(card *analysis.Scorecard) (drawing picture, ok bool, err error) {
	var days []analysis.DayUsers
	var from, to, most float64
	for _, d := range card.History {
		n, isDate := dayNumber(d.Date)
		if !isDate || len(d.Users) != len(card.Variants) {
			continue
		}
		if len(days) == 0 {
			from, to = n, n
		}
		from, to = math.Min(from, n), math.Max(to, n)
		days = append(days, d)
		for i, users := range d.Users {
			most = math.Max(most, math.Max(float64(users), planned(card, d, i)))
		}
	}
	if len(days) == 0 || most == 0 {
		return picture{}, false, nil
	}
	if !card.End.IsZero() {
		if end, ok := dayNumber(zoneOf(card.TimeZone).date(card.End.Add(-1))); ok && end-from < 3660 {
			to = math.Max(to, end)
		}
	}
	if from == to {
		from, to = from-1, to+1
	}
	p := newPlot(from, to, 0, most*1.05, func(v float64, decimals int) string { return digits.Fixed(v, decimals) })
	for i := range card.Variants {
		var users, plan plotter.XYs
		for _, d := range days {
			n, _ := dayNumber(d.Date)
			users = append(users, plotter.XY{X: n, Y: float64(d.Users[i])})
			plan = append(plan, plotter.XY{X: n, Y: planned(card, d, i)})
		}
		addLine(p, plan, paintText, 1.25, 4, 3)
		addLine(p, users, seriesPaint(i), 2)
		addMarks(p, users[len(users)-1:], seriesPaint(i), seriesGlyph(i), 4)
	}
	drawing, err = drawPlot(p)
	return drawing, err == nil, err
}

// planned returns the users that the i-th variant would have, had all users of a day so
// far been split as planned when they came.
func planned(card *analysis.Scorecard, d analysis.DayUsers, i int) float64 {
	if len(d.Planned) == len(d.Users) {
		return d.Planned[i]
	}
	var all, traffic float64
	for j, users := range d.Users {
		all += float64(users)
		traffic += card.Variants[j].Traffic
	}
	if traffic <= 0 {
		return 0
	}
	return all * card.Variants[i].Traffic / traffic
}

// plannedOfAll returns the share of all users so far that was planned for the i-th variant,
// where the planned traffic has changed since the start.
func plannedOfAll(card *analysis.Scorecard, i int) (share float64, ok bool) {
	if len(card.History) == 0 {
		return 0, false
	}
	last := card.History[len(card.History)-1]
	if len(last.Planned) != len(card.Variants) {
		return 0, false
	}
	var all float64
	for _, n := range last.Planned {
		all += n
	}
	if !(all > 0) {
		return 0, false
	}
	return last.Planned[i] / all, true
}
