package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/daily"
)

// moveFlags are what a person says with a move.
type moveFlags struct {
	by, why, until string
	cancel         bool
	wait           time.Duration
}

// mover is a command that makes one move of an experiment.
type mover struct {
	use, short, long, example string
	action                    experiment.Action
	// variant says that a variant is named after the experiment, why that there has to be a
	// reason.
	variant, why bool
	// flags adds the flags beside --by and --why.
	flags func(*pflag.FlagSet, *moveFlags)
}

// movers returns the moves that people make.
func movers() []mover {
	return []mover{
		{
			use: "schedule EXPERIMENT", action: experiment.ActionSchedule,
			short: "let an experiment start by itself at its scheduled start",
			long: `Schedules a Draft: it turns Running by itself at the start in its file, and Ready for
review at its end. A start in the file alone schedules nothing. --cancel goes back to Draft.`,
			example: "  readout schedule checkout-button\n  readout schedule checkout-button --cancel",
			flags: func(flags *pflag.FlagSet, f *moveFlags) {
				flags.BoolVar(&f.cancel, "cancel", false, "take a scheduled experiment back to Draft")
			},
		},
		{
			use: "start EXPERIMENT", action: experiment.ActionStart,
			short:   "start an experiment now",
			long:    "Starts a Draft or Scheduled experiment: it is Running from now until its end.",
			example: "  readout start checkout-button --by ana",
		},
		{
			use: "stop EXPERIMENT", action: experiment.ActionStop, why: true,
			short: "end a running experiment now",
			long: `Ends enrolment now: the experiment is Ready for review. Say why: an early winner,
futility, harm. What has been tested stays; alpha is not spent faster by an early end.`,
			example: "  readout stop checkout-button --why 'early winner'",
		},
		{
			use: "extend EXPERIMENT", action: experiment.ActionExtend,
			short: "move the end of an experiment to a later day",
			long: `Moves the end of a Running experiment, or takes one that is Ready for review back to
Running. Alpha spent so far stays spent. Where the new end is later than any before, or the
experiment was over, results are called approximate from then on: they may have driven it.`,
			example: "  readout extend checkout-button --until 2026-03-01 --why 'too little traffic'",
			flags: func(flags *pflag.FlagSet, f *moveFlags) {
				flags.StringVar(&f.until, "until", "", "the new last day, or the instant of the new end (required)")
			},
		},
		{
			use: "stop-variant EXPERIMENT VARIANT", action: experiment.ActionStopVariant, variant: true,
			short: "take one variant out of a running experiment",
			long: `Its users get what control gets from now on, and new users are split over the others. A
new phase begins. Control cannot be stopped.`,
			example: "  readout stop-variant checkout-button huge --why 'breaks on small screens'",
		},
		{
			use: "decide EXPERIMENT VARIANT", action: experiment.ActionDecide, variant: true, why: true,
			short: "give one variant to everybody and complete the experiment",
			long: `Completes an experiment that is Ready for review: everybody gets VARIANT, and the
results freeze at this day.`,
			example: "  readout decide checkout-button big --why 'more purchases, no harm'",
		},
		{
			use: "archive EXPERIMENT", action: experiment.ActionArchive,
			short:   "mark a completed experiment as archived",
			long:    "Marks a Completed experiment as archived. Its results stay.",
			example: "  readout archive checkout-button",
		},
	}
}

// moveCommands returns a command per move.
func (a *app) moveCommands() []*cobra.Command {
	var out []*cobra.Command
	for _, m := range movers() {
		f := new(moveFlags)
		args := 1
		if m.variant {
			args = 2
		}
		c := &cobra.Command{
			Use: m.use, Short: m.short, Long: m.long, Example: m.example, Args: cobra.ExactArgs(args),
			RunE: func(cmd *cobra.Command, args []string) error {
				r := experiment.Request{Action: m.action, By: f.by, Why: f.why}
				if m.variant {
					r.Variant = args[1]
				}
				if f.cancel {
					r.Action = experiment.ActionCancel
				}
				return a.move(cmd.Context(), args[0], r, f)
			},
		}
		c.Flags().StringVar(&f.by, "by", "", "who does it (default: the user's name)")
		why := "the reason, for the log"
		if m.why {
			why += " (required)"
		}
		c.Flags().StringVar(&f.why, "why", "", why)
		waitFlag(c, &f.wait)
		if m.flags != nil {
			m.flags(c.Flags(), f)
		}
		out = append(out, c)
	}
	return out
}

