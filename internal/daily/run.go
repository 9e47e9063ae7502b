package daily

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
	"readout/internal/atomicfile"
	"readout/reports"
)

// Names of the files below the state directory.
const (
	lockFile      = "lock"
	lifecycleFile = "lifecycle.jsonl"
	looksFile     = "looks.jsonl"
)

// LifecyclePath returns where the lifecycle log of a state directory is.
func LifecyclePath(state string) string { return filepath.Join(state, lifecycleFile) }

// LockState takes the lock of a state directory, which every command that writes there
// holds. It fails at once when another process has it.
func LockState(state string) (*atomicfile.FileLock, error) {
	return atomicfile.TryLock(filepath.Join(state, lockFile))
}

// Runner runs the daily job of one project.
type Runner struct {
	Project *experiment.Project
	Engine  ingest.Engine
	// State is the state directory.
	State string
	// Locked says that the caller holds the lock of the state. Otherwise a run takes it, and
	// fails where another process has it.
	Locked bool
	// Seed keys the hash of user ids. Results do not depend on it.
	Seed uint64
	// Progress may be nil.
	Progress ingest.Progress
	// Publish, if not nil, hands the state to the decision service, after the transitions
	// and before any data is read.
	Publish func(log *experiment.Log) error
}

// Report says what a run did.
type Report struct {
	// Transitions are those that time has made, as they were logged.
	Transitions []experiment.Entry
	// Days are the scorecards made, by day and then by experiment.
	Days []Outcome
	// Idle says for every experiment without a scorecard of the last day why there is none.
	Idle []Idle
}

// Outcome is one scorecard of a run.
type Outcome struct {
	Card analysis.Scorecard
	// Changed says that the stored scorecard was not there or was another one.
	Changed bool
}

// Idle is an experiment that a run had nothing to do for.
type Idle struct {
	Experiment, Reason string
}

// Run runs the job through the end of day last: first the transitions that are due by
// then, then the scorecards of last, of every day from first on (unless it is zero), and of every
// earlier day that has none. now is the clock; a day that is not over yet is refused,
// because an incomplete day is never a look.
//
// When the data cannot be read, or what a killed run has left cannot be cleaned up, the
// transitions have been made and published all the same, and no scorecard is touched. An
// error of Publish does not keep the scorecards from being made. When ctx ends early, what was
// made stands, and pages are as they were. Running a day again with the same input changes no
// byte.
func (r *Runner) Run(ctx context.Context, now time.Time, first, last Day) (report *Report, err error) {
	if now.Before(last.Through) {
		return nil, fmt.Errorf("%s is not over yet in %s: the last whole day is %s",
			last.Date, r.Project.Location, Yesterday(now, r.Project.Location).Date)
	}
	if !r.Locked {
		lock, err := LockState(r.State)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, lock.Release()) }()
	}
	// Transitions wait for nothing but their log, also not for old scorecards.
	unclean := errors.Join(reports.Recover(r.State), atomicfile.RemoveTemps(r.State))
	log, err := ReadLifecycle(r.State)
	if err != nil {
		return nil, err
	}
	report = &Report{}
	if report.Transitions, err = Advance(r.Project, log, r.State, last.Through); err != nil {
		return report, err
	}
	var published error
	if r.Publish != nil {
		published = r.Publish(log)
	}
	if err = unclean; err == nil {
		err = r.analyseWanted(ctx, log, first, last, report)
	}
	if err != nil && ctx.Err() != nil {
		// The pages would say that the run failed.
		return report, errors.Join(err, published)
	}
	return report, errors.Join(err, published, r.pages(log, last, err, report))
}

// pages writes the HTML pages as of the end of the last day there is, which say so when
// the run failed.
func (r *Runner) pages(log *experiment.Log, last Day, failed error, report *Report) error {
	at := last.Through
	for _, e := range r.Project.Experiments {
		stored, err := reports.Days(r.State, e.Name)
		if err != nil {
			return err
		}
		if len(stored) == 0 {
			continue
		}
		newest, err := ParseDay(stored[len(stored)-1], r.Project.Location)
		if err != nil {
			return err
		}
		if newest.Through.After(at) {
			at = newest.Through
		}
	}
	failure := ""
	if failed != nil {
		failure = failed.Error()
	}
	made := make([]analysis.Scorecard, len(report.Days))
	for i, o := range report.Days {
		made[i] = o.Card
	}
	site, err := reports.SiteOf(r.Project, log, r.State, at, failure, made...)
	if err != nil {
		return err
	}
	_, err = site.WritePages(reports.PagesDir(r.State))
	return err
}

