package analysis

import (
	"fmt"
	"time"

	"readout/experiment"
	"readout/internal/digits"
)

// WeekPart is enrolment that is no number of whole weeks, so that some days of the week count
// more than others.
type WeekPart struct {
	// Days is how many days see some enrolment, First the first one's day of the week.
	Days  int
	First time.Weekday
	// Shorter and Longer are the nearest last days with which enrolment comes to whole weeks;
	// Shorter is the zero time where that would be none.
	Shorter, Longer time.Time
}

// PartWeeks looks at enrolment from start to end, end exclusive. It reports false if that is
// whole weeks, counted with the day on which it starts or, where it starts within that day,
// without it.
func PartWeeks(start, end time.Time, zone *time.Location) (WeekPart, bool) {
	year, month, day := start.In(zone).Date()
	midnight := experiment.StartOfDay(year, month, day, zone)
	days := DaysBetween(midnight, end, zone)
	weeks, over := days/fullWeek, days%fullWeek
	if days == 0 || over == 0 || over == 1 && weeks > 0 && start.After(midnight) {
		return WeekPart{}, false
	}
	last := func(weeks int) time.Time {
		return experiment.StartOfDay(year, month, day+weeks*fullWeek-1, zone)
	}
	p := WeekPart{Days: days, First: midnight.Weekday(), Longer: last(weeks + 1)}
	if weeks > 0 {
		p.Shorter = last(weeks)
	}
	return p, true
}

// Sentence says which days of the week count more.
func (p WeekPart) Sentence() string {
	over := p.Days % fullWeek
	if p.Days < fullWeek {
		return fmt.Sprintf("Enrolment takes %s, without %s: who comes then is not seen.",
			count(int64(p.Days), "day", "days"), weekdays(p.First+time.Weekday(over), fullWeek-over))
	}
	counts := "count"
	if over == 1 {
		counts = "counts"
	}
	return fmt.Sprintf("Enrolment takes %s days, which are no whole weeks: %s %s once more than the other days. If people behave differently then, an ordinary week may show another effect.",
		digits.Count(int64(p.Days)), weekdays(p.First, over), counts)
}

// Advice names last days that are better.
func (p WeekPart) Advice() string {
	better := p.Longer.Format(time.DateOnly)
	if !p.Shorter.IsZero() {
		better = p.Shorter.Format(time.DateOnly) + " or " + better
	}
	return "Whole weeks end with " + better + "."
}

// weekdays names some days of the week in a row.
func weekdays(first time.Weekday, n int) string {
	a, b := first%fullWeek, (first+time.Weekday(n-1))%fullWeek
	switch n {
	case 1:
		return a.String()
	case 2:
		return a.String() + " and " + b.String()
	}
	return a.String() + " to " + b.String()
}

// partWeeksCheck tells of enrolment that is no number of whole weeks. Nothing is advised: to
// move the end of a running experiment costs its results more.
func (a *analyzer) partWeeksCheck(card *Scorecard) (Check, bool) {
	p, ok := PartWeeks(a.in.Start, a.in.End, a.in.Location)
	if !ok || a.in.AdHoc || a.in.Summarized {
		return Check{}, false
	}
	check := Check{
		Name: CheckPartWeeks, Severity: Info, Sentence: p.Sentence(),
		Numbers: []CheckNumber{{"days", Defined(float64(p.Days))}},
	}
	if p.Days < fullWeek && card.Through.Before(a.in.End) {
		check.Severity = Warning
	}
	return check, true
}
