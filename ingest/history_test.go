package ingest

import (
	"testing"
	"time"
)

func TestLookbackBeforeHistory(t *testing.T) {
	const hour = 3_600_000_000
	day := microseconds(testStart)
	f := func(name string, h history, exposed, lookback int64, want bool) {
		t.Helper()
		at := (&calendar{location: testZone}).day(exposed)
		if got := h.lacks(exposed, at, lookback); got != want {
			t.Errorf("%s: missing %v, want %v", name, got, want)
		}
	}
	instants := newHistory(day+9*hour, false, false, testZone)
	f("one day back from one day later", instants, day+24*hour, 24*hour, false)
	f("one day back from a little earlier", instants, day+24*hour-1, 24*hour, true)
	f("within the first day", instants, day+10*hour, 3*hour, false)
	// Whether a look sees the first conversion already must not matter.
	f("before the first conversion, on its day", instants, day+9*hour-1, 3*hour, true)
	f("at the first conversion", instants, day+9*hour, 3*hour, false)
	dates := newHistory(day, true, true, testZone)
	f("dates, on the first day", dates, day+23*hour, 24*hour, true)
	f("dates, on the second day", dates, day+24*hour, 24*hour, false)
	f("dates, on the day before", dates, day-1, 24*hour, true)
	// Five days later, clocks have been put forward.
	late := microseconds(testStart.AddDate(0, 0, 5))
	f("dates, five days of 119 hours", dates, late, 5*24*hour, false)
	f("instants, five days of 119 hours", instants, late, 5*24*hour, true)
	f("no conversions", newHistory(latestTime, false, false, time.UTC), day, hour, true)
	f("no conversions, dates", newHistory(latestTime, true, true, time.UTC), day, hour, true)
}
