package main

import (
	"context"
	"errors"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"

	"readout/internal/atomicfile"
	"readout/internal/daily"
)

// Retries of a failed run: the first after a minute, then at twice the distance, at most
// half an hour.
const (
	firstRetry = time.Minute
	lastRetry  = 30 * time.Minute
)

// waiter waits until an instant, or until ctx ends.
type waiter func(ctx context.Context, until time.Time) error

func (a *app) cronCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cron",
		Short: "run the daily job on the project's schedule",
		Long: `Runs the daily job when it starts, for all days missed, and then on the project's
schedule (a cron expression in the project's time zone). Configuration is read anew for
every run. A run that fails is reported and tried again, first after a minute, later every
half hour; one run works at a time, also beside other processes. Ctrl-C or SIGTERM stops
it and leaves nothing half-written.`,
		Example: "  readout cron --project /srv/shop",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.cron(cmd.Context(), sleepUntil(a.clock))
		},
	}
	a.memoryFlag(c)
	return c
}

// sleepUntil returns a waiter for a clock.
func sleepUntil(clock func() time.Time) waiter {
	return func(ctx context.Context, until time.Time) error {
		timer := time.NewTimer(until.Sub(clock()))
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		}
	}
}

// cron runs the daily job until ctx ends.
func (a *app) cron(ctx context.Context, wait waiter) error {
	retry := firstRetry
	for {
		next, err := a.cronRun(ctx)
		switch {
		case ctx.Err() != nil:
			a.say("stopped")
			return nil
		case err == nil:
			retry = firstRetry
		default:
			now := a.clock()
			if again := now.Add(retry); next.IsZero() || again.Before(next) {
				next = again
			}
			retry = min(2*retry, lastRetry)
			a.reportCron(err, next)
		}
		if err := wait(ctx, next); err != nil {
			a.say("stopped")
			return nil
		}
	}
}

// cronRun runs the daily job once and returns when the schedule wants it again.
func (a *app) cronRun(ctx context.Context) (next time.Time, err error) {
	p, faults, err := a.loadWhole()
	if err != nil {
		return time.Time{}, err
	}
	if faults != nil {
		a.fail(faults)
	}
	schedule, err := cron.ParseStandard(p.Schedule)
	if err != nil {
		return time.Time{}, usagef("schedule %q: %w", p.Schedule, err)
	}
	now := a.clock().In(p.Location)
	next = schedule.Next(now)
	report, err := a.runOnce(ctx, p, now, daily.Day{}, daily.Yesterday(now, p.Location))
	if err != nil {
		return next, err
	}
	for _, o := range report.Days {
		a.say("%s %s: %s", o.Card.Date, o.Card.Experiment, o.Card.Recommendation.Sentence)
	}
	return next, nil
}

// reportCron says why a run failed and when it is tried again.
func (a *app) reportCron(err error, next time.Time) {
	at := next.Format(minute)
	if errors.Is(err, atomicfile.ErrLocked) {
		a.say("another run is at work, next try at %s", at)
		return
	}
	a.fail(err)
	a.say("next try at %s", at)
}
