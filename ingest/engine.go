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
	events   fixedNames
	variants *openNames
	valued   []bool // by event: some metric reads the value
	arms     []*armRules
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
	return s
}

// rules returns what the scans of files of so many bytes go by.
func (r *runner) rules(bytes int64) *scanRules {
	return &scanRules{
		looks:         r.looks,
		parts:         partitionsFor(bytes),
		arms:          r.arms,
		oneExperiment: r.q.Exposures.Experiment == "",
		variants:      r.variants,
		variantColumn: r.q.Exposures.Variant,
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
	totals, err := r.evaluate(ctx, h, programs)
	if err != nil {
		return nil, err
	}
	result := &Result{
		Exposures:       exposed.tableReads(earliestExposures),
		Conversions:     converted.tableReads(earliestConversions),
		ExposureDates:   exposed.dates,
		ConversionDates: converted.dates,
		Experiments:     r.experiments(programs, totals),
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
	c := compiler{looks: len(r.looks), dateOnly: dateOnly, events: r.events}
	var programs []*program
	for i := range r.q.Experiments {
		programs = append(programs, c.program(&r.q.Experiments[i], r.arms[i]))
	}
	return programs
}

// evaluate turns the tuples into totals, partition by partition, and lets go of them on
// the way.
func (r *runner) evaluate(ctx context.Context, h history, programs []*program) ([]*experimentTotals, error) {
	var exposures []*scatter[exposureTuple]
	var events []*scatter[eventTuple]
	var values []*scatter[valueTuple]
	rows := 0
	for i := range r.workers {
		exposures = append(exposures, r.exposures[i].kept)
		events = append(events, r.conversions[i].events)
		values = append(values, r.conversions[i].values)
		rows += events[i].len() + values[i].len()
	}
	partitions := len(exposures[0].parts)
	evaluators := make([]*evaluator, min(r.workers, partitions))
	step := r.step("users")
	var next, done atomic.Int64
	var workers sync.WaitGroup
	for i := range evaluators {
		e := newEvaluator(r.looks, r.location, h, programs, rows < r.wholeRows)
		evaluators[i] = e
		workers.Go(func() {
			for ctx.Err() == nil {
				p := int(next.Add(1)) - 1
				if p >= partitions {
					return
				}
				ex, ev, va := gather(exposures, p), gather(events, p), gather(values, p)
				e.partition(ex, ev, va)
				ex.free()
				ev.free()
				va.free()
				if n := done.Add(1); step != nil {
					step(n, int64(partitions))
				}
			}
		})
	}
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sum up users: %w", err)
	}
	totals := evaluators[0].totals
	for _, e := range evaluators[1:] {
		for i, t := range e.totals {
			totals[i].merge(t)
		}
	}
	return totals, nil
}
