package ingest

import (
	"math"
	"time"
)

// history says from when on there are conversions.
type history struct {
	first    int64 // time of the earliest row; latestTime if there is none
	start    int64 // of its day
	startDay int64 // the number of its day
	date     bool  // the earliest row has a date for a time
	dates    bool  // some rows have
}

// newHistory makes the history whose earliest row is at first, latestTime if there is none.
func newHistory(first int64, date, dates bool, location *time.Location) history {
	h := history{first: first, start: latestTime, startDay: latestTime / usDay, date: date, dates: dates}
	if first != latestTime {
		h.start = microseconds(startOfDay(first, location))
		h.startDay = (&calendar{location: location}).day(first)
	}
	return h
}

// lacks reports whether the look-back of a user first exposed at t, on the given day,
// reaches before the history. It always does when the earliest conversion comes after t,
// whether or not a look sees that conversion already. That one alone says whether days or instants
// are compared, since a look must find the same whatever comes after it.
func (h *history) lacks(t, day, lookback int64) bool {
	if h.date {
		return day*usDay-lookback < h.startDay*usDay
	}
	return t < h.first || t-lookback < h.start
}

// exposuresBefore is how long before the start of an experiment its exposures are counted
// as coming too early. Those before that are of something else, and need not be read.
const exposuresBefore = 7 * usDay

// countedFrom returns the instant from which on exposures to an experiment that starts at an
// instant are counted; noTime if it has no start.
func countedFrom(start int64) int64 {
	if start == noTime {
		return noTime
	}
	return start - exposuresBefore
}

// exposuresBound returns the instant before which no exposure can matter to any of the
// experiments. One without a start has no bound.
func exposuresBound(arms []*armRules) int64 {
	if len(arms) == 0 {
		return noTime
	}
	lo := int64(latestTime)
	for _, a := range arms {
		lo = min(lo, a.counted)
	}
	return lo
}

// historyBound returns the instant before which no conversion can matter to the query, by
// its dates alone. It must not depend on data or on which looks are asked for, or else the
// same look would count other rows left out in another run. An experiment without a start
// has no bound. Two days are added for dates without a time and for clocks put forward.
func historyBound(q *Query) int64 {
	lo := int64(math.MaxInt64)
	for i := range q.Experiments {
		e := &q.Experiments[i]
		if e.Start.IsZero() {
			return noTime
		}
		start := microseconds(e.Start)
		lo = min(lo, start-2*usDay)
		for j := range e.Metrics {
			lo = min(lo, start-2*usDay-e.Metrics[j].Lookback.Microseconds())
		}
	}
	if len(q.Experiments) == 0 {
		return noTime
	}
	return lo
}
