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
	zone := a.Project.Location
	if err := a.fillDates(ctx); err != nil {
		return analysis.Scorecard{}, err
	}
	s := subject{experiment: a.Experiment, control: a.Control, start: a.Start, end: a.End}
	s.phases, s.weights = phasesOf(a.Experiment, a.State)
	if last := DayOf(s.final().Add(-1), zone); a.Through.Start.After(last.Start) {
		a.Through = last
	}
	looks := days(a.Start, a.Through, zone)
	if len(looks) == 0 {
		return analysis.Scorecard{}, fmt.Errorf("nothing to analyse: the data to use end at %s, before enrolment starts at %s",
			a.Through.Through.In(zone).Format(time.RFC3339), a.Start.In(zone).Format(time.RFC3339))
	}
	fixed := a.Experiment.Statistics.Method == experiment.MethodFixed
	if !fixed && len(looks) > maxDays {
		return analysis.Scorecard{}, fmt.Errorf("%d days from %s to %s, at most %d can be looked at one by one: narrow the dates, or use the fixed method",
			len(looks), looks[0].Date, looks[len(looks)-1].Date, maxDays)
	}
	if fixed {
		looks = looks[len(looks)-1:]
	}
	answer, err := ask(ctx, a.Engine, query(a.Project, []subject{s}, looks, a.Seed), a.Progress)
	if err != nil {
		return analysis.Scorecard{}, err
	}
	in := a.input(s, answer)
	last := looks[len(looks)-1]
	for _, d := range looks[:len(looks)-1] {
		in.Days = analysisDays(s, answer, 0, looks, d)
		if len(in.Days) == 0 {
			continue
		}
		added, err := analysis.Looks(in)
		if err != nil {
			return analysis.Scorecard{}, err
		}
		in.Looks = append(in.Looks, added...)
	}
	in.Days = analysisDays(s, answer, 0, looks, last)
	card, _, err := analysis.Analyze(in)
	if err != nil || !card.LeavingOutBiases() {
		return card, err
	}
	first, err := ask(ctx, a.Engine, countingFirst(a.Project, []subject{s}, []Day{last}, a.Seed), a.Progress)
	if err == nil {
		err = addCountedFirst(&card, in, s, first, 0, last)
	}
	return card, err
}

// input returns what the analysis needs to know of the experiment, but for its days.
func (a *AdHoc) input(s subject, answer answer) analysis.Input {
	in := analysis.Input{
		Organization: a.Project.Organization, Project: a.Project.Name,
		Experiment: a.Experiment, Control: a.Control, Location: a.Project.Location,
		Start: a.Start, End: a.End, PlannedUsers: a.PlannedUsers, AdHoc: true,
		MetricHash: metricHashes(a.Experiment),
	}
	answer.describeTimes(&in)
	in.Stopped = stoppedOf(a.State)
	if a.End.Equal(a.State.End) {
		in.FirstEnd, in.Extensions = a.State.FirstEnd, a.State.Extensions
		in.Resumed = !a.State.Resumed.IsZero()
	}
	for _, weights := range s.weights {
		in.Phases = append(in.Phases, analysis.Phase{Weights: weights})
	}
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
