package server

import (
	"sync"
	"time"
)

// quiet lets a message through at most once a second, so that a store that is down does not
// fill the log with a line per request.
type quiet struct {
	mu      sync.Mutex
	last    time.Time
	skipped int
}

// pass reports whether a message may be logged at an instant, and how many were not since
// the one before.
func (q *quiet) pass(now time.Time) (skipped int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	// A clock that was set back lets it pass.
	if age := now.Sub(q.last); age >= 0 && age < time.Second {
		q.skipped++
		return 0, false
	}
	skipped = q.skipped
	q.last, q.skipped = now, 0
	return skipped, true
}
