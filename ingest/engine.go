package ingest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"readout/ingest/tables"
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
	Store tables.Store
	// Workers is how many goroutines work at once; 0 is one per processor.
	Workers int
	// Memory bounds, in bytes and roughly, the memory to use; 0 is no bound. Rows are kept in
	// memory up to half of it, and up to 448 MiB in any case, beyond that in a file in TempDir
	// until their users' turn comes.
	Memory int64
	// Keep is a folder in which rows are kept from run to run, so that files which have not
	// changed are not read again; empty is none. It holds nothing that cannot be had anew from
	// the files, and may be deleted when no run is under way. One run at a time may use it.
	Keep string
	// TempDir is where that file is made; empty is the system's folder for such files. The
	// file has no name and vanishes with the process.
	TempDir string
}

// Run implements Engine. It fails, and returns no part of a result, when the query is
// faulty, when a file is missing, damaged or lacks a column, and when ctx is cancelled; the
// error then wraps that of ctx.
func (e Embedded) Run(ctx context.Context, q Query, progress Progress) (*Result, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	result, err := e.run(ctx, q, progress)
	if e.Keep != "" && errors.Is(err, errKeptRows) {
		// What was kept is gone now.
		result, err = e.run(ctx, q, progress)
	}
	return result, err
}

func (e Embedded) run(ctx context.Context, q Query, progress Progress) (*Result, error) {
	store := e.store()
	r := newRunner(&q, e.Workers, progress)
	r.memory, r.spill = e.Memory, &spill{dir: e.TempDir}
	r.footer = func(ctx context.Context, f tables.File) (uint64, error) { return footerSum(ctx, store, f) }
	defer r.spill.close()
	exposures, err := store.List(ctx, q.Exposures.Path)
	if err != nil {
		return nil, fmt.Errorf("list exposures: %w", err)
	}
	var conversions []tables.File
	if q.Conversions.Path != "" {
		if conversions, err = store.List(ctx, q.Conversions.Path); err != nil {
			return nil, fmt.Errorf("list conversions: %w", err)
		}
	}
	if e.Keep != "" {
		bytes := source{files: exposures}.bytes() + source{files: conversions}.bytes()
		kept, err := openKeptRows(e.Keep, q.Seed, partitionsFor(bytes))
		if err != nil {
			return nil, err
		}
		defer kept.close()
		r.keepIn(kept)
	}
	exposureSpec, conversionSpec := r.exposureSpec(), r.conversionSpec()
	result, err := r.run(ctx,
		source{exposures, func(ctx context.Context, f tables.File) (table, error) {
			return openParquet(ctx, store, f, exposureSpec)
		}},
		source{conversions, func(ctx context.Context, f tables.File) (table, error) {
			return openParquet(ctx, store, f, conversionSpec)
		}})
	if r.kept != nil && errors.Is(err, errKeptRows) {
		r.kept.forget()
	}
	return result, err
}

func openParquet(ctx context.Context, store tables.Store, f tables.File, spec *tables.Spec) (table, error) {
	t, err := tables.Open(ctx, store, f, spec)
	if err != nil {
		return nil, err
	}
	return parquetTable{t}, nil
}

// source is the files of a table and how to open them.
type source struct {
	files []tables.File
	open  func(context.Context, tables.File) (table, error)
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
	kept     *keptRows // nil unless rows are kept
	// Where they are kept, by place of the file.
	keptExposureRows, keptConversionRows []keptSource
	keptExposureLast, keptConversionLast []int64 // the last time of each file
	footer                               func(context.Context, tables.File) (uint64, error)
	// looks are the query's; where rows are kept, one at the end of time follows, so that rows
	// which no look of the query sees yet are kept too.
	looks lookTable
	// seen is the looks and the further instants at which rows are counted; atLooks and
	// atReads say where these stand there.
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
	spill  *spill
	parts  partitioning

	exposures   []*exposureVisitor
	conversions []*conversionVisitor
	tuples      tuples
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
		events:   tables.NewFixedNames(eventsOf(q)),
		variants: tables.NewOpenNames(variantsOf(q)),

		wholeRows: maxWholeRows,
	}
	if r.location == nil {
		r.location = time.UTC
	}
	r.limits = segmentLimits{mostSegments, leastSegmentUsers, mostSegmentSlots}
	if len(q.Exposures.Segments) > 0 {
		r.segments = newSegmentValues(q.Exposures.Segments)
	}
	r.seen, r.atLooks, r.atReads = r.looks.with(q.ReadAt)
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
	return r
}

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
		s.Text = append(s.Text, tables.TextColumn{Name: name, Codes: r.segments.names[i]})
	}
	return s
}

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
	}
}

