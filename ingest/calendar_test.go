package ingest

import (
	"math"
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

func TestLooks(t *testing.T) {
	at := time.Date(2024, 1, 1, 0, 0, 0, 500, time.UTC) // between two µs
	looks := newLookTable([]time.Time{at, at.Add(time.Hour), at.Add(2 * time.Hour)})
	us := at.UnixMicro()
	hour := int64(3_600_000_000)
	c := newLookCursor(looks)
	for _, want := range []struct {
		time int64
		look int
	}{
		{us, 0}, {us + 1, 1}, {us + hour, 1}, {us + hour + 1, 2}, {us + 2*hour, 2}, {us + 2*hour + 1, 3},
		{math.MinInt64 + 1, 0}, {us + 9*hour, 3}, {us - 1, 0},
	} {
		if got := c.of(want.time); got != want.look {
			t.Errorf("%d µs after the first look: look %d, want %d", want.time-us, got, want.look)
		}
	}
}
