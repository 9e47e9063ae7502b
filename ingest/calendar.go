package ingest

import (
	"time"

	"readout/experiment"
)

// calendar numbers the days of a time zone. It remembers the last offset from UTC, so each
// goroutine needs its own.
type calendar struct {
	location *time.Location
	lo, hi   int64 // µs, where offset holds
	offset   int64 // µs east of UTC
}

// day returns the number of the day on which t falls, counted from 1 January 1970.
func (c *calendar) day(t int64) int64 {
	if t < c.lo || t >= c.hi {
		c.move(t)
	}
	local := t + c.offset
	day := local / usDay
	if local%usDay < 0 {
		day--
	}
	return day
}

// move finds the offset at t, and from when to when it holds.
func (c *calendar) move(t int64) {
	at := time.UnixMicro(t).In(c.location)
	_, seconds := at.Zone()
	c.offset = int64(seconds) * 1_000_000
	c.lo, c.hi = -farTime, farTime
	start, end := at.ZoneBounds()
	if !start.IsZero() {
		c.lo = start.UnixMicro()
	}
	if !end.IsZero() {
		c.hi = end.UnixMicro()
	}
}

// startOfDay returns the instant at which the day of t begins.
func startOfDay(t int64, location *time.Location) time.Time {
	y, m, d := time.UnixMicro(t).In(location).Date()
	return experiment.StartOfDay(y, m, d, location)
}
