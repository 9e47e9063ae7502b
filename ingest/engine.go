package ingest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Embedded is the engine in this process.
//
// It reads exposures once and conversions once, for all experiments and looks of a query,
// and keeps of each row that matters a few bytes, by partitions of users (scatter.go). Then
// it takes the partitions one after the other, each on one core and in its cache: first
// exposures, numbers per user, moments. Nothing is shared between workers but the queue of
// row groups and of partitions.
//
// The same files give the same result to the last bit, for any number of workers, and a
// look gives the same alone or among others: what is added up over users is exact
// (exactSum), and what is added up within a user is added in path order, then row order.
//
// Sums that leave the range of float64 make moments for which moments.Set.Finite is false.
type Embedded struct {
	// Store lists and opens the files; nil is the local file system.
	Store Store
	// Workers is how many goroutines work at once; 0 is one per processor.
	Workers int
}

// Run implements Engine. It fails, and returns no part of a result, when the query is
// faulty, when a file is missing, damaged or lacks a column, and when ctx is cancelled; the
// error then wraps that of ctx.
func (e Embedded) Run(ctx context.Context, q Query, progress Progress) (*Result, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	store := e.store()
	r := newRunner(&q, e.Workers, progress)
	exposures, err := store.List(ctx, q.Exposures.Path)
	if err != nil {
		return nil, fmt.Errorf("list exposures: %w", err)
	}
	var conversions []File
	if q.Conversions.Path != "" {
		if conversions, err = store.List(ctx, q.Conversions.Path); err != nil {
			return nil, fmt.Errorf("list conversions: %w", err)
		}
	}
	exposureSpec, conversionSpec := r.exposureSpec(), r.conversionSpec()
	return r.run(ctx,
		source{exposures, func(ctx context.Context, f File) (table, error) {
			return openParquet(ctx, store, f, exposureSpec)
		}},
		source{conversions, func(ctx context.Context, f File) (table, error) {
			return openParquet(ctx, store, f, conversionSpec)
		}})
}

func openParquet(ctx context.Context, store Store, f File, spec *tableSpec) (table, error) {
	t, err := openTable(ctx, store, f, spec)
	if err != nil {
		return nil, err
	}
	return parquetTable{t}, nil
}

// source is the files of a table and how to open them.
type source struct {
	files []File
	open  func(context.Context, File) (table, error)
}

func (s source) bytes() int64 {
	var n int64
	for _, f := range s.files {
		n += f.Size
	}
	return n
}

// runner is a run of a query.
type runner struct {
	q        *Query
	workers  int
	progress Progress
	location *time.Location
	looks    lookTable
	// seen is the looks and the further instants at which rows are counted; atLooks and
	// atReads say where these stand there.
	seen             lookTable
	atLooks, atReads []int

	events   fixedNames
	kinds    *eventKinds
	variants *openNames
	valued   []bool // by event: some metric reads the value
	arms     []*armRules
	segments *segmentValues // nil without
	limits   segmentLimits
	// wholeRows is how many conversions there may be for whole numbers to be summed as such.
	wholeRows int

	exposures   []*exposureVisitor
	conversions []*conversionVisitor
}

func newRunner(q *Query, workers int, progress Progress) *runner {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	r := &runner{
		q:        q,
		workers:  workers,
		progress: progress,
		location: q.Location,
		looks:    newLookTable(q.Looks),
		events:   newFixedNames(eventsOf(q)),
		variants: newOpenNames(variantsOf(q)),

		wholeRows: maxWholeRows,
	}
	if r.location == nil {
		r.location = time.UTC
	}
	r.limits = segmentLimits{mostSegments, leastSegmentUsers}
	if len(q.Exposures.Segments) > 0 {
		r.segments = newSegmentValues(q.Exposures.Segments)
	}
	r.seen, r.atLooks, r.atReads = r.looks.with(q.ReadAt)
	r.kinds = newEventKinds(q, r.events)
	r.valued = make([]bool, len(r.events))
	for i := range q.Experiments {
		e := &q.Experiments[i]
		r.arms = append(r.arms, newArmRules(e, r.variants.known))
		for j := range e.Metrics {
			for _, c := range e.Metrics[j].outcomes() {
				if c.Aggregate.NeedsValue() {
					r.valued[r.events[c.Event]] = true
				}
			}
		}
	}
	return r
}

