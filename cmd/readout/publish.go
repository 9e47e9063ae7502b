package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"readout/decision"
	"readout/experiment"
	"readout/ingest/tables"
	"readout/internal/daily"
)

func (a *app) publishCommand() *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{
		Use:   "publish",
		Short: "hand edits to the decision service",
		Long: `Checks all files, makes the transitions that are due, records what was changed since the
last publish, and writes published.json into the state directory, from which the decision
service serves. Reads no exposures and no conversions. 'run' and the lifecycle commands
publish too.

An experiment under way whose file has an error, or an edit that it does not bear, stays
published as it was; all others are published, and the exit status is 2.`,
		Example: "  readout publish",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.publishProject(cmd.Context(), wait) },
	}
	waitFlag(c, &wait)
	return c
}

func (a *app) publishProject(ctx context.Context, wait time.Duration) (err error) {
	p, _, err := a.loadWhole()
	if err != nil {
		return err
	}
	lock, err := a.lockState(ctx, a.state(p), wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	p, faults, err := a.loadWhole()
	if err != nil {
		return err
	}
	log, now, err := a.lifecycle(p)
	if err != nil {
		return err
	}
	if _, err := a.advance(p, log, now); err != nil {
		return err
	}
	return errors.Join(a.publish(ctx, p, log, now), faults)
}

// advance logs the transitions that are due, says them, and reports whether there were any.
// The lock of the state is held.
func (a *app) advance(p *experiment.Project, log *experiment.Log, now time.Time) (bool, error) {
	transitions, err := daily.Advance(p, log, a.state(p), now)
	if err != nil {
		return false, err
	}
	a.sayTransitions(transitions, p.Location)
	return len(transitions) > 0, nil
}

// sayTransitions says what time has made.
func (a *app) sayTransitions(transitions []experiment.Entry, zone *time.Location) {
	for _, t := range transitions {
		a.say("%s: %s → %s (%s)", t.Experiment, t.From, t.To, t.At.In(zone).Format(minute))
	}
}

// publish records what was changed since the last publish and writes the published state.
// The transitions that are due are in the log and the lock of the state is held.
//
// The error is of type experiment.Errors when edits of running experiments were refused,
// or says why the profiles could not be copied; everything else has been published then. The
// end of ctx ends nothing but the copy of the profiles.
func (a *app) publish(ctx context.Context, p *experiment.Project, log *experiment.Log, now time.Time) error {
	state := a.state(p)
	last, err := experiment.ReadPublished(state)
	_, unread := errors.AsType[*fs.PathError](err)
	switch {
	case err == nil || errors.Is(err, fs.ErrNotExist):
	case unread:
		// What it says of experiments whose files have faults is to be published again.
		return notPublished(err)
	default:
		a.say("replacing what was published before: %v", err)
	}
	changes := experiment.Changes(p, log, now)
	if err := log.Append(daily.LifecyclePath(state), changes...); err != nil {
		return notPublished(err)
	}
	for _, c := range changes {
		a.say("%s: %s", c.Experiment, c.Why)
	}
	published := experiment.NewPublished(p, log, last, now)
	var keep []string
	if last != nil && last.Profiles != nil {
		keep = append(keep, last.Profiles.Snapshot)
	}
	copied := a.copyProfiles(ctx, p, &published)
	if published.Profiles != nil {
		keep = append(keep, published.Profiles.Snapshot)
	}
	changed, err := published.Write(state)
	switch {
	case err != nil && !changed:
		return notPublished(err)
	case err != nil:
		return err
	}
	if changed {
		a.say("published %d %s: %s", len(published.Experiments),
			plural(len(published.Experiments), "experiment", "experiments"), experiment.PublishedPath(state))
		for _, crowded := range decision.Crowded(&published) {
			a.say("%v", crowded)
		}
	}
	for _, name := range published.Withheld {
		a.say("%s cannot be published: its file has an error or an edit that is refused, and it was not published before", name)
	}
	if err := experiment.RemoveProfiles(state, keep...); err != nil {
		return err
	}
	if refused := experiment.CheckEdits(p, log, now); len(refused) > 0 {
		return errors.Join(copied, refused)
	}
	return copied
}

// notPublished says what an error keeps from the decision service: a move whose result has been
// printed is logged, and refused when it is made again.
func notPublished(err error) error {
	return fmt.Errorf("not published, the decision service goes on as before; when this is mended, 'readout publish': %w", err)
}

// copyProfiles takes a snapshot of the profiles for the decision service. When that fails
// the one before stays in use.
func (a *app) copyProfiles(ctx context.Context, p *experiment.Project, published *experiment.Published) error {
	profiles := p.Data.Profiles
	if profiles == nil {
		return nil
	}
	store := tables.LocalStore{Dir: a.dir}
	files, err := store.List(ctx, profiles.Path)
	interrupted := errors.New("profiles: interrupted; the decision service keeps those it has until the next 'readout publish'")
	switch {
	case err != nil && ctx.Err() != nil:
		return interrupted
	case err != nil:
		return fmt.Errorf("profiles: %w; the decision service keeps those it has", err)
	}
	paths := make([]string, len(files))
	for i, f := range files {
		if paths[i] = filepath.FromSlash(f.Path); !filepath.IsAbs(paths[i]) {
			paths[i] = filepath.Join(a.dir, paths[i])
		}
	}
	checksum, err := experiment.SnapshotProfiles(ctx, a.state(p), paths)
	switch {
	case err != nil && ctx.Err() != nil:
		return interrupted
	case err != nil:
		return fmt.Errorf("%w; the decision service keeps the profiles it has", err)
	}
	published.Profiles.Snapshot = checksum
	return nil
}
