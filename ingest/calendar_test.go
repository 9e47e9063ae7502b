package ingest

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Days begin at midnight of the zone, where clocks change too.
func TestCalendar(t *testing.T) {
	for _, zone := range []string{"UTC", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Apia"} {
		c := calendar{location: mustZone(zone)}
		rapid.Check(t, func(t *rapid.T) {
			at := rapid.Int64Range(-3e15, 5e15).Draw(t, "time")
			y, m, d := time.UnixMicro(at).In(c.location).Date()
			want := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
			if got := c.day(at); got != want {
				t.Fatalf("%s: %v is on day %d, want %d", zone, time.UnixMicro(at).In(c.location), got, want)
			}
		})
	}
}

// A day begins on its own date where clocks are put forward at midnight.
func TestStartOfDayWithoutMidnight(t *testing.T) {
	zone := mustZone("America/Santiago")
	noon := time.Date(2026, 9, 6, 12, 0, 0, 0, zone)
	if got := startOfDay(noon.UnixMicro(), zone).Format("2006-01-02 15:04"); got != "2026-09-06 01:00" {
		t.Errorf("the day of %v begins at %s", noon, got)
	}
}
