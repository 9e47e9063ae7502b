package experiment

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestParseInstant(t *testing.T) {
	f := func(name, text string, end bool, want string, wantDate bool) {
		t.Helper()
		got, isDate, err := ParseInstant(text, zone(t, name), end)
		if err != nil || got.Format(time.RFC3339) != want || isDate != wantDate {
			t.Errorf("%s %q = %s, date %v, error %v; want %s, date %v", name, text, got.Format(time.RFC3339), isDate, err, want, wantDate)
		}
	}
	// A date includes its whole day, a timestamp is exclusive itself.
	f("Europe/Berlin", "2026-02-01", true, "2026-02-02T00:00:00+01:00", true)
	f("Europe/Berlin", "2026-01-05", false, "2026-01-05T00:00:00+01:00", true)
	f("Europe/Berlin", "2026-02-01T00:00:00Z", true, "2026-02-01T01:00:00+01:00", false)
	f("Europe/Berlin", "2026-02-01T09:00", true, "2026-02-01T09:00:00+01:00", false)
	f("Europe/Berlin", "2026-02-01 09:00:30", true, "2026-02-01T09:00:30+01:00", false)
	f("Europe/Berlin", "2026-02-01 09:00-05:00", true, "2026-02-01T15:00:00+01:00", false)
	f("UTC", "2024-12-31", true, "2025-01-01T00:00:00Z", true)
	f("UTC", "2024-02-28", true, "2024-02-29T00:00:00Z", true)

	// Days of 23 and 25 hours.
	f("Europe/Berlin", "2026-03-29", false, "2026-03-29T00:00:00+01:00", true)
	f("Europe/Berlin", "2026-03-29", true, "2026-03-30T00:00:00+02:00", true)
	f("Europe/Berlin", "2026-10-25", true, "2026-10-26T00:00:00+01:00", true)
	f("America/Los_Angeles", "2024-03-10", false, "2024-03-10T00:00:00-08:00", true)
	f("America/Los_Angeles", "2024-03-10", true, "2024-03-11T00:00:00-07:00", true)
	f("America/Los_Angeles", "2024-11-03", true, "2024-11-04T00:00:00-08:00", true)
	f("America/Los_Angeles", "2024-03-10T03:00", false, "2024-03-10T03:00:00-07:00", false)

	// Days that begin at one o'clock, twice, or not at all.
	f("America/Sao_Paulo", "2018-11-04", false, "2018-11-04T01:00:00-02:00", true)
	f("America/Havana", "2024-11-03", false, "2024-11-03T00:00:00-04:00", true)
	f("Pacific/Apia", "2011-12-30", false, "2011-12-31T00:00:00+14:00", true)
}

func TestParseInstantRefuses(t *testing.T) {
	f := func(name, text, want string) {
		t.Helper()
		_, _, err := ParseInstant(text, zone(t, name), true)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %q: error %v, want %q", name, text, err, want)
		}
	}
	f("Europe/Berlin", "2026-03-29T02:30", "skip this time")
	f("Europe/Berlin", "2026-10-25T02:30", "add an offset such as +02:00 or +01:00")
	f("America/Los_Angeles", "2024-03-10T02:30", "skip this time")
	f("UTC", "1969-12-30", "the year is not between")
	f("UTC", "2201-01-01T00:00Z", "the year is not between")
	f("UTC", "2026-2-1", "write a date")
	f("UTC", "2026-02-29", "write a date")
	f("UTC", "", "write a date")
}

// TestStartOfDayIsFirstInstant says that a day's start belongs to the day and
// the instant before it does not.
func TestStartOfDayIsFirstInstant(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Berlin", "America/Los_Angeles", "America/Havana", "America/Sao_Paulo", "Asia/Beirut", "Africa/Cairo", "Pacific/Chatham", "Asia/Tehran", "Australia/Lord_Howe"} {
		zones = append(zones, zone(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		loc := rapid.SampledFrom(zones).Draw(t, "zone")
		day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 30*365).Draw(t, "day"))
		start := StartOfDay(day.Year(), day.Month(), day.Day(), loc)
		if got := start.Format(time.DateOnly); got != day.Format(time.DateOnly) {
			t.Fatalf("%s begins at %s", day.Format(time.DateOnly), start)
		}
		if before := start.Add(-time.Nanosecond); before.Format(time.DateOnly) >= day.Format(time.DateOnly) {
			t.Fatalf("%s begins at %s, but the instant before is %s", day.Format(time.DateOnly), start, before)
		}
	})
}
