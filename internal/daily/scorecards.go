package daily

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"readout/analysis"
	"readout/internal/parallel"
	"readout/reports"
)

// analyse reads the data and makes the scorecards of all tasks of a step, day by day.
func (r *Runner) analyse(ctx context.Context, s step, report *Report) error {
	tasks := s.tasks
	names := make([]string, len(tasks))
	for i := range tasks {
		names[i] = tasks[i].experiment.Name
	}
	looks, err := readLooks(filepath.Join(r.State, looksFile), names)
	if err != nil {
		return err
	}
	begin := tasks[0].start
	for _, t := range tasks {
		if err := looks.check(r.State, t.experiment.Name); err != nil {
			return err
		}
		if err := looks.checkZone(t.experiment.Name, r.Project.Location); err != nil {
			return err
		}
		if t.start.Before(begin) {
			begin = t.start
		}
	}
	all := days(begin, s.last, r.Project.Location)
	// Days after the last one wanted or watched, such as those since all experiments are final, are no
	// looks: a clock that is wrong by years must not cost the memory of as many.
	for !concerns(tasks, all[len(all)-1]) {
		all = all[:len(all)-1]
	}
	questions, err := r.ask(ctx, s, all)
	if err != nil {
		return err
	}
	for _, d := range all {
		made := make([]scorecard, 0, len(tasks))
		for i := range tasks {
			if tasks[i].days[d.Date] {
				made = append(made, scorecard{task: &tasks[i], subject: i, asked: &questions[questionAt(questions, i, tasks[i].endOn(d))]})
			}
		}
		outcomes, err := r.day(ctx, made, d, all, looks)
		report.add(slices.DeleteFunc(outcomes, func(o Outcome) bool { return o.Corrected && !o.Changed }))
		if err != nil {
			return err
		}
	}
	return r.corrected(s)
}

// concerns reports whether a task needs a scorecard of a day, or has its last one of that day.
func concerns(tasks []task, d Day) bool {
	return slices.ContainsFunc(tasks, func(t task) bool { return t.days[d.Date] || t.over != nil && t.over.Date == d.Date })
}

// scorecard is a scorecard being made.
type scorecard struct {
	task    *task
	asked   *question
	subject int // its place in the question
	input   analysis.Input
	card    analysis.Scorecard
	looks   []analysis.Look // that it adds to the log
	changed bool
}

// day makes the scorecards of a day, several at a time, and returns those that are stored.
// Looks are logged before scorecards are stored: a run that is killed in between finds them
// again and makes the same scorecards.
func (r *Runner) day(ctx context.Context, cards []scorecard, d Day, all []Day, looks *looksLog) ([]Outcome, error) {
	if _, err := eachScorecard(ctx, cards, d, func(s *scorecard) (err error) {
		s.input = r.input(s.task, d)
		a := s.asked.answer
		s.input.Days = analysisDays(s.task.subject, a, s.subject, all, d)
		s.input.Looks = looks.of(s.task.experiment.Name)
		s.card, s.looks, err = analysis.Analyze(s.input)
		return err
	}); err != nil {
		return nil, err
	}
	var added []analysis.Look
	for i := range cards {
		s := &cards[i]
		if s.card.LeavingOutBiases() {
			first, err := s.asked.first.ask(ctx, r)
			if err == nil {
				err = addCountedFirst(&s.card, s.input, s.task.subject, first, s.subject, d)
			}
			if err != nil {
				return nil, s.wrap(err, d)
			}
		}
		added = append(added, s.looks...)
	}
	if len(added) > 0 {
		if err := looks.append(added); err != nil {
			return nil, err
		}
	}
	stored, err := eachScorecard(ctx, cards, d, func(s *scorecard) (err error) {
		s.changed, err = reports.WriteDay(r.State, s.card, r.extraFormats()...)
		return err
	})
	var outcomes []Outcome
	for _, s := range stored {
		card := s.card // by itself: what it was made of need not stay
		outcomes = append(outcomes, Outcome{
			Experiment: card.Experiment, Date: card.Date, Sentence: card.Recommendation.Sentence,
			Card: &card, Changed: s.changed, Corrected: s.task.corrected[d.Date],
		})
	}
	return outcomes, err
}

// eachScorecard calls do for every scorecard of a day, for as many at a time as there are
// processors. It returns those for which all went well, in order, and the first error in
// that order.
func eachScorecard(ctx context.Context, cards []scorecard, d Day, do func(*scorecard) error) (done []scorecard, err error) {
	errs := parallel.Each(len(cards), func(i int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return cards[i].wrap(do(&cards[i]), d)
	})
	for i, e := range errs {
		if e == nil {
			done = append(done, cards[i])
		} else if err == nil {
			err = e
		}
	}
	return done, err
}

// wrap says of an error which scorecard it kept from being made.
func (s *scorecard) wrap(err error, d Day) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("experiment %s on %s: %w", s.task.experiment.Name, d.Date, err)
}

// extraFormats are stored beside JSON and Parquet.
func (r *Runner) extraFormats() []reports.Format {
	var out []reports.Format
	for _, f := range reports.Formats() {
		if f.Name == "csv" || f.Name == "arrow" {
			out = append(out, f)
		}
	}
	return out
}

// input returns what the analysis needs to know of the experiment as of a day.
func (r *Runner) input(t *task, d Day) analysis.Input {
	in := analysis.Input{
		Organization: r.Project.Organization, Project: r.Project.Name,
		Experiment: t.experiment, Control: t.control,
		Status: string(t.state.At(d.Through)), Location: r.Project.Location,
		Start: t.start, End: t.state.EndAt(d.Through), FirstEnd: t.state.FirstEnd,
		ConfigHash: t.experiment.ConfigHash(), MetricHash: metricHashes(t.experiment),
	}
	in.Stopped, in.Changed = stoppedOf(t.state), t.experiment.TestChanged(t.state)
	in.Resumed = !t.state.Resumed.IsZero() && !t.state.Resumed.After(d.Through)
	for i, weights := range t.weights {
		if i == 0 || t.phases[i-1].Before(d.Through) {
			in.Phases = append(in.Phases, analysis.Phase{Weights: weights})
		}
	}
	for _, x := range t.state.Extensions {
		if !x.At.After(d.Through) {
			in.Extensions = append(in.Extensions, x)
		}
	}
	return in
}
