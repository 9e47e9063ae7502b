package ingest

import (
	"time"

	"readout/ingest/tables"
)

// readCounts is one worker's part of a TableRead, row by row.
type readCounts struct {
	cursor lookCursor
	byLook []lookCounts // what comes in at each look
	first  int64        // the earliest time; date says that it is a date
	date   bool
	// from is the time from which on rows matter to the query; earlier ones only count as
	// read.
	from  int64
	group groupCounts
}

// lookCounts is what the looks before did not see.
type lookCounts struct {
	Rows, NoUser, NoTime, NoExperiment, NoVariant, NoEvent int64
	// OpenNoUser and OpenNoTime are those of TableRead: a look that sees the end of a row
	// group takes off what the look that saw its beginning has added.
	OpenNoUser, OpenNoTime int64
	Last                   int64 // the latest time; noTime without any
	Dates, WallClock       bool  // those of TableRead
}

func (l *lookCounts) add(o *lookCounts) {
	l.Rows += o.Rows
	l.NoUser += o.NoUser
	l.NoTime += o.NoTime
	l.NoExperiment += o.NoExperiment
	l.NoVariant += o.NoVariant
	l.NoEvent += o.NoEvent
	l.OpenNoUser += o.OpenNoUser
	l.OpenNoTime += o.OpenNoTime
	l.Last = max(l.Last, o.Last)
	l.Dates, l.WallClock = l.Dates || o.Dates, l.WallClock || o.WallClock
}

// groupCounts is about the row group being read.
type groupCounts struct {
	first, last    int64
	noTime, noUser int64 // rows without a time; of those without a user too: noUser
	dates          bool  // times are dates
	wallClock      bool  // times are without a zone
}

// lacking counts a row without a time.
func (g *groupCounts) lacking(user tables.UserID) {
	if user == (tables.UserID{}) {
		g.noUser++
	} else {
		g.noTime++
	}
}

// newReadCounts begins with nothing read. Rows before from only count as read.
func newReadCounts(looks lookTable, from int64) readCounts {
	c := readCounts{cursor: newLookCursor(looks), byLook: make([]lookCounts, len(looks)), first: latestTime, from: from}
	for i := range c.byLook {
		c.byLook[i].Last = noTime
	}
	c.group = groupCounts{first: latestTime, last: noTime}
	return c
}

// row counts a row and returns its look. ok is false for rows that take no part.
func (c *readCounts) row(user tables.UserID, t int64) (look int, ok bool) {
	if t == noTime {
		c.group.lacking(user)
		return 0, false
	}
	c.group.first = min(c.group.first, t)
	c.group.last = max(c.group.last, t)
	look = c.cursor.of(t)
	if look == len(c.byLook) {
		return 0, false
	}
	l := &c.byLook[look]
	l.Rows++
	l.Last = max(l.Last, t)
	if t < c.from {
		return 0, false
	}
	if user == (tables.UserID{}) {
		l.NoUser++
		return 0, false
	}
	return look, true
}

// together counts the rows of a batch at once, but for lacking users, if the same look is the
// first to see all that have a time, and returns it. Otherwise it counts nothing, and ok is
// false. takePart is false if none of the rows takes part.
func (c *readCounts) together(users []tables.UserID, times []int64) (look int, takePart, ok bool) {
	first, last := int64(latestTime), int64(noTime)
	var noTimes groupCounts
	users = users[:len(times)]
	for i, t := range times {
		if t == noTime {
			noTimes.lacking(users[i])
			continue
		}
		first, last = min(first, t), max(last, t)
	}
	look = c.cursor.of(first)
	if last == noTime || c.cursor.of(last) != look || first < c.from && last >= c.from {
		return 0, false, false
	}
	g := &c.group
	g.first, g.last = min(g.first, first), max(g.last, last)
	g.noUser += noTimes.noUser
	g.noTime += noTimes.noTime
	if look == len(c.byLook) {
		return look, false, true
	}
	l := &c.byLook[look]
	l.Rows += int64(len(times)) - noTimes.noUser - noTimes.noTime
	l.Last = max(l.Last, last)
	return look, first >= c.from, true
}

