package daily

import (
	"slices"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/reports"
)

// task is one experiment with the days that it needs.
type task struct {
	subject
	state experiment.State
	days  map[string]bool
	// corrected are those of the days that are made again, since files of past days have changed.
	corrected map[string]bool
	// watched says that scorecards follow their files, and over is the last day of an experiment
	// that is final. newest is the date of the last scorecard there is.
	watched bool
	over    *Day
	newest  string
}

// watchedFor is how long the scorecards of an experiment follow their files after it is final, unless it is
// decided.
const watchedFor = 28 * 24 * time.Hour

// watch finds out whether the scorecards of an experiment, of which some are stored, follow their
// files.
func (t *task) watch(active []Day, stored []string, last Day) {
	if t.state.Decision != nil || len(stored) == 0 || len(active) == 0 || last.Through.After(t.final().Add(watchedFor)) {
		return
	}
	t.watched, t.newest = true, stored[len(stored)-1]
	if d := active[len(active)-1]; d.Date != last.Date {
		t.over = &d
	}
}

// behind reports whether some scorecards are of later days than the last one of a run: it makes
// what it is asked for, and leaves those days to the next.
func behind(tasks []task, last Day) bool {
	return slices.ContainsFunc(tasks, func(t task) bool { return t.newest > last.Date })
}

// absent returns the experiments under way that have scorecards and are not in the project, since their
// files have errors.
func (r *Runner) absent(log *experiment.Log) ([]string, error) {
	var names []string
	for _, name := range log.Experiments() {
		s, _ := log.Recorded(name)
		if s.Decision != nil || slices.ContainsFunc(r.Project.Experiments, func(e *experiment.Experiment) bool { return e.Name == name }) {
			continue
		}
		stored, err := reports.Days(r.State, name)
		if err != nil {
			return nil, err
		}
		if len(stored) > 0 {
			names = append(names, name)
		}
	}
	return names, nil
}

// wanted returns the experiments to analyse, and notes why the others are not.
func (r *Runner) wanted(log *experiment.Log, first, last Day, report *Report) ([]task, error) {
	var tasks []task
	for _, e := range r.Project.Experiments {
		t := task{
			subject: subject{experiment: e, control: experiment.Control},
			state:   log.State(e), days: make(map[string]bool), corrected: make(map[string]bool),
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
		active := t.activeDays(last, r.Project.Location)
		t.watch(active, stored, last)
		for _, d := range active {
			asked := d.Date == last.Date || !first.Start.IsZero() && !d.Start.Before(first.Start)
			switch {
			case asked && r.frozen(&t, d):
				if d.Date == last.Date {
					report.Idle = append(report.Idle, Idle{e.Name, "is decided: its results are frozen"})
				}
			case asked, !t.takenAway(d, stored) && !reports.HasDay(r.State, e.Name, d.Date):
				t.days[d.Date] = true
			}
		}
		if len(t.days) > 0 || t.watched {
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

// frozen reports whether a day has a scorecard that nobody makes again, also who asks for the day: what was
// decided by stays on record, whatever becomes of data and definition. One that cannot be read is no record.
func (r *Runner) frozen(t *task, d Day) bool {
	if t.state.Decision == nil {
		return false
	}
	_, err := reports.ReadDay(r.State, t.experiment.Name, d.Date)
	return err == nil
}

// activeDays returns the days through last on which the experiment is analysed. None comes after it is
// final, and those since are not looked at: most experiments that there ever were are over.
func (t *task) activeDays(last Day, zone *time.Location) []Day {
	if t.state.Status == experiment.Draft || t.start.IsZero() {
		return nil
	}
	if final := DayOf(t.final().Add(-1), zone); final.Through.Before(last.Through) {
		last = final
	}
	var out []Day
	for _, d := range days(t.start, last, zone) {
		if t.idle(d) == "" {
			out = append(out, d)
		}
	}
	return out
}
