package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// cost is what a process took.
type cost struct {
	cpu, wall time.Duration // cpu is user and system time of all its threads
	peak      int64         // most memory it held at once, in bytes; 0 if not known
}

// run runs a process to its end and returns what it took and printed. Exit statuses
// beside 0 that are fine are given.
func run(ctx context.Context, c *exec.Cmd, fine ...int) (cost, []byte, error) {
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	begin := time.Now()
	err := c.Run()
	wall := time.Since(begin)
	if ctx.Err() != nil {
		return cost{}, nil, ctx.Err()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && slices.Contains(fine, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		return cost{}, nil, fmt.Errorf("%s: %w\n%s", strings.Join(c.Args[:min(3, len(c.Args))], " "), err, errs.Bytes())
	}
	state := c.ProcessState
	return cost{state.UserTime() + state.SystemTime(), wall, peakMemory(state)}, out.Bytes(), nil
}

// median returns the medians of each part.
func median(all []cost) cost {
	return cost{
		middle(all, func(c cost) time.Duration { return c.cpu }),
		middle(all, func(c cost) time.Duration { return c.wall }),
		middle(all, func(c cost) int64 { return c.peak }),
	}
}

func middle[T time.Duration | int64](all []cost, of func(cost) T) T {
	values := make([]T, len(all))
	for i, c := range all {
		values[i] = of(c)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
