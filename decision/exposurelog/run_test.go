package exposurelog

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"readout/decision"
)

// full is a store with a long queue.
type full struct{ decision.Store }

func (full) Queued(context.Context) (int, error) { return 2 * DefaultRows, nil }

// TestFullQueueThatCannotBeWritten: a long queue is tried once a minute while it cannot be
// written, and not at every look at its length.
func TestFullQueueThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Log{Store: full{}, Target: func() (Target, error) { return Target{}, errors.New("the disk is full") }}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute+time.Second/2)
		defer stop()
		tries := 0
		l.Run(ctx, time.Hour, nil, func(rows, files int, err error) {
			if rows != 0 || files != 0 || err == nil {
				t.Errorf("%d rows in %d files, error %v", rows, files, err)
			}
			tries++
		})
		// At the first look, once in each of the minutes that follow whole, and at the end.
		if tries != 11 {
			t.Errorf("tried %d times", tries)
		}
	})
}
