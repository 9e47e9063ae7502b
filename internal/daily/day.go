package daily

import (
	"time"

	"readout/experiment"
)

// Day is a calendar day in the project's zone.
type Day struct {
	// Date is YYYY-MM-DD.
	Date string
	// Start and Through are the instants at which the day begins and ends.
	Start, Through time.Time
}

// DayOf returns the day in zone that contains t.
func DayOf(t time.Time, zone *time.Location) Day {
	y, m, d := t.In(zone).Date()
	start := experiment.StartOfDay(y, m, d, zone)
	return Day{
		Date:  time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Format(time.DateOnly),
		Start: start, Through: experiment.EndOfDay(t, zone),
	}
}

// ParseDay returns the day of a date such as 2026-01-31.
func ParseDay(date string, zone *time.Location) (Day, error) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return Day{}, err
	}
	y, m, d := t.Date()
	return DayOf(experiment.StartOfDay(y, m, d, zone), zone), nil
}

// Next returns the day after d.
func (d Day) Next(zone *time.Location) Day { return DayOf(d.Through, zone) }

// Yesterday returns the last day that is over at now.
func Yesterday(now time.Time, zone *time.Location) Day {
	return DayOf(DayOf(now, zone).Start.Add(-time.Nanosecond), zone)
}

// days returns the days from the one that contains from to last, in order.
func days(from time.Time, last Day, zone *time.Location) []Day {
	var out []Day
	for d := DayOf(from, zone); !d.Through.After(last.Through); d = d.Next(zone) {
		out = append(out, d)
	}
	return out
}
