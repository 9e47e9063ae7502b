package tables

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/parquet-go/parquet-go/format"

	"readout/experiment"
)

// NullTime stands for a null time.
const NullTime = math.MinInt64

// notATime is what NumPy has for a missing time in any unit (NaT); fastparquet writes it as it is
// where it is told that nothing is missing. It is read as null.
const notATime = NullTime

// Times from the year 1 to the end of the year 9999, in microseconds since 1970, are read.
const (
	firstTime = -62135596800 * microsPerSecond
	lastTime  = 253402300800*microsPerSecond - 1

	microsPerSecond = 1_000_000
	microsPerDay    = 86400 * microsPerSecond
)

// wantedTime is what messages say about the types of a time column.
const wantedTime = "want a timestamp, a date, or ISO 8601 text such as 2024-01-31T12:00:00Z"

// resolution is what a file's times turned out to be. All of them must be one or the
// other: a date stands for its whole day.
type resolution struct {
	state     atomic.Int32
	wallClock atomic.Bool // some times are readings of a clock, without a zone
}

const (
	resolutionUnknown = iota
	resolutionInstants
	resolutionDates
)

var errMixedTimes = errors.New("some times are dates only and some have a time of day: write all of them in one form")

// note takes in that a time is a date, or is not. It fails once a file has both.
func (r *resolution) note(dateOnly bool) error {
	want := int32(resolutionInstants)
	if dateOnly {
		want = resolutionDates
	}
	if !r.state.CompareAndSwap(resolutionUnknown, want) && r.state.Load() != want {
		return errMixedTimes
	}
	return nil
}

// noteZone takes in that a time of text has no zone. A date has none that could be missing.
func (r *resolution) noteZone(t isoTime) {
	if !t.dateOnly && !r.wallClock.Load() {
		r.wallClock.Store(true)
	}
}

func (r *resolution) dates() bool { return r.state.Load() == resolutionDates }

func errTimeRange(what string) error {
	return fmt.Errorf("the time %s is outside the years 1 to 9999", what)
}

// timeConverter reads times as microseconds since 1970 UTC, rounded down.
func timeConverter(t columnType, location *time.Location, form *resolution) (converter[int64], error) {
	var c converter[int64]
	switch {
	case t.nested:
	case t.meaning == nullValue:
		return c, nil
	case t.meaning == timestampValue:
		c.numbers = timestamps(t, location)
		form.wallClock.Store(!t.utc)
		return c, form.note(false)
	case t.meaning == dateValue:
		clock := wallClock{location: location}
		c.numbers = func(dst, src []int64) error {
			for i, day := range src {
				reading, ok := dayToMicros(day)
				if !ok {
					return errTimeRange(fmt.Sprintf("of day %d since 1970", day))
				}
				dst[i] = clock.instant(reading)
			}
			return nil
		}
		return c, form.note(true)
	case t.physical == format.Int96 && t.meaning == plainValue:
		c.spans = julianTimes
		return c, form.note(false)
	case t.bytes() && (t.meaning == textValue || t.meaning == plainValue):
		c.spans = textTimes(location, form)
		return c, nil
	case t.integer():
		return c, fmt.Errorf("found %v, %s: a plain number does not say its unit, so write the column as a timestamp", t, wantedTime)
	}
	return c, fmt.Errorf("found %v, %s", t, wantedTime)
}

// timestamps reads annotated integers.
func timestamps(t columnType, location *time.Location) func(dst, src []int64) error {
	if t.utc && t.unit == time.Microsecond {
		return instants
	}
	clock := wallClock{location: location}
	return func(dst, src []int64) error {
		for i, v := range src {
			if v == notATime {
				dst[i] = NullTime
				continue
			}
			micros, ok := toMicros(v, t.unit)
			if !ok {
				return errTimeRange(fmt.Sprintf("%d in units of %v since 1970", v, t.unit))
			}
			if !t.utc {
				micros = clock.instant(micros)
			}
			dst[i] = micros
		}
		return nil
	}
}

