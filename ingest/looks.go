package ingest

import (
	"math"
	"slices"
	"sort"
	"time"

	"readout/ingest/tables"
)

const (
	noTime     = tables.NullTime
	usDay      = 24 * 60 * 60 * 1_000_000
	latestTime = math.MaxInt64
	// farTime bounds the instants that take part, some 36,000 years from 1970 either way,
	// so that differences of two of them and windows fit into an int64.
	farTime = 1 << 60
)

// microseconds returns t in µs since 1970, rounded up: for a time u in whole µs,
// u < t exactly if u < microseconds(t).
func microseconds(t time.Time) int64 {
	us := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 {
		us++
	}
	return us
}

// lookTable finds the first look that sees an instant.
type lookTable []int64

func newLookTable(looks []time.Time) lookTable {
	l := make(lookTable, len(looks))
	for i, t := range looks {
		l[i] = microseconds(t)
	}
	return l
}

// with returns the table with further instants.
func (l lookTable) with(further ...lookTable) lookTable {
	all := slices.Concat(append(further, l)...)
	slices.Sort(all)
	return slices.Compact(all)
}

// places returns where instants stand in the table, which has them all.
func (l lookTable) places(instants lookTable) []int {
	at := make([]int, len(instants))
	for i, t := range instants {
		at[i], _ = slices.BinarySearch(l, t)
	}
	return at
}

// pick returns the elements at the given places.
func pick[T any](all []T, places []int) []T {
	out := make([]T, len(places))
	for i, at := range places {
		out[i] = all[at]
	}
	return out
}

// asked is how many looks there are, but for one at the end of time.
func (l lookTable) asked() int {
	if n := len(l) - 1; n > 0 && l[n] == latestTime {
		return n
	}
	return len(l)
}

// lastAsked returns the last look but for one at the end of time; noTime if there is none.
func (l lookTable) lastAsked() int64 {
	if n := l.asked(); n > 0 {
		return l[n-1]
	}
	return noTime
}

// last returns the last look: rows at or after it are seen by none.
func (l lookTable) last() int64 { return l[len(l)-1] }

// of returns the first look after t; len(l) if there is none.
func (l lookTable) of(t int64) int {
	return sort.Search(len(l), func(i int) bool { return t < l[i] })
}

// lookCursor is a lookTable that remembers the last answer: neighbouring rows mostly
// belong to the same look.
type lookCursor struct {
	looks  lookTable
	look   int
	lo, hi int64 // the instants of look
}

func newLookCursor(looks lookTable) lookCursor {
	c := lookCursor{looks: looks}
	c.of(looks.last() - 1)
	return c
}

func (c *lookCursor) of(t int64) int {
	if t < c.lo || t >= c.hi {
		c.move(t)
	}
	return c.look
}

// move finds the look that sees t first, and the instants that it is the first to see.
func (c *lookCursor) move(t int64) {
	c.look = c.looks.of(t)
	c.lo, c.hi = math.MinInt64, math.MaxInt64
	if c.look > 0 {
		c.lo = c.looks[c.look-1]
	}
	if c.look < len(c.looks) {
		c.hi = c.looks[c.look]
	}
}

// lookIndex is a lookTable for instants in any order: it knows the look at the start of
// each of many short spans of the same length, and goes on from there.
type lookIndex struct {
	all   int       // how many looks there are
	looks lookTable // all but one at the end of time, which is far from the others
	shift uint      // a span is 1<<shift µs long
	first []int32   // by span from the first look on
}

// lookSpans is how many spans there are at most: with some hundred looks there is mostly
// none inside, and they fit into a core's first cache.
const lookSpans = 1 << 11

// newLookIndex makes the index of looks.
func newLookIndex(looks lookTable) *lookIndex {
	x := &lookIndex{all: len(looks)}
	looks = looks[:looks.asked()]
	x.looks = looks
	length := uint64(looks.last()) - uint64(looks[0])
	for length>>x.shift >= lookSpans {
		x.shift++
	}
	x.first = make([]int32, length>>x.shift+1)
	for i := range x.first {
		x.first[i] = int32(looks.of(int64(uint64(looks[0]) + uint64(i)<<x.shift)))
	}
	return x
}

// of returns the first look after t, where one at the end of time is after all but latestTime;
// how many looks there are if there is none.
func (x *lookIndex) of(t int64) int {
	if t < x.looks[0] {
		return 0
	}
	span := (uint64(t) - uint64(x.looks[0])) >> x.shift
	if span >= uint64(len(x.first)) {
		if t == latestTime {
			return x.all
		}
		return len(x.looks)
	}
	look := int(x.first[span])
	for look < len(x.looks) && t >= x.looks[look] {
		look++
	}
	return look
}
