package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"readout/internal/atomicfile"
	"readout/internal/daily"
)

// atWork says what a lock means, and what to do.
const atWork = "a run, a move or a publish is at work, try again when it is done"

// lockEvery is how often a lock that another process holds is tried again.
const lockEvery = 100 * time.Millisecond

// waitFlag adds the flag of commands that take the lock of the state.
func waitFlag(c *cobra.Command, wait *time.Duration) {
	c.Flags().DurationVar(wait, "wait", 0, "how long to wait for a run, a move or a publish that is at work, such as 10m (default not at all)")
}

// lockState takes the lock of a state directory, and waits for it until that takes too long.
// Once ctx has ended nobody gets it. What was read before is read anew with the lock: files
// may have been edited and published meanwhile.
func (a *app) lockState(ctx context.Context, state string, wait time.Duration) (*atomicfile.FileLock, error) {
	if wait < 0 {
		return nil, usagef("--wait %s: want how long to wait, such as 10m", wait)
	}
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
