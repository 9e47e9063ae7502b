package ingest

import (
	"context"
	"sync/atomic"
	"time"

	"readout/ingest/raw"
	"readout/ingest/tables"
)

// runner is a run of a query.
type runner struct {
	q        *Query
	workers  int
	progress Progress
	location *time.Location
	kept     *keptRows // nil unless rows are kept
	files    []File    // what is told of those whose rows are kept
	// What stands for the rows kept of each file, by its place in path order, and the latest time
	// of each.
	keptExposureRows, keptConversionRows []keptSource
	keptExposureLast, keptConversionLast []int64
	footer                               func(context.Context, tables.File) (uint64, error) // see footerSum
	// looks are the query's; where rows are kept, one at the end of time follows, so that rows
	// which no look of the query sees yet are kept too.
	looks lookTable
	// seen is the looks and the further instants at which rows are counted: those of
	// Query.ReadAt, and the starts of experiments. atLooks and atReads say where looks and the
	// former stand there.
	seen             lookTable
	atLooks, atReads []int

	events   tables.FixedNames
	kinds    *eventKinds
	variants *tables.OpenNames
	valued   []bool // by event: some metric reads the value
	arms     []*armRules
	segments *segmentValues // nil without
	limits   segmentLimits
	// wholeRows is how many conversions there may be for whole numbers to be summed as such.
	wholeRows int

	memory int64
	room   roomRules
	spill  *spill
	parts  partitioning

	exposures   []*exposureVisitor
	conversions []*conversionVisitor
	tuples      tuples
}

func newRunner(q *Query, workers int, progress Progress) *runner {
	r := &runner{
		q:        q,
		workers:  workers,
		progress: progress,
		location: q.Location,
		looks:    newLookTable(q.Looks),
		events:   tables.NewFixedNames(eventsOf(q)),
		variants: tables.NewOpenNames(variantsOf(q)),

		wholeRows: raw.MaxRows,
		room:      roomRules{mostHeld, leastHeld, leastDump},
	}
	if r.location == nil {
		r.location = time.UTC
	}
	r.limits = segmentLimits{mostSegments, leastSegmentUsers, mostSegmentSlots}
	if len(q.Exposures.Segments) > 0 {
		r.segments = newSegmentValues(q.Exposures.Segments)
	}
	r.kinds = newEventKinds(q, r.events)
	r.valued = make([]bool, len(r.events))
	for i := range q.Experiments {
		e := &q.Experiments[i]
		r.arms = append(r.arms, newArmRules(e, r.variants.Known))
		for j := range e.Metrics {
			for _, c := range e.Metrics[j].outcomes() {
				if c.Aggregate.NeedsValue() {
					r.valued[r.events[c.Event]] = true
				}
			}
		}
	}
	r.see()
	return r
}

// see finds the instants at which rows are counted.
func (r *runner) see() {
	reads := newLookTable(r.q.ReadAt)
	var starts lookTable
	for _, a := range r.arms {
		if a.start != noTime && a.start < r.looks.lastAsked() {
			starts = append(starts, a.start)
		}
	}
	r.seen = r.looks.with(reads, starts)
	r.atLooks, r.atReads = r.seen.places(r.looks), r.seen.places(reads)
}

// exposureSpec says which columns of the exposures are read.
func (r *runner) exposureSpec() *tables.Spec {
	t := r.q.Exposures
	s := &tables.Spec{
		Table: "exposures", User: t.User, Time: t.Time, Location: r.location, Seed: r.q.Seed,
		Text: []tables.TextColumn{{Name: t.Variant, Codes: r.variants}},
	}
	if t.Experiment != "" {
		var names []string
		for i := range r.q.Experiments {
			names = append(names, r.q.Experiments[i].Name)
		}
		s.Text = append(s.Text, tables.TextColumn{Name: t.Experiment, Codes: tables.NewFixedNames(names)})
	}
	for i, name := range t.Segments {
		s.Text = append(s.Text, tables.TextColumn{Name: name, Codes: r.segments.names[i], Optional: true})
	}
	return s
}

// checkSegments refuses segments that the last file of exposures lacks: their names are wrong,
// or whoever writes the files has dropped them. Files before it may lack one, since a column
// can become a segment while experiments run, and old files are not written again.
func (r *runner) checkSegments(ctx context.Context, store tables.Store, files []tables.File) error {
	if len(r.q.Exposures.Segments) == 0 {
		return nil
	}
	t := r.q.Exposures
	s := &tables.Spec{Table: "exposures", User: t.User, Time: t.Time, Location: r.location, Seed: r.q.Seed}
	for _, name := range t.Segments {
		s.Text = append(s.Text, tables.TextColumn{Name: name, Codes: tables.NewOpenNames(nil)})
	}
	file, err := tables.Open(ctx, store, files[len(files)-1], s)
	if err != nil {
		return err
	}
	return file.Close()
}

