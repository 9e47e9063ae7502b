package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"readout/experiment"
	"readout/internal/daily"
)

func (a *app) startCommand() *cobra.Command {
	var by, why string
	c := &cobra.Command{
		Use:     "start EXPERIMENT",
		Short:   "start an experiment now",
		Long:    "Starts a Draft or Scheduled experiment: it is Running from now until its end.",
		Example: "  readout start checkout-button --by ana",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.move(args[0], experiment.Request{Action: experiment.ActionStart, By: by, Why: why})
		},
	}
	whoFlags(c, &by, &why)
	return c
}

func (a *app) scheduleCommand() *cobra.Command {
	var by, why string
	var cancel bool
	c := &cobra.Command{
		Use:   "schedule EXPERIMENT",
		Short: "let an experiment start by itself at its scheduled start",
		Long: `Schedules a Draft: it turns Running by itself at the start in its file, and Ready for
review at its end. A start in the file alone schedules nothing. --cancel goes back to Draft.`,
		Example: "  readout schedule checkout-button\n  readout schedule checkout-button --cancel",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			action := experiment.ActionSchedule
			if cancel {
				action = experiment.ActionCancel
			}
			return a.move(args[0], experiment.Request{Action: action, By: by, Why: why})
		},
	}
	whoFlags(c, &by, &why)
	c.Flags().BoolVar(&cancel, "cancel", false, "take a scheduled experiment back to Draft")
	return c
}

// whoFlags adds the flags that every move has.
func whoFlags(c *cobra.Command, by, why *string) {
	c.Flags().StringVar(by, "by", "", "who does it (default: the user's name)")
	c.Flags().StringVar(why, "why", "", "the reason, for the log")
}

// move makes one move of an experiment and logs it, after the transitions that are due.
func (a *app) move(name string, r experiment.Request) (err error) {
	p, err := a.load()
	if err != nil {
		return err
	}
	e, err := experimentNamed(p, name)
	if err != nil {
		return err
	}
	if r.By, err = who(r.By); err != nil {
		return usageError{err}
	}
	if r.At, err = a.now(p.Location); err != nil {
		return err
	}
	state := a.state(p)
	lock, err := daily.LockState(state)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	path := daily.LifecyclePath(state)
	log, err := experiment.ReadLog(path)
	if err != nil {
		return err
	}
	if _, err := daily.Advance(p, log, state, r.At); err != nil {
		return err
	}
	entry, err := experiment.Move(e, log.State(e), r)
	if err != nil {
		return usageError{err}
	}
	if err := log.Append(path, entry); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s: %s → %s%s\n", name, entry.From, entry.To, dates(entry, p.Location))
	return nil
}

// dates says from when to when an entry lets an experiment run.
func dates(e experiment.Entry, zone *time.Location) string {
	if e.Start == nil || e.End == nil {
		return ""
	}
	return fmt.Sprintf(", from %s until %s", e.Start.In(zone).Format(minute), e.End.In(zone).Format(minute))
}
