package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// evaluate turns the tuples into totals, partition by partition, and lets go of them on
// the way.
func (r *runner) evaluate(ctx context.Context, h history, programs []*program, segments experimentSegments) ([]*experimentTotals, error) {
	wholeFits := r.tuples.events.Len()+r.tuples.values.Len() < r.wholeRows
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
		evaluators[worker].partition(rows)
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
	step := r.progress.step("users")
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
				return fmt.Errorf("experiment %q, metric %q: more than %d single values, which is more than are kept for a quantile: count fewer by where or a shorter window", x.Name, x.Metrics[m].Name, maxValues)
			}
		}
	}
	return nil
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
