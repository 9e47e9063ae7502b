package tables

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"readout/experiment"
)

// parseISO reads a time after no other.
func parseISO(text string) (isoTime, bool) { return new(isoDate).parse([]byte(text)) }

func TestParseISO(t *testing.T) {
	f := func(text string, want time.Time, zoned, dateOnly bool) {
		t.Helper()
		got, ok := parseISO(text)
		if !ok || got.micros != want.UnixMicro() || got.zoned != zoned || got.dateOnly != dateOnly {
			t.Errorf("%s: %+v, %v", text, got, ok)
		}
	}
	at := func(hour, minute, second, micros int) time.Time {
		return time.Date(2024, 2, 29, hour, minute, second, micros*1000, time.UTC)
	}
	f("2024-02-29", at(0, 0, 0, 0), false, true)
	f("2024-02-29T12:30", at(12, 30, 0, 0), false, false)
	f("2024-02-29 12:30:15", at(12, 30, 15, 0), false, false)
	f("2024-02-29t12:30:15.5", at(12, 30, 15, 500_000), false, false)
	f("2024-02-29T12:30:15,123456789", at(12, 30, 15, 123_456), false, false)
	f("2024-02-29T12:30:15Z", at(12, 30, 15, 0), true, false)
	f("2024-02-29 12:30:15 UTC", at(12, 30, 15, 0), true, false)
	f("2024-02-29T12:30:15+05:30", at(7, 0, 15, 0), true, false)
	f("2024-02-29T12:30:15.25-0130", at(14, 0, 15, 250_000), true, false)
	f("2024-02-29T12:30+01", at(11, 30, 0, 0), true, false)
	f("9999-12-31T23:59:59.999999Z", time.UnixMicro(lastTime), true, false)
	f("0001-01-01", time.UnixMicro(firstTime), false, true)

	for _, text := range []string{
		"", "2024", "2024-2-9", "2023-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "2024-01-32", "20240229", "24-02-2024",
		"2024-02-29T", "2024-02-29T12", "2024-02-29T24:00", "2024-02-29T12:60", "2024-02-29T12:30:60", "2024-02-29T12:30:15.",
		"2024-02-29T12:30:15X", "2024-02-29T12:30:15+5", "2024-02-29T12:30:15+25:00", "2024-02-29T12:30:15Z ", "2024-02-29x12:30", " 2024-02-29", "+024-02-29", "2024-02-29T12:30 ",
	} {
		if got, ok := parseISO(text); ok {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func TestParseISOUndoesFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.Int64Range(firstTime+microsPerDay, lastTime-microsPerDay).Draw(t, "micros")
		zone := time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "minutes"))
		layout := rapid.SampledFrom([]string{"2006-01-02T15:04:05.000000Z07:00", "2006-01-02 15:04:05.000000000-0700"}).Draw(t, "layout")
		text := time.UnixMicro(micros).In(zone).Format(layout)
		got, ok := parseISO(text)
		if !ok || got.micros != micros || !got.zoned {
			t.Errorf("%s: %+v, %v; want %d", text, got, ok, micros)
		}
	})
}

// What was read before makes no difference.
func TestISODateRemembersRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.StringMatching(`(2024-0[12]-(29|30|3)|2024-02-2|\x00{10}|)[T ]?(1[25]:00(:00)?)?Z?`)
		var date isoDate
		for range 20 {
			text := texts.Draw(t, "text")
			got, ok := date.parse([]byte(text))
			if want, wanted := parseISO(text); got != want || ok != wanted {
				t.Fatalf("%q: %+v, %v; want %+v, %v", text, got, ok, want, wanted)
			}
		}
	})
}

// instantOf is what wallClock.instant says, without what it remembers.
func instantOf(reading int64, location *time.Location) int64 {
	w := time.UnixMicro(reading).UTC()
	if reading%microsPerDay == 0 {
		return experiment.StartOfDay(w.Year(), w.Month(), w.Day(), location).UnixMicro()
	}
	return time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), location).UnixMicro()
}

// The offset that a wallClock remembers must never differ from that at the instant.
func TestWallClockRemembersRight(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"} {
		location, err := time.LoadLocation(name)
		if err != nil {
			t.Skip("no time zone data")
		}
		clock := wallClock{location: location}
		rapid.Check(t, func(t *rapid.T) {
			reading := rapid.Int64Range(firstTime, lastTime).Draw(t, "reading")
			if rapid.Bool().Draw(t, "recent") {
				reading = rapid.Int64Range(0, 2e15).Draw(t, "reading")
			}
			for _, step := range []int64{0, 1, 3_600_000_000, 86_400_000_000, -7_200_000_001} {
				r := reading + step
				if got, want := clock.instant(r), instantOf(r, location); got != want {
					t.Fatalf("%s: a clock that reads %v: %d, want %d", name, time.UnixMicro(r).UTC(), got, want)
				}
			}
		})
	}
}