// skip reports whether a row group need not be read: no look sees it, or it lies before
// what the query needs and its rows can be counted as they stand.
func (c *readCounts) skip(t table, g int) bool {
	lo, hi, exact, ok := t.TimeRange(g)
	if !ok {
		return false
	}
	look := c.cursor.of(lo)
	if look == len(c.byLook) {
		c.group.first = lo
		return true
	}
	if hi >= c.from || !exact || c.cursor.of(hi) != look {
		return false
	}
	c.group.first, c.group.last, c.group.dates, c.group.wallClock = lo, hi, t.DateOnly(), t.WallClock()
	c.byLook[look].Rows += t.NumRows(g)
	c.byLook[look].Last = max(c.byLook[look].Last, hi)
	return true
}

// end ends a row group and returns its earliest time, to which rows without a time belong; noTime
// if none of its rows has a time, so that all looks see them, and latestTime if it has no rows.
func (c *readCounts) end() int64 {
	g := c.group
	c.group = groupCounts{first: latestTime, last: noTime}
	earliest := g.first
	if earliest == latestTime && g.noUser+g.noTime > 0 {
		earliest = noTime
	}
	look := c.cursor.of(earliest)
	if look == len(c.byLook) {
		return earliest
	}
	c.begin(g.first, g.dates)
	l := &c.byLook[look]
	l.Dates, l.WallClock = l.Dates || g.dates, l.WallClock || g.wallClock
	l.Rows += g.noUser + g.noTime
	if g.last == noTime || g.last >= c.from {
		l.NoUser += g.noUser
		l.NoTime += g.noTime
		l.OpenNoUser += g.noUser
		l.OpenNoTime += g.noTime
		if over := c.cursor.of(g.last); g.last != noTime && over < len(c.byLook) {
			c.byLook[over].OpenNoUser -= g.noUser
			c.byLook[over].OpenNoTime -= g.noTime
		}
	}
	return earliest
}

func (c *readCounts) merge(o *readCounts) {
	for i := range c.byLook {
		c.byLook[i].add(&o.byLook[i])
	}
	c.begin(o.first, o.date)
}

// begin takes in the earliest time of some rows, and whether it is a date.
func (c *readCounts) begin(first int64, date bool) {
	if first == c.first {
		c.date = c.date || date
	} else if first < c.first {
		c.first, c.date = first, date
	}
}

// tableReads returns what each look sees, given the earliest time of each file as by end.
func (c *readCounts) tableReads(earliest []int64) []TableRead {
	out := make([]TableRead, len(c.byLook))
	for _, t := range earliest {
		if look := c.cursor.of(t); look < len(out) {
			out[look].Files++
		}
	}
	seen := lookCounts{Last: noTime}
	for i := range out {
		seen.add(&c.byLook[i])
		r := &out[i]
		r.Rows, r.NoUser, r.NoTime = seen.Rows, seen.NoUser, seen.NoTime
		r.NoExperiment, r.NoVariant, r.NoEvent = seen.NoExperiment, seen.NoVariant, seen.NoEvent
		r.OpenNoUser, r.OpenNoTime = seen.OpenNoUser, seen.OpenNoTime
		r.Dates, r.WallClock = seen.Dates, seen.WallClock
		if i > 0 {
			r.Files += out[i-1].Files
		}
		if seen.Last != noTime {
			r.First, r.Last = time.UnixMicro(c.first).UTC(), time.UnixMicro(seen.Last).UTC()
		}
	}
	return out
}

// cumulate turns what comes in at each look into what each look sees.
func cumulate(byLook []int64) {
	for i := 1; i < len(byLook); i++ {
		byLook[i] += byLook[i-1]
	}
}
