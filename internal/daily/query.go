package daily

import (
	"context"
	"slices"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
)

// subject is one experiment as far as it is to be analysed.
type subject struct {
	experiment *experiment.Experiment
	control    string
	start, end time.Time
	// phases are the instants at which the second and later phases of traffic begin, and
	// weights the planned split of every phase.
	phases  []time.Time
	weights [][]float64
}

// final returns when no metric can get another user.
func (s subject) final() time.Time {
	return analysis.FinalOf(s.experiment.Scorecard, s.end)
}

// ConversionTable returns where a project's conversions are, as an engine is asked for them.
func ConversionTable(p *experiment.Project) ingest.ConversionTable {
	c := p.Data.Conversions
	return ingest.ConversionTable{
		Path: c.Path, User: c.Columns.User, Event: c.Columns.Event,
		Time: c.Columns.Time, Value: c.Columns.Value,
	}
}

// query asks for the moments of all subjects at the ends of the given days, and for the
// rows read until each of them started.
func query(p *experiment.Project, subjects []subject, looks []Day, seed uint64) ingest.Query {
	e := p.Data.Exposures
	q := ingest.Query{
		Exposures: ingest.ExposureTable{
			Path: e.Path, User: e.Columns.User, Experiment: e.Columns.Experiment,
			Variant: e.Columns.Variant, Time: e.Columns.Time, Segments: e.Segments,
		},
		Conversions: ConversionTable(p),
		Location:    p.Location,
		Seed:        seed,
	}
	for _, d := range looks {
		q.Looks = append(q.Looks, d.Through)
	}
	for _, s := range subjects {
		q.Experiments = append(q.Experiments, experimentQuery(s))
		if !s.start.IsZero() && len(looks) > 0 && !s.start.After(looks[len(looks)-1].Through) {
			q.ReadAt = append(q.ReadAt, s.start)
		}
	}
	return q
}

// answer is a query with its result.
type answer struct {
	looks, readAt []time.Time
	segments      []string
	result        *ingest.Result
}

// at returns the place of a look among those of the query.
func (a answer) at(t time.Time) (int, bool) {
	return slices.BinarySearchFunc(a.looks, t, time.Time.Compare)
}

// readUntil returns what was read of the rows before an experiment's start.
func (a answer) readUntil(start time.Time) ingest.TablesRead {
	if i := slices.IndexFunc(a.readAt, start.Equal); i >= 0 {
		return a.result.ReadAt[i]
	}
	return ingest.TablesRead{}
}

// ask runs a query.
func ask(ctx context.Context, engine ingest.Engine, q ingest.Query, progress ingest.Progress) (answer, error) {
	result, err := engine.Run(ctx, q, progress)
	return answer{q.Looks, q.ReadAt, q.Exposures.Segments, result}, err
}

// experimentQuery asks for one subject.
func experimentQuery(s subject) ingest.Experiment {
	x := ingest.Experiment{Name: s.experiment.Name, Start: s.start, End: s.end, Phases: s.phases}
	if s.experiment.SeveralVariants == experiment.SeveralFirst {
		x.SeveralVariants = ingest.First
	}
	for _, v := range s.experiment.Variants {
		x.Variants = append(x.Variants, v.Name)
	}
	adjusted := s.experiment.Statistics.Method != experiment.MethodSequential
	for _, m := range s.experiment.Scorecard.Metrics() {
		q := metricQuery(m, adjusted)
		q.CrossLooks = linked(m, x.SeveralVariants)
		x.Metrics = append(x.Metrics, q)
	}
	return x
}

// linked reports whether the correlation of the looks of a metric has to come from its users:
// where those of the past keep changing, and where some are left out later. A cap makes links
// of a metric that does not grow dear, and a quantile has no columns to link; what is known
// of them is how many users stay.
func linked(m *experiment.Metric, several ingest.SeveralVariants) bool {
	switch {
	case m.Kind() == experiment.KindQuantile:
		return false
	case analysis.MatureAfter(m) == 0:
		return true
	}
	return several == ingest.Exclude && !capped(m)
}

// capped reports whether a column of the metric has a cap.
func capped(m *experiment.Metric) bool {
	return m.Numerator.Cap != nil || m.Denominator != nil && m.Denominator.Cap != nil
}

// metricQuery asks for one metric, with covariates when it is to be adjusted. A quantile
// needs the single values, which have none.
func metricQuery(m *experiment.Metric, adjusted bool) ingest.Metric {
	out := ingest.Metric{Name: m.Name, Value: columnQuery(m.Numerator), MatureAfter: analysis.MatureAfter(m)}
	if m.Kind() == experiment.KindQuantile {
		out.Value.Aggregate = ingest.Each
		return out
	}
	if m.Denominator != nil {
		d := columnQuery(*m.Denominator)
		out.Denominator = &d
	}
	if adjusted {
		out.Lookback = m.Lookback
	}
	return out
}

// columnQuery asks for one number per user.
func columnQuery(c experiment.Column) ingest.Column {
	out := ingest.Column{Event: c.Event, Aggregate: aggregates[c.Aggregate], From: c.Window.From, Where: c.Where, Cap: c.Cap}
	if !c.Window.Open {
		out.To = c.Window.To
	}
	return out
}

// aggregates names the engine's aggregate for each of the configuration's.
var aggregates = map[experiment.Aggregate]ingest.Aggregate{
	experiment.AggregateAny:          ingest.Any,
	experiment.AggregateCount:        ingest.Count,
	experiment.AggregateSum:          ingest.Sum,
	experiment.AggregateMax:          ingest.Max,
	experiment.AggregateMin:          ingest.Min,
	experiment.AggregateFirst:        ingest.FirstValue,
	experiment.AggregateLast:         ingest.LastValue,
	experiment.AggregateDistinctDays: ingest.DistinctDays,
}
