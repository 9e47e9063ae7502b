package daily

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"readout/ingest/tables"
)

// WaitingError says why one experiment has no scorecard. All else was done.
type WaitingError struct {
	Experiment, Reason string
}

func (e WaitingError) Error() string {
	return fmt.Sprintf("experiment %s waits, because %s: correct the metric, or the columns in readout.yaml, or have the files written with it", e.Experiment, e.Reason)
}

// unread are the experiments that wait: a metric of theirs wants a column of the conversions that some
// file lacks, or has with another type, and that others do without.
type unread struct {
	names []string
	errs  []error
}

// analyseReadable makes the scorecards of a step but for experiments that wait. If all that want one
// wait, the step fails as it does for any file that cannot be read.
func (r *Runner) analyseReadable(ctx context.Context, s step, u *unread, report *Report) error {
	for {
		u.leave(&s)
		if len(s.tasks) == 0 {
			return nil
		}
		err := r.analyse(ctx, s, report)
		column, ok := errors.AsType[tables.ColumnError](err)
		if !ok || column.Table != "conversions" || !r.wait(s.tasks, column.Column, err, u, report) {
			return err
		}
	}
}

// leave takes the experiments that wait out of a step. Of those that are watched it is noted which files
// have changed, also where they began to wait in an earlier step.
func (u *unread) leave(s *step) {
	s.tasks = slices.DeleteFunc(s.tasks, func(t task) bool {
		waits := slices.Contains(u.names, t.experiment.Name)
		if waits && t.watched {
			s.absent = append(s.absent, t.experiment.Name)
		}
		return waits
	})
}

// wait lets those tasks wait that want a column, and reports whether there are any, and others to go on
// with. What is only watched has its scorecards, and fails nothing.
func (r *Runner) wait(tasks []task, column string, err error, u *unread, report *Report) bool {
	table := ConversionTable(r.Project)
	var names []string
	var errs []error
	var idle []Idle
	for _, t := range tasks {
		metrics := experimentQuery(t.subject).Wants(table, column)
		if len(metrics) == 0 {
			continue
		}
		name := t.experiment.Name
		names = append(names, name)
		reason := fmt.Sprintf("of %s: %v", strings.Join(metrics, ", "), err)
		if len(t.days) == 0 {
			idle = append(idle, Idle{name, "is final, and its scorecards follow their files no more, because " + reason})
			continue
		}
		errs = append(errs, WaitingError{name, reason})
	}
	if len(names) == 0 || len(names) == len(tasks) && len(errs) > 0 {
		return false
	}
	u.names, u.errs = append(u.names, names...), append(u.errs, errs...)
	report.Idle = append(report.Idle, idle...)
	return true
}
