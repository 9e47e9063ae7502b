package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"

	"readout/experiment"
	"readout/internal/atomicfile"
	"readout/internal/daily"
)

// Retries of a failed run: the first after a minute, then at twice the distance, at most
// half an hour.
const (
	firstRetry = time.Minute
	lastRetry  = 30 * time.Minute
)

// clockEvery is how often the clock is looked at while waiting.
const clockEvery = time.Minute

// waiter waits until an instant, or until ctx ends.
type waiter func(ctx context.Context, until time.Time) error

func (a *app) cronCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cron",
		Short: "run the daily job on the project's schedule",
		Long: `Runs the daily job when it starts, for all days missed, and then on the project's
schedule (a cron expression in the project's time zone). Configuration is read anew for
every run. A run that fails is reported and tried again after a minute, then at twice the
distance each time, at most half an hour; one run works at a time, also beside other
processes. Alarms of checks, and errors in the files of experiments and metrics, are
reported and not tried again before the schedule comes; files that cannot be read are.
Ctrl-C or SIGTERM stops it and leaves nothing half-written.`,
		Example: "  readout cron --project /srv/shop",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.nowAt != "" {
				return usagef("cron lives by the clock: leave --now out, or make single runs with 'readout run --now'")
			}
			if _, err := a.memoryLimit(); err != nil {
				return err
			}
			return a.cron(cmd.Context(), sleepUntil(a.clock, clockEvery))
		},
	}
	a.memoryFlag(c)
	return c
}

// sleepUntil returns a waiter for a clock, at which it looks again and again: timers stand
// still while a machine sleeps, and clocks are set.
func sleepUntil(clock func() time.Time, every time.Duration) waiter {
	return func(ctx context.Context, until time.Time) error {
		until = until.Round(0) // what the clock shows counts, not the time that has passed
		for left := until.Sub(clock()); left > 0; left = until.Sub(clock()) {
			timer := time.NewTimer(min(left, every))
			select {
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			case <-timer.C:
			}
		}
		return ctx.Err()
	}
}

// nextRun returns when a schedule wants the job after now, a time in the project's zone. A
// time of day that clocks skip when they are set forward comes as they would show it had
// they not been: 02:30 as 03:30.
//
// The library leaves such a day out, so it is asked by what clocks show, too.
func nextRun(schedule cron.Schedule, now time.Time) time.Time {
	next := schedule.Next(now)
	shown := schedule.Next(wallClock(now, time.UTC))
	if next.IsZero() || shown.IsZero() {
		return next
	}
	at := wallClock(shown, now.Location())
	if early := shown.Sub(wallClock(at, time.UTC)); early > 0 {
		at = at.Add(early)
	}
	if at.After(now) && at.Before(next) {
		return at
	}
	return next
}

// wallClock returns the instant at which clocks in zone show what t shows, or would around
// it if they skip that.
func wallClock(t time.Time, zone *time.Location) time.Time {
	y, month, d := t.Date()
	h, m, s := t.Clock()
	return time.Date(y, month, d, h, m, s, 0, zone)
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
	if next = nextRun(schedule, now); next.IsZero() {
		return next, usagef("schedule %q names no day of the years to come", p.Schedule)
	}
	last := daily.Yesterday(now, p.Location)
	report, err := a.runOnce(ctx, p, now, daily.Day{}, last, nil)
	if report != nil {
		a.sayDays(report, last)
		a.sayNoConversions(ctx, p, cardsOf(report, last))
	}
	if err != nil && othersDone(err) {
		a.fail(err)
		err = nil
	}
	if found, _ := errors.AsType[experiment.Errors](faults); err == nil && found.Unread() > 0 {
		err = errors.New("all is done but for what could not be read")
	}
	return next, err
}

// sayDays says what a run has made, and which checks of its last day raise an alarm.
func (a *app) sayDays(report *daily.Report, last daily.Day) {
	a.sayCorrected(report.Days)
	for _, o := range report.Days {
		if !o.Corrected {
			a.say("%s %s: %s", o.Date, o.Experiment, o.Sentence)
		}
	}
	if alarm := attention(cardsOf(report, last)); alarm != nil {
		a.fail(alarm)
	}
}

// othersDone reports whether a run failed only for single experiments, of which edits were refused, or
// that wait for a column: all else was done, and trying again changes nothing.
func othersDone(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(e error) bool { return !othersDone(e) })
	}
	_, refused := errors.AsType[experiment.Errors](err)
	_, waits := errors.AsType[daily.WaitingError](err)
	return refused || waits
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
