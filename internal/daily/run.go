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

	last   string         // the last day of the run
	latest map[string]int // by experiment, the place of its last scorecard so far
}

// add takes in the scorecards of a day.
func (r *Report) add(made []Outcome) {
	for _, o := range made {
		if at, ok := r.latest[o.Experiment]; ok && r.Days[at].Date != r.last {
			r.Days[at].Card = nil
		}
		r.latest[o.Experiment] = len(r.Days)
		r.Days = append(r.Days, o)
	}
}

// Outcome is one scorecard of a run.
type Outcome struct {
	Experiment, Date string
	// Sentence is that of the recommendation.
	Sentence string
	// Card is the scorecard itself. It is nil for days before the run's last of which there is a
	// later one of the same experiment, for a run that makes those of a year must not hold them
	// all: [reports.ReadDay] has them.
	Card *analysis.Scorecard
	// Changed says that the stored scorecard was not there or was another one.
	Changed bool
	// Corrected says that nobody asked for the day, but files of past days had changed. It is
	// reported where that made a difference.
	Corrected bool
}

// Idle is an experiment that a run had nothing to do for.
type Idle struct {
	Experiment, Reason string
}

// Run runs the job through the end of day last: first the transitions that are due by
// then, then the scorecards of last, of every day from first on (unless it is zero), and of every
// earlier day that has none, or whose data have been corrected. now is the clock; a day that is not over yet is refused,
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
	report = &Report{last: last.Date, latest: make(map[string]int)}
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
	var made []analysis.Scorecard
	for _, o := range report.Days {
		if o.Card != nil {
			made = append(made, *o.Card)
		}
	}
	_, err := reports.SiteOf(r.Project, log, r.State, at, failure, made...).WritePages(reports.PagesDir(r.State))
	return err
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
	if n := len(steps); n > 0 && !behind(wanted, last) {
		steps[n-1].corrects = true
		if steps[n-1].absent, err = r.absent(log); err != nil {
			return err
		}
	}
	var waiting unread
	for _, s := range steps {
		if err := r.analyseReadable(ctx, s, &waiting, report); err != nil {
			return errors.Join(append(waiting.errs, err)...)
		}
	}
	return errors.Join(waiting.errs...)
}