// instants reads what is in microseconds since 1970 UTC already.
func instants(dst, src []int64) error {
	first, last := int64(firstTime), int64(lastTime)
	for i, v := range src {
		dst[i] = v
		first, last = min(first, v), max(last, v)
	}
	if first < firstTime {
		for _, v := range src {
			if v < firstTime && v != notATime {
				return errTimeRange(fmt.Sprintf("%d in units of 1µs since 1970", v))
			}
		}
	}
	if last > lastTime {
		return errTimeRange(fmt.Sprintf("%d in units of 1µs since 1970", last))
	}
	return nil
}

// toMicros converts a number of units since 1970, rounded down.
func toMicros(v int64, unit time.Duration) (micros int64, ok bool) {
	switch unit {
	case time.Millisecond:
		if v < firstTime/1000 || v > lastTime/1000 {
			return 0, false
		}
		v *= 1000
	case time.Nanosecond:
		v = floorDiv(v, 1000)
	}
	return v, v >= firstTime && v <= lastTime
}

// dayToMicros converts a number of days since 1970.
func dayToMicros(day int64) (micros int64, ok bool) {
	if day < firstTime/microsPerDay || day > lastTime/microsPerDay {
		return 0, false
	}
	return day * microsPerDay, true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// julianTimes reads INT96: nanoseconds of the day, then the Julian day, in UTC.
func julianTimes(dst []int64, data []byte, at []byteSpan) error {
	const julian1970 = 2440588
	for i, s := range at {
		raw := data[s.at : s.at+12]
		nanos := int64(binary.LittleEndian.Uint64(raw))
		day := int64(int32(binary.LittleEndian.Uint32(raw[8:]))) - julian1970
		micros := day*microsPerDay + floorDiv(nanos, 1000)
		if day < -800_000 || day > 3_000_000 || micros < firstTime || micros > lastTime {
			return errTimeRange(fmt.Sprintf("of Julian day %d", day+julian1970))
		}
		dst[i] = micros
	}
	return nil
}

// textTimes reads ISO 8601 text. An empty text is null.
func textTimes(location *time.Location, form *resolution) func([]int64, []byte, []byteSpan) error {
	clock := wallClock{location: location}
	var date isoDate
	return func(dst []int64, data []byte, at []byteSpan) error {
		for i, s := range at {
			if s.size == 0 {
				dst[i] = NullTime
				continue
			}
			text := data[s.at : s.at+s.size]
			t, ok := date.parse(text)
			if !ok {
				return fmt.Errorf("the text %.40q is no time, %s", text, wantedTime)
			}
			if err := form.note(t.dateOnly); err != nil {
				return err
			}
			micros := t.micros
			if !t.zoned {
				micros = clock.instant(micros)
				form.noteZone(t)
			}
			if micros < firstTime || micros > lastTime {
				return errTimeRange(fmt.Sprintf("%.40q", text))
			}
			dst[i] = micros
		}
		return nil
	}
}

// wallClock turns readings of a clock into instants. It remembers the offset from UTC
// between two changes of the clock, and is not safe for concurrent use.
type wallClock struct {
	location *time.Location
	// Readings in [from, to) are offset microseconds ahead of UTC.
	from, to, offset int64
}

// instant returns the instant, in microseconds since 1970 UTC, at which a clock in the
// location reads the given microseconds since its own 1970. Midnight is the start of its day,
// also where the clock skips it. For other readings that a clock has twice, or skips, when it
// is changed, it is the instant that time.Date chooses.
func (c *wallClock) instant(reading int64) int64 {
	if reading >= c.from && reading < c.to {
		return reading - c.offset
	}
	w := time.UnixMicro(reading).UTC()
	var t time.Time
	if reading%microsPerDay == 0 {
		// time.Date would take a skipped one to be of the day before, west of Greenwich.
		t = experiment.StartOfDay(w.Year(), w.Month(), w.Day(), c.location)
	} else {
		t = time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), c.location)
	}
	c.remember(t)
	return t.UnixMicro()
}

// remember keeps the offset for the time around t that is a day away from any change.
func (c *wallClock) remember(t time.Time) {
	_, seconds := t.Zone()
	c.offset = int64(seconds) * microsPerSecond
	c.from, c.to = firstTime, lastTime
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		c.from = max(firstTime, start.UnixMicro()+c.offset+microsPerDay)
	}
	if !end.IsZero() {
		c.to = min(lastTime, end.UnixMicro()+c.offset-microsPerDay)
	}
}
