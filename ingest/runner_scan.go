package ingest

import "context"

// Of the memory allowed, a part is for what else there is: batches of rows being decoded,
// a partition at each worker, what is not collected yet. mostHeld is what all workers hold of
// rows however much they may: memory that is touched for the first time costs as much as a
// file that is gone before the disk has seen it. leastHeld is what a worker has whatever
// the bound is, a chunk for each partition. leastDump is how much is put aside between two dumps.
const (
	memoryForTuples = 0.5
	mostHeld        = 448 << 20
	leastHeld       = 32 << 20
	leastDump       = 8 << 20
)

// roomRules is how many bytes of rows are held: by all workers at most, by each in any case, and by each more
// between two dumps.
type roomRules struct{ most, least, dump int64 }

// share is how much each worker may hold.
func (r *runner) share() int64 {
	room := r.room.most
	if r.memory > 0 {
		room = min(room, int64(memoryForTuples*float64(r.memory)))
	}
	return room / int64(r.workers)
}

// scan reads both tables and returns the earliest time of each of their files.
func (r *runner) scan(ctx context.Context, exposures, conversions source) (earliestExposures, earliestConversions []int64, err error) {
	share, least := r.share(), r.room.least
	for i, v := range r.exposures {
		v.overflow = overflow{roomRules: r.room, share: max(least, share-least), file: r.spill.file}
		r.conversions[i].overflow = overflow{roomRules: r.room, share: share, beside: v, file: r.spill.file}
	}
	if r.kept != nil {
		if earliestExposures, err = r.keptExposures(ctx, exposures); err == nil {
			earliestConversions, err = r.keptConversions(ctx, conversions)
		}
		return earliestExposures, earliestConversions, err
	}
	first := newScan(ctx, exposures, r.exposures, r.progress.step("exposures"))
	second := newScan(ctx, conversions, r.conversions, r.progress.step("conversions"))
	first.after = func() {
		r.conversions[0].exposed.Store(screenFor(r.exposures, conversions.bytes()))
	}
	second.before = first
	if err := runScans(first, second); err != nil {
		return nil, nil, err
	}
	for i, v := range r.exposures {
		r.tuples.exposures.Add(v.kept)
		r.tuples.segmented.Add(v.segmented)
		r.tuples.unknown.Add(v.unknown)
		r.tuples.events.Add(r.conversions[i].events)
		r.tuples.values.Add(r.conversions[i].values)
	}
	return first.earliest, second.earliest, nil
}