// Advance logs the transitions that time has made by the given instant, for all
// experiments of the project, and returns them. The caller holds the lock of the state.
func Advance(p *experiment.Project, log *experiment.Log, state string, by time.Time) ([]experiment.Entry, error) {
	var due []experiment.Entry
	seen := make(map[string]bool)
	for _, e := range p.Experiments {
		seen[e.Name] = true
		due = append(due, log.State(e).Due(by)...)
	}
	// An experiment whose file has a fault goes on by what is logged.
	for _, name := range log.Experiments() {
		if state, ok := log.Recorded(name); ok && !seen[name] {
			due = append(due, state.Due(by)...)
		}
	}
	if len(due) == 0 {
		return nil, nil
	}
	return due, log.Append(LifecyclePath(state), due...)
}

// task is one experiment with the days that it needs.
type task struct {
	subject
	state experiment.State
	days  map[string]bool
}

// wanted returns the experiments to analyse, and notes why the others are not.
func (r *Runner) wanted(log *experiment.Log, first, last Day, report *Report) ([]task, error) {
	var tasks []task
	for _, e := range r.Project.Experiments {
		t := task{
			subject: subject{experiment: e, control: experiment.Control},
			state:   log.State(e), days: make(map[string]bool),
		}
		t.start, t.end = t.state.Start, t.state.End
		t.phases, t.weights = phasesOf(e, t.state)
		if why := t.idle(last); why != "" {
			report.Idle = append(report.Idle, Idle{e.Name, why})
		}
		stored, err := reports.Days(r.State, e.Name)
		if err != nil {
			return nil, err
		}
		have := make(map[string]bool, len(stored))
		for _, date := range stored {
			have[date] = true
		}
		for _, d := range t.activeDays(last, r.Project.Location) {
			asked := d.Date == last.Date || !first.Start.IsZero() && !d.Start.Before(first.Start)
			if asked || !have[d.Date] && !t.takenAway(d, stored) {
				t.days[d.Date] = true
			}
		}
		if len(t.days) > 0 {
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}

// idle says why an experiment has no scorecard of the given day, or nothing if it has one. A
// later extension makes no scorecards of the days on which the experiment was over: they would
// be looks at users of whom nobody knew by then that they count.
func (t *task) idle(d Day) string {
	final := analysis.FinalOf(t.experiment.Scorecard, t.state.EndAt(d.Through))
	switch status := t.state.At(d.Through); {
	case t.experiment.Type == experiment.TypePersonalization:
		return "is a personalization: served, not analysed"
	case status == experiment.Draft:
		return "is a Draft: schedule or start it first"
	case !d.Through.After(t.start) && t.state.Status == experiment.Scheduled:
		return "is Scheduled and has not started by then"
	case !d.Through.After(t.start):
		return "started after that day: its first scorecard is that of " + DayOf(t.start, d.Start.Location()).Date
	case status == experiment.Completed:
		return "is Completed: its results are frozen"
	case !d.Start.Before(final):
		since := DayOf(final.Add(-1), d.Start.Location()).Date
		if final.Before(t.final()) {
			return "was final since " + since + " on that day, and was extended later"
		}
		return "is final since " + since + ": decide, or extend it"
	}
	return ""
}

// takenAway reports whether somebody must have removed the scorecard that an experiment lacks
// of a day, which they may once it is decided: results are frozen, and the data may be gone. Runs
// make days in order, so a run that is late lacks the last ones. Where there is none at all the
// state was lost, unless the experiment is archived.
func (t *task) takenAway(d Day, stored []string) bool {
	if t.state.Decision == nil {
		return false
	}
	if len(stored) == 0 {
		return t.state.Archived
	}
	return d.Date < stored[len(stored)-1]
}

// activeDays returns the days through last on which the experiment is analysed.
func (t *task) activeDays(last Day, zone *time.Location) []Day {
	if t.state.Status == experiment.Draft || t.start.IsZero() {
		return nil
	}
	var out []Day
	for _, d := range days(t.start, last, zone) {
		if t.idle(d) == "" {
			out = append(out, d)
		}
	}
	return out
}

// analyseWanted makes the scorecards that are wanted, some weeks at a time.
func (r *Runner) analyseWanted(ctx context.Context, log *experiment.Log, first, last Day, report *Report) error {
	wanted, err := r.wanted(log, first, last, report)
	if err != nil {
		return err
	}
	steps, err := steps(wanted, last, r.Project.Location)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if err := r.analyse(ctx, s.tasks, s.last, report); err != nil {
			return err
		}
	}
	return nil
}