// keepIn makes the runner keep rows in a folder, whose key it takes.
func (r *runner) keepIn(kept *keptRows) {
	r.kept = kept
	r.q.Seed = kept.seed
	r.looks = append(r.looks, latestTime)
	r.seen, r.atLooks, r.atReads = r.looks.with(r.q.ReadAt)
}

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
	first := converted.first
	if first >= microseconds(r.q.Looks[len(r.q.Looks)-1]) {
		first = latestTime
	}
	h := newHistory(first, converted.dates, r.location)
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
		Exposures:       pick(exposureReads, r.atLooks[:len(r.q.Looks)]),
		Conversions:     pick(conversionReads, r.atLooks[:len(r.q.Looks)]),
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

// Of the memory allowed, a part is for what else there is: batches of rows being decoded,
// a partition at each worker, what is not collected yet. mostHeld is what all workers hold of
// rows however much they may: memory that is touched for the first time costs as much as a
// file that is gone before the disk has seen it. leastHeld is what a worker has whatever
// the bound is, a chunk for each partition.
const (
	memoryForTuples = 0.5
	mostHeld        = 448 << 20
	leastHeld       = 32 << 20
)

// room is how many bytes of rows all workers may hold.
func (r *runner) room() int64 {
	if r.memory == 0 {
		return mostHeld
	}
	return min(mostHeld, int64(memoryForTuples*float64(r.memory)))
}