// conversionSpec says which columns of the conversions are read: of values and of what filters
// compare, only what some metric asks for.
func (r *runner) conversionSpec() *tables.Spec {
	t := r.q.Conversions
	s := &tables.Spec{
		Table: "conversions", User: t.User, Time: t.Time, Location: r.location, Seed: r.q.Seed,
		Text: []tables.TextColumn{{Name: t.Event, Codes: r.events}},
	}
	for _, v := range r.valued {
		if v {
			s.Value, s.ValueNeeded = t.Value, true
		}
	}
	for _, c := range r.kinds.columns {
		s.Text = append(s.Text, tables.TextColumn{Name: c.Name, Filter: c})
	}
	return s
}

// rules returns what the scans of files of so many bytes go by.
func (r *runner) rules(bytes int64) *scanRules {
	return &scanRules{
		looks:         r.seen,
		parts:         partitionsFor(bytes),
		arms:          r.arms,
		oneExperiment: r.q.Exposures.Experiment == "",
		variants:      r.variants,
		variantColumn: r.q.Exposures.Variant,
		segments:      r.segments,
		kinds:         r.kinds,
		valued:        r.valued,
		exposuresFrom: exposuresBound(r.arms),
		historyFrom:   historyBound(r.q),
		exposed:       new(atomic.Pointer[exposedUsers]),
	}
}

// keepIn makes the runner keep rows in a folder, whose key it takes.
func (r *runner) keepIn(kept *keptRows) {
	r.kept = kept
	r.q.Seed = kept.seed
	r.looks = append(r.looks, latestTime)
	r.see()
}

// run scans both tables, adds up users and makes the result.
func (r *runner) run(ctx context.Context, exposures, conversions source) (*Result, error) {
	rules := r.rules(exposures.bytes() + conversions.bytes())
	if r.kept != nil {
		rules.parts = r.kept.parts
	}
	r.parts = rules.parts
	for range r.workers {
		r.exposures = append(r.exposures, newExposureVisitor(rules))
		r.conversions = append(r.conversions, newConversionVisitor(rules))
	}
	earliestExposures, earliestConversions, err := r.scan(ctx, exposures, conversions)
	if err != nil {
		return nil, err
	}
	exposed, converted := &r.exposures[0].readCounts, &r.conversions[0].readCounts
	for i := 1; i < r.workers; i++ {
		exposed.merge(&r.exposures[i].readCounts)
		converted.merge(&r.conversions[i].readCounts)
	}
	exposureReads, conversionReads := exposed.tableReads(earliestExposures), converted.tableReads(earliestConversions)
	first, last := converted.first, len(r.q.Looks)-1
	if first >= r.looks[last] {
		first = latestTime
	}
	dates := conversionReads[r.atLooks[last]].Dates
	h := newHistory(first, converted.date, dates, r.location)
	programs := r.programs(dates)
	segments, err := r.findSegments(ctx, programs)
	if err != nil {
		return nil, err
	}
	totals, err := r.evaluate(ctx, h, programs, segments)
	if err != nil {
		return nil, err
	}
	result := &Result{
		Exposures:   pick(exposureReads, r.atLooks[:len(r.q.Looks)]),
		Conversions: pick(conversionReads, r.atLooks[:len(r.q.Looks)]),
		Files:       r.files,
	}
	if result.Experiments, err = r.experiments(ctx, programs, totals, segments); err != nil {
		return nil, err
	}
	for _, at := range r.atReads {
		result.ReadAt = append(result.ReadAt, TablesRead{exposureReads[at], conversionReads[at]})
	}
	if h.first != latestTime {
		result.HistoryStart = startOfDay(h.first, r.location)
	}
	return result, nil
}

// programs makes the programs of all experiments.
func (r *runner) programs(dateOnly bool) []*program {
	c := compiler{looks: r.looks, dateOnly: dateOnly, events: r.events, kinds: r.kinds}
	var programs []*program
	for i := range r.q.Experiments {
		programs = append(programs, c.program(&r.q.Experiments[i], r.arms[i]))
	}
	return programs
}
