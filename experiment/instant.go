package experiment

import (
	"errors"
	"fmt"
	"time"
)

// The years that instants may lie in. Nanoseconds since 1970 in 64 bits reach to
// 2262, which leaves room for windows after the last.
const (
	firstYear = 1970
	lastYear  = 2200
)

// ParseInstant reads a date or a timestamp as schedules are written. A date is
// returned as the first instant of that day in loc, or of the next day when end
// is true. A timestamp is exclusive itself; without an offset it is read in loc
// and refused when clocks there skip it or show it twice.
func ParseInstant(text string, loc *time.Location, end bool) (t time.Time, isDate bool, err error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		if end {
			day = day.AddDate(0, 0, 1)
		}
		return StartOfDay(day.Year(), day.Month(), day.Day(), loc), true, inRange(day)
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.In(loc), false, inRange(t)
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04"} {
		if clock, err := time.Parse(layout, text); err == nil {
			t, err := atClock(clock, loc)
			if err != nil {
				return time.Time{}, false, err
			}
			return t, false, inRange(t)
		}
	}
	return time.Time{}, false, errors.New("write a date such as 2026-02-01, or a time such as 2026-02-01T09:00 or 2026-02-01T09:00:00+01:00")
}

func inRange(t time.Time) error {
	if t.Year() < firstYear || t.Year() > lastYear {
		return fmt.Errorf("the year is not between %d and %d", firstYear, lastYear)
	}
	return nil
}

// atClock returns the instant at which clocks in loc show the fields of clock.
// It refuses times that they skip or show twice.
func atClock(clock time.Time, loc *time.Location) (time.Time, error) {
	instants := clockInstants(clock, loc)
	switch len(instants) {
	case 0:
		return time.Time{}, fmt.Errorf("clocks in %s skip this time: write another one, or one with an offset such as +01:00", loc)
	case 1:
		return instants[0], nil
	}
	return time.Time{}, fmt.Errorf("clocks in %s show this time twice: add an offset such as %s or %s", loc,
		instants[0].Format("-07:00"), instants[1].Format("-07:00"))
}

// clockInstants returns the instants, earliest first, at which clocks in loc
// show the fields that clock has in UTC: one, or none where the clock skips
// them, or two where it is set back.
func clockInstants(clock time.Time, loc *time.Location) []time.Time {
	_, before := clock.Add(-36 * time.Hour).In(loc).Zone()
	_, after := clock.Add(36 * time.Hour).In(loc).Zone()
	var instants []time.Time
	for _, offset := range []int{max(before, after), min(before, after)} {
		t := clock.Add(-time.Duration(offset) * time.Second).In(loc)
		if _, inForce := t.Zone(); inForce == offset && (len(instants) == 0 || !t.Equal(instants[0])) {
			instants = append(instants, t)
		}
	}
	return instants
}

// EndOfDay returns the first instant after the calendar day of t in a zone, see [StartOfDay].
func EndOfDay(t time.Time, loc *time.Location) time.Time {
	year, month, day := t.In(loc).Date()
	return StartOfDay(year, month, day+1, loc)
}

// StartOfDay returns the first instant of a calendar day in a zone: midnight,
// the earlier one where the clock shows it twice, or the end of the gap where
// the clock skips it. Months and days outside their range are carried as by
// [time.Date].
func StartOfDay(year int, month time.Month, day int, loc *time.Location) time.Time {
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if instants := clockInstants(midnight, loc); len(instants) > 0 {
		return instants[0]
	}
	_, before := midnight.Add(-36 * time.Hour).In(loc).Zone()
	_, after := midnight.Add(36 * time.Hour).In(loc).Zone()
	_, gapEnd := midnight.Add(-time.Duration(max(before, after)) * time.Second).In(loc).ZoneBounds()
	return gapEnd.In(loc)
}
