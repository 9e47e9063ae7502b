package ingest

import (
	"context"
	"slices"
	"strings"

	"readout/ingest/scatter"
)

// unknownName is what came with a variant name that an experiment does not have: rows and
// users that are new at each instant of runner.seen.
type unknownName struct {
	name        string
	rows, users []int64
}

// unknownArm is an experiment with the code of a variant that it does not have.
type unknownArm struct{ experiment, variant uint32 }

// unknownUser is a user of a partition in such an arm.
type unknownUser struct {
	hi uint64
	lo uint32
	unknownArm
}

// unknownLook is such an arm at an instant of runner.seen.
type unknownLook struct {
	unknownArm
	look int32
}

// unknownCounts counts rows and users of unknown variants. Each worker has its own.
type unknownCounts struct {
	looks       lookCursor
	first       map[unknownUser]int32 // of the users of a partition, the first look that sees them
	rows, users map[unknownLook]int64
}

func newUnknownCounts(seen lookTable) *unknownCounts {
	return &unknownCounts{newLookCursor(seen), map[unknownUser]int32{}, map[unknownLook]int64{}, map[unknownLook]int64{}}
}

// add counts a partition.
func (c *unknownCounts) add(p scatter.Partition[unknownTuple]) {
	clear(c.first)
	p.Each(func(tuples []unknownTuple) {
		for i := range tuples {
			t := &tuples[i]
			look := int32(c.looks.of(t.time))
			c.rows[unknownLook{t.unknownArm, look}]++
			user := unknownUser{t.hi, t.lo, t.unknownArm}
			if first, ok := c.first[user]; !ok || look < first {
				c.first[user] = look
			}
		}
	})
	for user, look := range c.first {
		c.users[unknownLook{user.unknownArm, look}]++
	}
}

// countUnknown counts the exposures to unknown variants, and lets go of them on the way.
func (r *runner) countUnknown(ctx context.Context) ([]*unknownCounts, error) {
	workers := min(r.workers, r.partitions())
	counts := make([]*unknownCounts, workers)
	readers := make([]*scatter.Reader[unknownTuple], workers)
	for i := range counts {
		counts[i], readers[i] = newUnknownCounts(r.seen), r.tuples.unknown.Reader()
	}
	err := share(ctx, workers, r.partitions(), func(worker, i int) error {
		p, err := readers[worker].Partition(i)
		if err != nil {
			return err
		}
		counts[worker].add(p)
		p.Free()
		return nil
	})
	return counts, err
}

// unknownVariants returns the unknown names by experiment, in byte order.
func (r *runner) unknownVariants(ctx context.Context) ([][]unknownName, error) {
	counts, err := r.countUnknown(ctx)
	if err != nil {
		return nil, err
	}
	arms := map[unknownArm]unknownName{}
	for _, c := range counts {
		for at, rows := range c.rows {
			if _, ok := arms[at.unknownArm]; !ok {
				arms[at.unknownArm] = unknownName{rows: make([]int64, len(r.seen)), users: make([]int64, len(r.seen))}
			}
			arms[at.unknownArm].rows[at.look] += rows
		}
		for at, users := range c.users {
			arms[at.unknownArm].users[at.look] += users
		}
	}
	names := r.variantNames()
	out := make([][]unknownName, len(r.q.Experiments))
	for arm, n := range arms {
		n.name = names[arm.variant]
		cumulate(n.rows)
		cumulate(n.users)
		out[arm.experiment] = append(out[arm.experiment], n)
	}
	for _, names := range out {
		slices.SortFunc(names, func(a, b unknownName) int { return strings.Compare(a.name, b.name) })
	}
	return out, nil
}

// variantNames returns the names of variants by code: those of all experiments, and those that
// none has.
func (r *runner) variantNames() []string {
	return append(variantsOf(r.q), r.variants.Others()...)
}

// mostUnknown is how many unknown variants are told apart by name.
const mostUnknown = 1000

// unknownAt returns the names met by an instant of r.seen, those beyond the first thousand as one.
func unknownAt(names []unknownName, look int) []UnknownVariant {
	var out []UnknownVariant
	var others UnknownVariant
	for _, n := range names {
		switch {
		case n.rows[look] == 0:
		case len(out) < mostUnknown:
			out = append(out, UnknownVariant{n.name, n.rows[look], n.users[look]})
		default:
			others.Rows += n.rows[look]
			others.Users += n.users[look]
		}
	}
	if others.Rows > 0 {
		others.Name = "other names"
		out = append(out, others)
	}
	return out
}
