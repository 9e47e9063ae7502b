package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"readout/experiment"
	"readout/ingest"
	"readout/internal/daily"
)

// projectJob analyses an experiment of the project, with what the flags change.
func (a *app) projectJob(name string, f analyzeFlags) (*daily.AdHoc, error) {
	for _, only := range []struct{ flag, value string }{
		{"--weights", f.weights}, {"--timezone", f.timezone}, {"--experiment", f.experiment},
		{"--column", strings.Join(f.columns, "")},
	} {
		if only.value != "" {
			return nil, usagef("%s goes with --exposures; a project has it in its files", only.flag)
		}
	}
	p, faults, err := a.loadWhole()
	if err != nil {
		return nil, err
	}
	e, err := a.experimentNamed(p, name)
	if err != nil {
		return nil, errors.Join(faults, err)
	}
	if e.Type == experiment.TypePersonalization {
		return nil, usagef("%s is a personalization: served, not analysed", name)
	}
	if err := f.checkMetrics(p, faults); err != nil {
		return nil, err
	}
	log, now, err := a.lifecycle(p)
	if err != nil {
		return nil, err
	}
	state := log.State(e)
	engine, err := a.engine(p)
	if err != nil {
		return nil, err
	}
	job := &daily.AdHoc{
		Project: p, Engine: engine, Control: experiment.Control,
		Start: state.Start, End: state.End, Through: daily.Yesterday(now, p.Location),
	}
	job.State = state
	if d := state.Decision; d != nil && d.At.Before(now) {
		// Results are frozen as of the decision: since then everybody gets the same variant.
		job.Through = daily.Yesterday(d.At.Add(-1), p.Location)
	}
	changed := *e
	job.Experiment = &changed
	if err := f.apply(job, p); err != nil {
		return nil, err
	}
	if e.Statistics.Method == experiment.MethodSequential && changed.Statistics.Method == experiment.MethodFixed {
		changed.Scorecard = changed.Scorecard.WithoutLookback()
	}
	if now.Before(job.Through.Through) {
		return nil, usagef("--date %s is not over yet in %s: the last whole day is %s",
			job.Through.Date, p.Location, daily.Yesterday(now, p.Location).Date)
	}
	if job.Start.IsZero() && f.start == "" {
		return nil, usagef("experiment %s has no start yet: give --start", name)
	}
	return job, nil
}

// bareJob analyses files without a project.
func (a *app) bareJob(ctx context.Context, f analyzeFlags) (*daily.AdHoc, error) {
	switch {
	case f.exposures == "":
		return nil, usagef("--conversions needs --exposures beside it")
	case f.conversions == "":
		return nil, usagef("--exposures needs --conversions beside it")
	case len(f.metrics) == 0:
		return nil, usagef("name what to compare with --metric, such as --metric purchase or --metric 'revenue=sum(purchase)'")
	}
	// A mistyped metric is said before any file is read.
	if err := f.applyMetrics(&experiment.Experiment{}, &experiment.Project{}); err != nil {
		return nil, err
	}
	p := &experiment.Project{
		Data: experiment.Data{
			Exposures:   experiment.Exposures{Path: f.exposures, Columns: experiment.DefaultExposureColumns()},
			Conversions: experiment.Conversions{Path: f.conversions, Columns: experiment.DefaultConversionColumns()},
		},
	}
	var err error
	if p.Location, err = f.zone(); err != nil {
		return nil, err
	}
	named, err := renameColumns(&p.Data, f.columns)
	if err != nil {
		return nil, err
	}
	memory, err := a.memoryLimit()
	if err != nil {
		return nil, err
	}
	engine := ingest.Embedded{Memory: memory}
	found, err := a.inspect(ctx, engine, p, f, named["experiment"])
	if err != nil {
		return nil, err
	}
	e := &experiment.Experiment{
		Name: found.Name, Statistics: experiment.DefaultStatistics(),
		SeveralVariants: experiment.SeveralExclude,
	}
	e.Statistics.Method = experiment.MethodFixed
	job := &daily.AdHoc{Project: p, Engine: engine, Experiment: e}
	if job.Control, e.Variants, err = arms(f, found.Variants); err != nil {
		return nil, err
	}
	if err := f.apply(job, p); err != nil {
		return nil, err
	}
	now, err := a.now(p.Location)
	if err != nil {
		return nil, err
	}
	if job.Through.Start.After(now) {
		return nil, usagef("--date %s has not begun yet in %s; --end says how long enrolment is to last", job.Through.Date, p.Location)
	}
	return job, nil
}

// zone returns the zone of --timezone, UTC without it.
func (f analyzeFlags) zone() (*time.Location, error) {
	if f.timezone == "" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(f.timezone)
	if err != nil || f.timezone == "Local" {
		return nil, usagef("--timezone %q is not a zone such as Europe/Berlin", f.timezone)
	}
	return zone, nil
}

// inspect finds the experiment to analyse and its variants.
func (a *app) inspect(ctx context.Context, engine ingest.Embedded, p *experiment.Project, f analyzeFlags, columnNamed bool) (ingest.Inspected, error) {
	c := &p.Data.Exposures.Columns
	columns, err := engine.Columns(ctx, p.Data.Exposures.Path)
	if err != nil {
		return ingest.Inspected{}, err
	}
	if !slices.Contains(columns, c.Experiment) && !columnNamed && f.experiment == "" {
		c.Experiment = ""
	}
	table := ingest.ExposureTable{Path: p.Data.Exposures.Path, User: c.User, Variant: c.Variant, Time: c.Time, Experiment: c.Experiment}
	bar := a.progress()
	found, err := engine.Inspect(ctx, table, p.Location, bar.update)
	bar.finish()
	if err != nil {
		return ingest.Inspected{}, err
	}
	var names []string
	for _, x := range found.Experiments {
		if f.experiment == x.Name || f.experiment == "" && len(found.Experiments) == 1 {
			return x, nil
		}
		names = append(names, x.Name)
	}
	switch {
	case len(names) == 0:
		return ingest.Inspected{Name: f.experiment}, nil
	case f.experiment == "":
		return ingest.Inspected{}, usagef("the exposures hold %d experiments: choose one with --experiment (%s)", len(names), list(names))
	}
	return ingest.Inspected{}, usagef("no exposures of experiment %q: there are %s", f.experiment, list(names))
}