func (r *runner) exposureSpec() *tableSpec {
	t := r.q.Exposures
	s := &tableSpec{
		table: "exposures", user: t.User, time: t.Time, location: r.location, seed: r.q.Seed,
		text: []textColumn{{name: t.Variant, codes: r.variants}},
	}
	if t.Experiment != "" {
		var names []string
		for i := range r.q.Experiments {
			names = append(names, r.q.Experiments[i].Name)
		}
		s.text = append(s.text, textColumn{name: t.Experiment, codes: newFixedNames(names)})
	}
	for i, name := range t.Segments {
		s.text = append(s.text, textColumn{name: name, codes: r.segments.names[i]})
	}
	return s
}

func (r *runner) conversionSpec() *tableSpec {
	t := r.q.Conversions
	s := &tableSpec{
		table: "conversions", user: t.User, time: t.Time, location: r.location, seed: r.q.Seed,
		text: []textColumn{{name: t.Event, codes: r.events}},
	}
	for _, v := range r.valued {
		if v {
			s.value, s.valueNeeded = t.Value, true
		}
	}
	for _, c := range r.kinds.columns {
		s.text = append(s.text, textColumn{name: c.name, filter: c})
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
		historyFrom:   historyBound(r.q),
	}
}

func (r *runner) run(ctx context.Context, exposures, conversions source) (*Result, error) {
	rules := r.rules(exposures.bytes() + conversions.bytes())
	for range r.workers {
		r.exposures = append(r.exposures, newExposureVisitor(rules))
		r.conversions = append(r.conversions, newConversionVisitor(rules))
	}
	earliestExposures, err := scanSource(ctx, exposures, r.exposures, r.step("exposures"))
	if err != nil {
		return nil, err
	}
	earliestConversions, err := scanSource(ctx, conversions, r.conversions, r.step("conversions"))
	if err != nil {
		return nil, err
	}
	exposed, converted := &r.exposures[0].readCounts, &r.conversions[0].readCounts
	for i := 1; i < r.workers; i++ {
		exposed.merge(&r.exposures[i].readCounts)
		converted.merge(&r.conversions[i].readCounts)
	}
	h := newHistory(converted.first, converted.dates, r.location)
	programs := r.programs(converted.dates)
	segments, err := r.findSegments(ctx, programs)
	if err != nil {
		return nil, err
	}
	totals, err := r.evaluate(ctx, h, programs, segments)
	if err != nil {
		return nil, err
	}
	exposureReads, conversionReads := exposed.tableReads(earliestExposures), converted.tableReads(earliestConversions)
	result := &Result{
		Exposures:       pick(exposureReads, r.atLooks),
		Conversions:     pick(conversionReads, r.atLooks),
		ExposureDates:   exposed.dates,
		ConversionDates: converted.dates,
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

// scanSource reads a table with one goroutine per visitor.
func scanSource[V groupVisitor](ctx context.Context, src source, visitors []V, progress func(done, total int64)) ([]int64, error) {
	s := &scan{ctx: ctx, files: src.files, open: src.open, progress: progress}
	all := make([]groupVisitor, len(visitors))
	for i, v := range visitors {
		all[i] = v
	}
	return s.run(all)
}

func (r *runner) step(name string) func(done, total int64) {
	if r.progress == nil {
		return nil
	}
	return func(done, total int64) { r.progress(name, done, total) }
}

func (r *runner) programs(dateOnly bool) []*program {
	c := compiler{looks: len(r.looks), dateOnly: dateOnly, events: r.events, kinds: r.kinds}
	var programs []*program
	for i := range r.q.Experiments {
		programs = append(programs, c.program(&r.q.Experiments[i], r.arms[i]))
	}
	return programs
}

// share lets workers take tasks one after the other, until ctx is cancelled.
func share(ctx context.Context, workers, tasks int, do func(worker, task int)) error {
	var next atomic.Int64
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for ctx.Err() == nil {
				task := int(next.Add(1)) - 1
				if task >= tasks {
					return
				}
				do(worker, task)
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sum up users: %w", err)
	}
	return nil
}

func (r *runner) partitions() int { return len(r.exposures[0].kept.parts) }

// findSegments decides which values of segments are told apart at which look, for which it
// has to count users first.
func (r *runner) findSegments(ctx context.Context, programs []*program) (experimentSegments, error) {
	if r.segments == nil {
		return experimentSegments{}, nil
	}
	ranks := newSegmentRanks(r.segments)
	var segmented []*scatter[segmentedTuple]
	for _, v := range r.exposures {
		segmented = append(segmented, v.segmented)
	}
	workers := min(r.workers, r.partitions())
	counts := make([][]segmentCounts, workers)
	grouped := make([]grouped, workers)
	for i := range counts {
		for range programs {
			counts[i] = append(counts[i], newSegmentCounts(ranks))
		}
	}
	err := share(ctx, workers, r.partitions(), func(worker, p int) {
		g := &grouped[worker]
		g.expose(nil, gather(segmented, p), ranks)
		for i := range g.members {
			m := &g.members[i]
			c := counts[worker][m.experiment()]
			for column, value := range ranks.values[m.set] {
				c.add(column, value, r.looks.of(m.first), len(r.looks), 1)
				if m.second != latestTime && programs[m.experiment()].several == Exclude {
					c.add(column, value, r.looks.of(m.second), len(r.looks), -1)
				}
			}
		}
	})
	if err != nil {
		return experimentSegments{}, err
	}
	s := experimentSegments{ranks: ranks, slots: make([][]segmentSlots, len(programs))}
	for i := range programs {
		all := counts[0][i]
		for _, other := range counts[1:] {
			all.merge(other[i])
		}
		for column, byValue := range all {
			s.slots[i] = append(s.slots[i], r.limits.slots(len(ranks.texts[column]), byValue, len(r.looks)))
		}
	}
	return s, nil
}

// evaluate turns the tuples into totals, partition by partition, and lets go of them on
// the way.
func (r *runner) evaluate(ctx context.Context, h history, programs []*program, segments experimentSegments) ([]*experimentTotals, error) {
	var exposures []*scatter[exposureTuple]
	var segmented []*scatter[segmentedTuple]
	var events []*scatter[eventTuple]
	var values []*scatter[valueTuple]
	rows := 0
	for i := range r.workers {
		exposures = append(exposures, r.exposures[i].kept)
		segmented = append(segmented, r.exposures[i].segmented)
		events = append(events, r.conversions[i].events)
		values = append(values, r.conversions[i].values)
		rows += events[i].len() + values[i].len()
	}
	partitions := r.partitions()
	evaluators := make([]*evaluator, min(r.workers, partitions))
	for i := range evaluators {
		evaluators[i] = newEvaluator(r.looks, r.location, h, programs, r.kinds, segments, rows < r.wholeRows)
	}
	step := r.step("users")
	var done atomic.Int64
	err := share(ctx, len(evaluators), partitions, func(worker, p int) {
		ex, se, ev, va := gather(exposures, p), gather(segmented, p), gather(events, p), gather(values, p)
		evaluators[worker].partition(ex, se, ev, va)
		ex.free()
		se.free()
		ev.free()
		va.free()
		if n := done.Add(1); step != nil {
			step(n, int64(partitions))
		}
	})
	if err != nil {
		return nil, err
	}
	totals := evaluators[0].totals
	for _, e := range evaluators[1:] {
		for i, t := range e.totals {
			totals[i].merge(t)
		}
	}
	for i, t := range totals {
		for m, values := range t.values {
			if len(values) > maxValues {
				x := &r.q.Experiments[i]
				return nil, fmt.Errorf("experiment %q, metric %q: more than %d single values, which is more than are kept for quantiles", x.Name, x.Metrics[m].Name, maxValues)
			}
		}
	}
	return totals, nil
}
