package ingest

import (
	"bufio"
	"cmp"
	"slices"
	"sort"
	"unsafe"

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

// chunkTuples is how many tuples a full-grown chunk holds: some 2 KiB. The chunks that all
// partitions have open then lie in as few pages of memory as the processor knows by heart; with
// chunks of 8 KiB put took an eighth more time.
const chunkTuples = 80

// scatter is one worker's tuples of one kind, by partition, in the order they were read.
type scatter[T any] struct {
	parts []scatterPart[T]
	open  []openChunk[T] // by partition
	slab  []T            // what chunks are cut from; the last of it is never used
	dumps []*dump[T]
	// spare are chunks that a dump has emptied, writer what it wrote through.
	spare  [][]T
	writer *bufio.Writer
	held   int64 // tuples that all chunks have room for, without the spare ones
}

type scatterPart[T any] struct {
	open   []T // the chunk being filled
	dumped int // tuples that a dump has taken
	full   [][]T
	before int   // tuples in full
	starts []int // of each full chunk, the number of tuples before it
	runs   []groupRun
}

// groupRun is the piece of a partition that came from one row group.
type groupRun struct {
	order      int64 // of the row group: path order, then order within the file
	start, end int
}

// openChunk is where the next tuples of a partition go. It is apart from the rest of the
// partition, and a pointer instead of a slice, because put is called for every row that
// matters, with partitions in no order: so all of these stay in the first cache. This and
// the slab take a quarter off the time of put (8 ns of 30 where it was measured).
type openChunk[T any] struct {
	next *T
	left int
}

func newScatter[T any](partitions int) *scatter[T] {
	return &scatter[T]{parts: make([]scatterPart[T], partitions), open: make([]openChunk[T], partitions)}
}

// heldBytes is the memory of all chunks.
func (s *scatter[T]) heldBytes() int64 { return s.held * int64(sizeOf[T]()) }

// put puts a tuple aside.
func (s *scatter[T]) put(partition int, t T) {
	o := &s.open[partition]
	if o.left == 0 {
		s.grow(partition)
	}
	*o.next = t
	// Behind a chunk there is another one, or the last of the slab.
	o.next = (*T)(unsafe.Add(unsafe.Pointer(o.next), unsafe.Sizeof(t)))
	o.left--
}

// grow puts the full chunk aside. Chunks start small, since most of few tuples' partitions
// stay almost empty.
func (s *scatter[T]) grow(partition int) {
	s.sync(partition)
	p := &s.parts[partition]
	if n := len(p.open); n > 0 {
		p.full = append(p.full, p.open)
		p.starts = append(p.starts, p.before)
		p.before += n
	}
	size := min(chunkTuples, max(20, p.before+p.dumped))
	if n := len(s.spare); n > 0 && size == chunkTuples {
		p.open = s.spare[n-1]
		s.spare = s.spare[:n-1]
	} else {
		p.open = s.cut(size)
	}
	s.held += int64(size)
	s.open[partition] = openChunk[T]{unsafe.SliceData(p.open), cap(p.open)}
}

// slabTuples is how many tuples a full-grown slab has: some 2 MB.
const slabTuples = 1 << 16

// cut returns a chunk from the slab. What is left of a slab too short for it is lost.
func (s *scatter[T]) cut(size int) []T {
	if len(s.slab) <= size {
		s.slab = make([]T, max(8*int64(size), min(slabTuples, s.held)))
	}
	chunk := s.slab[:0:size]
	s.slab = s.slab[size:]
	return chunk
}

// sync takes what was put since the last call into the partition.
func (s *scatter[T]) sync(partition int) {
	p := &s.parts[partition]
	p.open = p.open[:cap(p.open)-s.open[partition].left]
}

// len counts the tuples of groups that have ended.
func (p *scatterPart[T]) len() int { return p.before + len(p.open) }

// endGroup notes that all tuples put since the last call came from one row group.
func (s *scatter[T]) endGroup(order int64) {
	for i := range s.parts {
		s.sync(i)
		p := &s.parts[i]
		start := 0
		if n := len(p.runs); n > 0 {
			start = p.runs[n-1].end
		}
		if end := p.len(); end > start {
			p.runs = append(p.runs, groupRun{order, start, end})
		}
	}
}

// each calls f with the tuples from start to end, piece by piece.
func (p *scatterPart[T]) each(start, end int, f func([]T)) {
	i := sort.SearchInts(p.starts, start+1) - 1
	for start < end {
		chunk, first := p.open, p.before
		if i >= 0 && i < len(p.full) && start < p.before {
			chunk, first = p.full[i], p.starts[i]
			i++
		}
		n := min(end-first, len(chunk))
		f(chunk[start-first : n])
		start = first + n
	}
}

// eachTuple calls f with every tuple that is in memory.
func (s *scatter[T]) eachTuple(f func(*T)) {
	for i := range s.parts {
		p := &s.parts[i]
		p.each(0, p.len(), func(tuples []T) {
			for i := range tuples {
				f(&tuples[i])
			}
		})
	}
}

// partition is the tuples of one partition from all workers.
type partition[T any] []*scatterPart[T]

// gather returns partition i of all workers.
func gather[T any](all []*scatter[T], i int) partition[T] {
	var p partition[T]
	for _, s := range all {
		if s.parts[i].len() > 0 {
			p = append(p, &s.parts[i])
		}
	}
	return p
}

func (p partition[T]) len() int {
	n := 0
	for _, part := range p {
		n += part.len()
	}
	return n
}

// inOrder calls f with all tuples in path order, then row order, piece by piece.
func (p partition[T]) inOrder(f func([]T)) {
	p.runsInOrder(func(_ int64, tuples []T) { f(tuples) })
}

// runsInOrder is inOrder with the order of the row group that each piece came from.
func (p partition[T]) runsInOrder(f func(order int64, tuples []T)) {
	type piece struct {
		groupRun
		part int
	}
	var pieces []piece
	for i, part := range p {
		for _, r := range part.runs {
			pieces = append(pieces, piece{r, i})
		}
	}
	// Pieces of one row group are in order already: its worker put them aside one by one.
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.order, b.order) })
	for _, x := range pieces {
		p[x.part].each(x.start, x.end, func(tuples []T) { f(x.order, tuples) })
	}
}

// free lets go of the tuples.
func (p partition[T]) free() {
	for _, part := range p {
		*part = scatterPart[T]{}
	}
}

func (s *scatter[T]) len() int {
	n := 0
	for i := range s.parts {
		n += s.parts[i].len()
	}
	return n
}
