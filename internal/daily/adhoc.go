package daily

import (
	"context"
	"errors"
	"fmt"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
)

// maxDays is the longest span that an ad-hoc analysis looks at day by day.
const maxDays = 365

// AdHoc is an analysis on request. It reads data and writes nothing.
type AdHoc struct {
	Project *experiment.Project
	Engine  ingest.Engine
	// Experiment is what to analyse, with the statistics wanted.
	Experiment *experiment.Experiment
	Control    string
	// Start and End bound enrolment; a zero time means the first and the last day of data.
	Start, End time.Time
	// Through is the last day of data to use; zero means the last there is.
	Through Day
	// PlannedUsers is how many users all variants together are to have at the end; 0 where
	// that was not planned.
	PlannedUsers int64
	// State is what the lifecycle log says of the experiment; zero without a project.
	State    experiment.State
	Seed     uint64
	Progress ingest.Progress
}

// Run analyses the experiment: with the fixed method in one look at all the data, else in
// one look per day, as if the daily job had run.
func (a *AdHoc) Run(ctx context.Context) (analysis.Scorecard, error) {
	if err := a.fillDates(ctx); err != nil {
		return analysis.Scorecard{}, err
	}
	t := a.task()
	made, err := a.days(t)
	if err != nil {
		return analysis.Scorecard{}, err
	}
	last := made[len(made)-1]
	looks := made
	if len(made) > 1 {
		// Those of a time in which it was over are among the days, though no looks.
		looks = days(a.Start, last, a.Project.Location)
	}
	for _, d := range made {
		t.days[d.Date] = true
	}
	// Nobody asks for a later day, which alone could have another end.
	t.end = t.endOn(last)
	r := Runner{Project: a.Project, Engine: a.Engine, Seed: a.Seed, Progress: a.Progress}
	questions, err := r.ask(ctx, step{tasks: []task{t}, last: last}, looks)
	if err != nil {
		return analysis.Scorecard{}, err
	}
	var seen []analysis.Look
	for _, d := range made[:len(made)-1] {
		in := a.input(&r, &t, d, questions, looks)
		in.Looks = seen
		added, err := analysis.Looks(in)
		if err != nil {
			return analysis.Scorecard{}, err
		}
		seen = append(seen, added...)
	}
	in := a.input(&r, &t, last, questions, looks)
	in.Looks = seen
	card, _, err := analysis.Analyze(in)
	if err != nil || !card.LeavingOutBiases() {
		return card, err
	}
	first, err := ask(ctx, a.Engine, countingFirst(a.Project, []subject{t.subject}, []Day{last}, a.Seed), a.Progress)
	if err == nil {
		err = addCountedFirst(&card, in, t.subject, first, 0, last)
	}
	return card, err
}

// task returns the experiment with its life: the one in the log, or with another end, of a Draft and
// without a project, one that was planned so from the start. No decision ends it: the last day was chosen.
func (a *AdHoc) task() task {
	t := task{
		subject: subject{experiment: a.Experiment, control: a.Control, start: a.Start, end: a.End},
		state:   a.State, days: make(map[string]bool),
	}
	t.phases, t.weights = phasesOf(a.Experiment, a.State)
	if a.State.Status == "" || a.State.Status == experiment.Draft || !a.End.Equal(a.State.End) {
		t.state = experiment.State{Status: experiment.Running, End: a.End, FirstEnd: a.End, Stopped: a.State.Stopped}
	}
	t.state.Start, t.state.Decision = a.Start, nil
	return t
}

// days returns the days to look at, of which there is at least one: with the fixed method the
// last alone.
func (a *AdHoc) days(t task) ([]Day, error) {
	zone := a.Project.Location
	made := t.activeDays(a.Through, zone)
	switch {
	case len(made) == 0:
		through := earlier(a.Through.Through, DayOf(t.final().Add(-1), zone).Through)
		return nil, fmt.Errorf("nothing to analyse: the data to use end at %s, before enrolment starts at %s",
			through.In(zone).Format(time.RFC3339), a.Start.In(zone).Format(time.RFC3339))
	case a.Experiment.Statistics.Method == experiment.MethodFixed:
		return made[len(made)-1:], nil
	case len(made) > maxDays:
		return nil, fmt.Errorf("%d days from %s to %s, at most %d can be looked at one by one: narrow the dates, or use the fixed method",
			len(made), made[0].Date, made[len(made)-1].Date, maxDays)
	}
	return made, nil
}

// input returns what the analysis needs to know of a day. Nothing of it says how the experiment stands
// today, since it was not asked for as it is defined.
func (a *AdHoc) input(r *Runner, t *task, d Day, questions []question, looks []Day) analysis.Input {
	in := r.input(t, d)
	in.Status, in.ConfigHash, in.Changed = "", "", nil
	in.AdHoc, in.PlannedUsers = true, a.PlannedUsers
	answer := questions[questionAt(questions, 0, t.endOn(d))].answer
	in.Days = analysisDays(t.subject, answer, 0, looks, d)
	return in
}

// fillDates takes the dates that were not given from the data.
func (a *AdHoc) fillDates(ctx context.Context) error {
	zone := a.Project.Location
	if !a.Start.IsZero() && !a.End.IsZero() && !a.Through.Through.IsZero() {
		return nil
	}
	exposures, conversions, err := a.Engine.Times(ctx, query(a.Project, nil, nil, a.Seed), a.Progress)
	if err != nil {
		return err
	}
	if exposures.First.IsZero() {
		if a.Start.IsZero() || a.End.IsZero() {
			return errors.New("there are no exposures with a time: give --start and --end to get an empty scorecard")
		}
		a.Through = DayOf(a.End.Add(-1), zone)
		return nil
	}
	last := exposures.Last
	if conversions.Last.After(last) {
		last = conversions.Last
	}
	if a.Start.IsZero() {
		a.Start = DayOf(exposures.First, zone).Start
	}
	if a.Through.Through.IsZero() {
		a.Through = DayOf(last, zone)
	}
	if a.End.IsZero() {
		a.End = a.Through.Through
	}
	return nil
}
