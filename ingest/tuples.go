package ingest

import (
	"readout/ingest/scatter"
	"readout/ingest/tables"
)

// exposureTuple is an exposure that counts.
type exposureTuple struct {
	hi   uint64
	time int64
	lo   uint32
	arm  uint32 // experiment<<16 | rank of the variant's name
}

// segmentedTuple is an exposure with the number of its segments, see segmentValues.
type segmentedTuple struct {
	exposureTuple
	set uint32
}

// unknownTuple is an exposure to a variant that the experiment does not have.
type unknownTuple struct {
	hi   uint64
	time int64
	lo   uint32
	unknownArm
}

// eventTuple is a conversion whose value no metric reads.
type eventTuple struct {
	hi   uint64
	time int64
	lo   uint32
	code uint32 // kind, see eventKinds; with dateOnlyFlag
}

// valueTuple is a conversion with its value; NaN is none.
type valueTuple struct {
	eventTuple
	value float64
}

// partitioning splits users into 1<<bits partitions by the top bits of their hash.
type partitioning struct{ bits uint }

const maxPartitionBits = 10

// partitionsFor chooses so many partitions that the tuples of one, its users and their
// sums fit into a core's cache. bytes is the size of the files to be read.
func partitionsFor(bytes int64) partitioning {
	p := partitioning{}
	for p.bits < maxPartitionBits && bytes>>p.bits > 256<<10 {
		p.bits++
	}
	return p
}

func (p partitioning) count() int { return 1 << p.bits }

func (p partitioning) of(id tables.UserID) int { return int(id.Lo >> (64 - p.bits)) }

// keyOf returns what tells users of a partition apart: 96 bits of the hash, of which none
// chooses the partition.
func keyOf(id tables.UserID) (hi uint64, lo uint32) { return id.Hi, uint32(id.Lo) }

// tuples is the tuples of all kinds that a run works with.
type tuples struct {
	exposures scatter.Source[exposureTuple]
	segmented scatter.Source[segmentedTuple]
	unknown   scatter.Source[unknownTuple] // see countUnknown
	events    scatter.Source[eventTuple]
	values    scatter.Source[valueTuple]
}

// partitionReader reads the tuples of partitions that are needed to evaluate users.
type partitionReader struct {
	exposures *scatter.Reader[exposureTuple]
	segmented *scatter.Reader[segmentedTuple]
	events    *scatter.Reader[eventTuple]
	values    *scatter.Reader[valueTuple]
}

func (t *tuples) reader() *partitionReader {
	return &partitionReader{t.exposures.Reader(), t.segmented.Reader(), t.events.Reader(), t.values.Reader()}
}

// userRows is those tuples of a partition.
type userRows struct {
	exposures scatter.Partition[exposureTuple]
	segmented scatter.Partition[segmentedTuple]
	events    scatter.Partition[eventTuple]
	values    scatter.Partition[valueTuple]
}

// partition returns partition i; what of it was dumped is valid until the next call.
func (r *partitionReader) partition(i int) (rows userRows, err error) {
	if rows.exposures, err = r.exposures.Partition(i); err != nil {
		return rows, err
	}
	if rows.segmented, err = r.segmented.Partition(i); err != nil {
		return rows, err
	}
	if rows.events, err = r.events.Partition(i); err != nil {
		return rows, err
	}
	rows.values, err = r.values.Partition(i)
	return rows, err
}

// free lets go of the tuples in memory.
func (r *userRows) free() {
	r.exposures.Free()
	r.segmented.Free()
	r.events.Free()
	r.values.Free()
}