// move makes one move of an experiment and logs it, after the transitions that are due,
// which are made even if the move is refused.
func (a *app) move(ctx context.Context, name string, r experiment.Request, f *moveFlags) (err error) {
	p, _, err := a.asked(name, &r, f.until)
	if err != nil {
		return err
	}
	lock, err := a.lockState(ctx, a.state(p), f.wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	// It is later now, and files may have been edited and published.
	p, e, err := a.asked(name, &r, f.until)
	if err != nil {
		return err
	}
	log, now, err := a.lifecycle(p)
	if err != nil {
		return err
	}
	r.At = now
	due, err := a.advance(p, log, now)
	if err != nil {
		return err
	}
	before := log.State(e)
	entry, err := experiment.Move(e, before, r)
	switch {
	case err != nil && due:
		return errors.Join(usageError{err}, a.publish(ctx, p, log, now))
	case err != nil:
		return usageError{err}
	}
	if err := log.Append(daily.LifecyclePath(a.state(p)), entry); err != nil {
		return err
	}
	a.warn(e, before, r, p.Location)
	fmt.Fprintf(a.out, "%s: %s\n", name, moved(entry, p.Location))
	return a.publish(ctx, p, log, now)
}

// asked reads the project, and completes what is asked of one of its experiments. Errors in
// files of others do not hold up what ends something: nobody should be exposed to harm any
// longer for that.
func (a *app) asked(name string, r *experiment.Request, until string) (*experiment.Project, *experiment.Experiment, error) {
	p, faults, err := a.loadWhole()
	if err != nil {
		return nil, nil, err
	}
	switch r.Action {
	case experiment.ActionSchedule, experiment.ActionStart, experiment.ActionExtend:
		if faults != nil {
			return nil, nil, faults
		}
	}
	e, err := a.experimentNamed(p, name)
	if err != nil {
		return nil, nil, errors.Join(faults, err)
	}
	if r.By, err = who(r.By, user.Current); err != nil {
		return nil, nil, usageError{err}
	}
	r.Until, err = untilWhen(r.Action, until, p.Location)
	return p, e, err
}

// untilWhen reads --until, which only extend has.
func untilWhen(action experiment.Action, until string, zone *time.Location) (time.Time, error) {
	if action != experiment.ActionExtend {
		return time.Time{}, nil
	}
	if until == "" {
		return time.Time{}, usagef("say until when: --until 2026-03-01")
	}
	t, _, err := experiment.ParseInstant(until, zone, true)
	if err != nil {
		return time.Time{}, usagef("--until %q: %w", until, err)
	}
	return t, nil
}

// warn says what a person should know about a move that is allowed all the same.
func (a *app) warn(e *experiment.Experiment, before experiment.State, r experiment.Request, zone *time.Location) {
	final := analysis.FinalOf(e.Scorecard, before.End)
	if e.Type != experiment.TypePersonalization {
		switch r.Action {
		case experiment.ActionSchedule:
			a.sayPartWeeks(e.Name, e.Schedule.Start, e.Schedule.End, zone)
		case experiment.ActionStart:
			if p, ok := analysis.PartWeeks(r.At, e.Schedule.End, zone); ok {
				a.say("%s: %s", e.Name, p.Sentence())
			}
		}
	}
	// A stop leaves alpha to spend until the end that was planned.
	spent := !before.End.Before(before.PlannedEnd())
	switch over := !r.At.Before(final); {
	case r.Action == experiment.ActionDecide && !over:
		a.say("%s: decided before its last users were counted, on %s", e.Name, final.In(zone).Format(minute))
	case r.Action == experiment.ActionExtend && over && spent && len(e.Scorecard.Primary) > 0 &&
		e.Statistics.Procedure == experiment.ProcedureGroupSequential:
		a.say("%s: its last look was taken and no alpha is left: what comes from now on describes, it cannot become significant", e.Name)
	}
}

// moved says what an entry has done.
func moved(e experiment.Entry, zone *time.Location) string {
	text := fmt.Sprintf("%s → %s", e.From, e.To)
	switch {
	case e.Action == experiment.ActionPublish:
		text = e.Why
	case e.Action == experiment.ActionStopVariant:
		text = "variant " + e.Variant + " stopped"
	case e.Action == experiment.ActionDecide:
		text += ", everybody gets " + e.Variant
	case e.Action == experiment.ActionArchive:
		text = "archived"
	case e.Start != nil && e.End != nil:
		text += fmt.Sprintf(", from %s until %s", e.Start.In(zone).Format(minute), e.End.In(zone).Format(minute))
	case e.End != nil:
		text += ", until " + e.End.In(zone).Format(minute)
	}
	return text
}