// Near changes of the clock too, whichever side of them it was used on before.
func TestWallClockNearChanges(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"} {
		location, err := time.LoadLocation(name)
		if err != nil {
			t.Skip("no time zone data")
		}
		_, change := time.Date(2010, 1, 1, 0, 0, 0, 0, location).ZoneBounds()
		for range 6 {
			start, end := change.ZoneBounds()
			for _, used := range []time.Time{start.AddDate(0, 0, -10), start.AddDate(0, 0, 10)} {
				clock := wallClock{location: location}
				clock.instant(used.UnixMicro())
				for r := change.UnixMicro() - 2*microsPerDay; r < change.UnixMicro()+2*microsPerDay; r += microsPerDay / 96 {
					check := clock
					if got, want := check.instant(r), instantOf(r, location); got != want {
						t.Fatalf("%s: a clock that reads %v: %d, want %d", name, time.UnixMicro(r).UTC(), got, want)
					}
				}
			}
			change = end
		}
	}
}

// A date stays on its day where clocks are put forward at midnight.
func TestDatesWithoutMidnight(t *testing.T) {
	for name, date := range map[string]string{
		"America/Santiago": "2026-09-06", "America/Havana": "2026-03-08", "Atlantic/Azores": "2026-03-29", "Africa/Cairo": "2026-04-24",
	} {
		location, err := time.LoadLocation(name)
		if err != nil {
			t.Skip("no time zone data")
		}
		day, ok := parseISO(date)
		clock := wallClock{location: location}
		at := time.UnixMicro(clock.instant(day.micros)).In(location)
		if got := at.Format("2006-01-02 15:04"); !ok || got != date+" 01:00" {
			t.Errorf("%s: %s begins at %s", name, date, got)
		}
	}
}

func TestWallClockChanges(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data")
	}
	clock := wallClock{location: berlin}
	f := func(reading, want string) {
		t.Helper()
		r, _ := parseISO(reading)
		w, _ := parseISO(want)
		if got := clock.instant(r.micros); got != w.micros {
			t.Errorf("%s in Berlin is %v, want %s", reading, time.UnixMicro(got).UTC(), want)
		}
	}
	f("2024-03-31T01:59:59", "2024-03-31T00:59:59Z")
	f("2024-03-31T03:00:00", "2024-03-31T01:00:00Z")
	f("2024-10-27T01:59:59", "2024-10-26T23:59:59Z")
	f("2024-10-27T03:00:00", "2024-10-27T02:00:00Z")
	f("2024-07-01T00:00:00", "2024-06-30T22:00:00Z")
	f("2024-01-01T00:00:00", "2023-12-31T23:00:00Z")
}

func TestToMicros(t *testing.T) {
	f := func(v int64, unit time.Duration, want int64) {
		t.Helper()
		if got, ok := toMicros(v, unit); !ok || got != want {
			t.Errorf("%d of %v: %d, %v; want %d", v, unit, got, ok, want)
		}
	}
	f(-1, time.Nanosecond, -1)
	f(-1000, time.Nanosecond, -1)
	f(-1001, time.Nanosecond, -2)
	f(999, time.Nanosecond, 0)
	f(-1, time.Millisecond, -1000)
	f(lastTime/1000, time.Millisecond, lastTime/1000*1000)
	f(lastTime, time.Microsecond, lastTime)
	if v, ok := toMicros(18446744073709552, time.Millisecond); ok {
		t.Errorf("milliseconds beyond 64 bits of microseconds are read as %d", v)
	}
	for _, unit := range []time.Duration{time.Millisecond, time.Microsecond} {
		if v, ok := toMicros(lastTime+1, unit); ok {
			t.Errorf("%d is read as %d", int64(lastTime+1), v)
		}
	}
}

// TestTimesWithoutAZone: what a file's times say of their zone.
func TestTimesWithoutAZone(t *testing.T) {
	for name, c := range map[string]struct {
		typ  columnType
		text string
		want bool
	}{
		"timestamps of instants": {typ: columnType{meaning: timestampValue, utc: true, unit: time.Microsecond}},
		"timestamps of a clock":  {typ: columnType{meaning: timestampValue, unit: time.Microsecond}, want: true},
		"text without a zone":    {text: "2024-01-31T12:00:00", want: true},
		"text with a zone":       {text: "2024-01-31T12:00:00Z"},
		"text of a date":         {text: "2024-01-31"},
	} {
		var form resolution
		var err error
		if c.text == "" {
			_, err = timeConverter(c.typ, time.UTC, &form)
		} else {
			var at [1]int64
			err = textTimes(time.UTC, &form)(at[:], []byte(c.text), []byteSpan{{size: uint32(len(c.text))}})
		}
		if got := form.wallClock.Load(); err != nil || got != c.want {
			t.Errorf("%s: %t, %v", name, got, err)
		}
	}
}
