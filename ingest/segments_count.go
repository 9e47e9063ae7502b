package ingest

import (
	"context"
	"slices"

	"readout/ingest/scatter"
)

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
				slots = slotsOfLargest(len(texts), r.limits.largest(counts[i][column], programs[i].looks))
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
	readers := make([]*scatter.Reader[segmentedTuple], workers)
	for i := range readers {
		readers[i] = r.tuples.segmented.Reader()
	}
	err := share(ctx, workers, r.partitions(), func(worker, p int) error {
		segmented, err := readers[worker].Partition(p)
		if err != nil {
			return err
		}
		g := &grouped[worker]
		g.expose(nil, segmented, ranks)
		for i := range g.members {
			m := &g.members[i]
			c, p := counts[worker][m.experiment()], programs[m.experiment()]
			for column, value := range ranks.values[m.set] {
				c.add(column, value, r.looks.of(m.first)-p.skip, p.looks, 1)
				if m.second != latestTime && p.several == Exclude {
					c.add(column, value, r.looks.of(m.second)-p.skip, p.looks, -1)
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
