package experiment

import (
	"fmt"
	"time"
)

// maxSkew is how far the clocks of machines that share a state may be apart, and how far a clock
// may be set back, before somebody has to look.
const maxSkew = time.Minute

// dated returns the instant of a new entry of the log, made when the clock shows now: not before
// the entries that are there, since phases, ends and decisions follow each other. It is an
// error where the clock, or the last entry, is wrong.
func (e *Experiment) dated(s State, now time.Time) (time.Time, error) {
	switch {
	case !now.Before(s.last):
		return now, nil
	case s.last.Sub(now) <= maxSkew:
		return s.last, nil
	}
	return time.Time{}, fmt.Errorf("now is %s by the clock, and its last entry in lifecycle.jsonl is of %s: set the clock right, or correct that entry if it was made by a wrong one",
		e.stamp(now), e.stamp(s.last))
}
