package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"readout/internal/atomicfile"
	"readout/internal/daily"
)

// atWork says what a lock means, and what to do.
const atWork = "a run, a move or a publish is at work, try again when it is done"

// lockEvery is how often a lock that another process holds is tried again.
const lockEvery = 100 * time.Millisecond

// lockState takes the lock of a state directory, and waits for it until that takes too long.
// Once ctx has ended nobody gets it.
func (a *app) lockState(ctx context.Context, state string, wait time.Duration) (*atomicfile.FileLock, error) {
	lock, err := daily.LockState(state)
	if errors.Is(err, atomicfile.ErrLocked) {
		if wait == 0 {
			return nil, fmt.Errorf("%v: %s, or let it wait with --wait 10m", err, atWork)
		}
		a.say("%v: waiting for it, %s at most", err, wait)
	}
	over := time.After(wait)
	for errors.Is(err, atomicfile.ErrLocked) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-over:
			return nil, fmt.Errorf("%v, also after %s: %s", err, wait, atWork)
		case <-time.After(lockEvery):
		}
		lock, err = daily.LockState(state)
	}
	if err == nil && ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), lock.Release())
	}
	return lock, err
}