// scan reads both tables and returns the earliest time of each of their files.
func (r *runner) scan(ctx context.Context, exposures, conversions source) (earliestExposures, earliestConversions []int64, err error) {
	share := r.room() / int64(r.workers)
	for i, v := range r.exposures {
		v.overflow = overflow{most: max(leastHeld, share-leastHeld), file: r.spill.file}
		r.conversions[i].overflow = overflow{most: share, beside: v, file: r.spill.file}
	}
	if r.kept != nil {
		if earliestExposures, err = r.keptExposures(ctx, exposures); err == nil {
			earliestConversions, err = r.keptConversions(ctx, conversions)
		}
		return earliestExposures, earliestConversions, err
	}
	first := newScan(ctx, exposures, r.exposures, r.step("exposures"))
	second := newScan(ctx, conversions, r.conversions, r.step("conversions"))
	second.before = first
	if err := runScans(first, second); err != nil {
		return nil, nil, err
	}
	for i, v := range r.exposures {
		r.tuples.exposures.add(v.kept)
		r.tuples.segmented.add(v.segmented)
		r.tuples.events.add(r.conversions[i].events)
		r.tuples.values.add(r.conversions[i].values)
	}
	return first.earliest, second.earliest, nil
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

// taskRun is how many tasks in a row a worker takes at a time: partitions that are next to
// each other are read from disk together.
const taskRun = 8

// share lets workers take tasks, a few in a row, until ctx is cancelled or one has failed.
func share(ctx context.Context, workers, tasks int, do func(worker, task int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, workers)
	run := max(1, min(taskRun, tasks/(4*max(1, workers))))
	for worker := range workers {
		group.Go(func() {
			for errs[worker] == nil {
				end := int(next.Add(int64(run)))
				for task := end - run; task < min(end, tasks) && errs[worker] == nil && ctx.Err() == nil; task++ {
					errs[worker] = do(worker, task)
				}
				if end >= tasks || ctx.Err() != nil {
					return
				}
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sum up users: %w", err)
	}
	return errors.Join(errs...)
}

func (r *runner) partitions() int { return r.parts.count() }

// findSegments gives slots to the values of segments: to all of a column, or where they are
// too many to those that are told apart at some look, for which it has to count users first.
func (r *runner) findSegments(ctx context.Context, programs []*program) (experimentSegments, error) {
	if r.segments == nil {
		return experimentSegments{}, nil
	}
	s := experimentSegments{ranks: newSegmentRanks(r.segments), slots: make([][]segmentSlots, len(programs))}
	s.counted = slices.ContainsFunc(s.ranks.texts, func(texts []string) bool { return !r.limits.few(texts) })
	counts := make([]segmentCounts, len(programs))
	if s.counted {
		var err error
		if counts, err = r.countSegments(ctx, programs, s.ranks); err != nil {
			return experimentSegments{}, err
		}
	}
	for i := range programs {
		for column, texts := range s.ranks.texts {
			slots := slotsOfAll(len(texts))
			if !r.limits.few(texts) {
				slots = slotsOfLargest(len(texts), r.limits.largest(counts[i][column], len(r.looks)))
			}
			s.slots[i] = append(s.slots[i], slots)
		}
	}
	return s, nil
}

// countSegments counts the users of segments by experiment.
func (r *runner) countSegments(ctx context.Context, programs []*program, ranks *segmentRanks) ([]segmentCounts, error) {
	workers := min(r.workers, r.partitions())
	counts := make([][]segmentCounts, workers)
	grouped := make([]grouped, workers)
	for i := range counts {
		for range programs {
			counts[i] = append(counts[i], newSegmentCounts(ranks))
		}
	}
	readers := make([]*tupleReader[segmentedTuple], workers)
	for i := range readers {
		readers[i] = r.tuples.segmented.reader()
	}
	err := share(ctx, workers, r.partitions(), func(worker, p int) error {
		segmented, err := readers[worker].partition(p)
		if err != nil {
			return err
		}
		g := &grouped[worker]
		g.expose(nil, segmented, ranks)
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
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := counts[0]
	for _, other := range counts[1:] {
		for i := range all {
			all[i].merge(other[i])
		}
	}
	return all, nil
}

// evaluate turns the tuples into totals, partition by partition, and lets go of them on
// the way.
func (r *runner) evaluate(ctx context.Context, h history, programs []*program, segments experimentSegments) ([]*experimentTotals, error) {
	wholeFits := r.tuples.events.len()+r.tuples.values.len() < r.wholeRows
	if r.kept != nil && !segments.counted {
		return r.evaluateKept(ctx, h, programs, segments, wholeFits)
	}
	return r.evaluateAll(ctx, h, programs, segments, wholeFits)
}

// evaluateAll adds up all users.
func (r *runner) evaluateAll(ctx context.Context, h history, programs []*program, segments experimentSegments, wholeFits bool) ([]*experimentTotals, error) {
	evaluators := make([]*evaluator, min(r.workers, r.partitions()))
	for i := range evaluators {
		evaluators[i] = newEvaluator(r.looks, r.location, h, programs, r.kinds, segments, wholeFits)
	}
	err := r.eachPartition(ctx, len(evaluators), func(worker int, rows userRows) {
		evaluators[worker].partition(rows.exposures, rows.segmented, rows.events, rows.values)
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
	return totals, r.checkValues(totals)
}

// eachPartition calls f with the tuples of each partition, at several workers at a time.
func (r *runner) eachPartition(ctx context.Context, workers int, f func(worker int, rows userRows)) error {
	partitions := r.partitions()
	readers := make([]*partitionReader, workers)
	for i := range readers {
		readers[i] = r.tuples.reader()
	}
	step := r.step("users")
	var done atomic.Int64
	return share(ctx, workers, partitions, func(worker, p int) error {
		rows, err := readers[worker].partition(p)
		if err != nil {
			return err
		}
		f(worker, rows)
		rows.free()
		if n := done.Add(1); step != nil {
			step(n, int64(partitions))
		}
		return nil
	})
}

// checkValues fails if more single values were kept than there may be.
func (r *runner) checkValues(totals []*experimentTotals) error {
	for i, t := range totals {
		for m, values := range t.values {
			if len(values) > maxValues {
				x := &r.q.Experiments[i]
				return fmt.Errorf("experiment %q, metric %q: more than %d single values, which is more than are kept for quantiles", x.Name, x.Metrics[m].Name, maxValues)
			}
		}
	}
	return nil
}
