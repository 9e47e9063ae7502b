package ingest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/zeebo/xxh3"
)

// dumpFile takes the tuples that workers do not keep in memory. Each dump has a stretch of
// the file to itself, so workers write at the same time.
type dumpFile struct {
	file *os.File
	end  atomic.Int64
	// lasting says that the file is to be read by later runs, so that blocks have sums.
	lasting bool
}

// dump is the tuples of one scatter at one time, in a file: a block for each partition, one
// behind the other.
type dump[T any] struct {
	source io.ReaderAt
	summed bool // blocks have sums
	blocks []dumpedBlock
	offset []int64 // of each block
	// translation of what an earlier run has dumped; nil if this one has.
	*translation[T]
}

// dumpedBlock is a partition's tuples and, behind them, which row groups they came from. A worker
// holds fewer than 2³² of both, see mostHeld.
type dumpedBlock struct {
	tuples, runs uint32
	sum          uint64 // XXH3 of all of it, if the file is lasting
}

// dumpedRun is a groupRun in a file: so many tuples of a row group.
type dumpedRun struct{ file, group, tuples, _ uint32 }

func sizeOf[T any]() int { return int(unsafe.Sizeof(*new(T))) }

func blockBytes[T any](b *dumpedBlock) int {
	return int(b.tuples)*sizeOf[T]() + int(b.runs)*sizeOf[dumpedRun]()
}

// newDump locates the blocks of a dump that begins at an offset.
func newDump[T any](source io.ReaderAt, summed bool, start int64, blocks []dumpedBlock) *dump[T] {
	d := &dump[T]{source: source, summed: summed, blocks: blocks, offset: make([]int64, len(blocks))}
	for i := range blocks {
		d.offset[i] = start
		start += int64(blockBytes[T](&blocks[i]))
	}
	return d
}

func (d *dump[T]) len() int {
	n := 0
	for i := range d.blocks {
		n += int(d.blocks[i].tuples)
	}
	return n
}

// dumpAll writes all tuples to a file and keeps where they are.
func (s *scatter[T]) dumpAll(to *dumpFile) error { return s.dump(to, 0) }

// dumpHalf does so with half of what is held, from a partition on. It is always the same half
// as far as it goes: what is left at the end is then as much as there is room for, and the
// rest went to disk once.
func (s *scatter[T]) dumpHalf(to *dumpFile) error {
	left := s.held / 2
	from := len(s.parts)
	for from > 0 && left > 0 {
		from--
		p := &s.parts[from]
		left -= int64(len(p.full)*chunkTuples + cap(p.open))
	}
	return s.dump(to, from)
}

// stretchSize is how much is written at once.
const stretchSize = 1 << 18

// dump writes the tuples from a partition on and lets go of them. The memory stays with the
// scatter, to be filled again. All tuples belong to row groups that endGroup has ended.
func (s *scatter[T]) dump(to *dumpFile, from int) error {
	blocks := make([]dumpedBlock, len(s.parts))
	total := 0
	for i := from; i < len(s.parts); i++ {
		p := &s.parts[i]
		blocks[i] = dumpedBlock{tuples: uint32(p.len()), runs: uint32(len(p.runs))}
		total += blockBytes[T](&blocks[i])
	}
	if total == 0 {
		// Of the kinds of tuples that are dumped together, most runs have only some.
		return nil
	}
	start := to.end.Add(int64(total)) - int64(total)
	if s.writer == nil {
		s.writer = bufio.NewWriterSize(nil, stretchSize)
	}
	// An error stays with the writer until it is flushed.
	s.writer.Reset(io.NewOffsetWriter(to.file, start))
	hash := xxh3.New()
	put := io.Writer(s.writer)
	if to.lasting {
		put = io.MultiWriter(hash, s.writer)
	}
	var runs []dumpedRun
	for i := from; i < len(s.parts); i++ {
		p := &s.parts[i]
		if p.len() == 0 {
			continue
		}
		hash.Reset()
		for _, chunk := range append(p.full, p.open) {
			put.Write(bytesOf(chunk))
			s.held -= int64(cap(chunk))
			if cap(chunk) == chunkTuples {
				s.spare = append(s.spare, chunk[:0])
			}
		}
		runs = runs[:0]
		for _, r := range p.runs {
			runs = append(runs, dumpedRun{file: uint32(r.order >> 32), group: uint32(r.order), tuples: uint32(r.end - r.start)})
		}
		put.Write(bytesOf(runs))
		blocks[i].sum = hash.Sum64()
		*p = scatterPart[T]{dumped: p.dumped + p.len()}
		s.open[i] = openChunk[T]{}
	}
	if err := s.writer.Flush(); err != nil {
		return fmt.Errorf("put rows aside on disk: %w", err)
	}
	s.dumps = append(s.dumps, newDump[T](to.file, to.lasting, start, blocks))
	return nil
}

// bytesOf returns the memory of values that hold no pointers. What is written so can be read
// by the same kind of machine only, which is all that is asked of it.
func bytesOf[T any](values []T) []byte {
	if len(values) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*sizeOf[T]())
}

// ofBytes is the inverse of bytesOf for n values at the start of memory that is aligned to
// eight bytes.
func ofBytes[T any](b []byte, n int) []T {
	if n == 0 {
		return nil
	}
	b = b[:n*sizeOf[T]()]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// dumpWindow reads the partitions of a dump, several at a time: they are small, and each
// read is a call to the system. Each worker has its own.
type dumpWindow[T any] struct {
	*dump[T]
	from, to int // partitions in memory
	memory   []uint64
	runs     []groupRun
	most     int // bytes to read at once, if one partition is not larger
}

// What all windows of a worker read at once, each within bounds: there may be many dumps.
const (
	allWindows  = 8 << 20
	leastWindow = 32 << 10
	mostWindow  = 256 << 10
)

// part returns a partition; it is valid until the next call.
func (w *dumpWindow[T]) part(i int) (*scatterPart[T], error) {
	block := &w.blocks[i]
	if block.tuples == 0 {
		return &scatterPart[T]{}, nil
	}
	if i < w.from || i >= w.to {
		if err := w.read(i); err != nil {
			return nil, err
		}
	}
	b := bytesOf(w.memory)[w.offset[i]-w.offset[w.from]:]
	b = b[:blockBytes[T](block)]
	if w.summed && xxh3.Hash(b) != block.sum {
		return nil, errKeptRows
	}
	tuples := ofBytes[T](b, int(block.tuples))
	runs := ofBytes[dumpedRun](b[len(tuples)*sizeOf[T]():], int(block.runs))
	p := &scatterPart[T]{open: tuples, runs: w.runs[:0]}
	at := 0
	for _, r := range runs {
		p.runs = append(p.runs, groupRun{int64(r.file)<<32 | int64(r.group), at, at + int(r.tuples)})
		at += int(r.tuples)
	}
	w.runs = p.runs
	if at != len(tuples) {
		return nil, errKeptRows
	}
	if w.translation != nil {
		w.translation.apply(p)
	}
	return p, nil
}

// read brings partition i into memory, and those behind it for which there is room.
func (w *dumpWindow[T]) read(i int) error {
	n := 0
	w.from, w.to = i, i
	for w.to < len(w.blocks) && (w.to == i || n+blockBytes[T](&w.blocks[w.to]) <= w.most) {
		n += blockBytes[T](&w.blocks[w.to])
		w.to++
	}
	if 8*cap(w.memory) < n {
		w.memory = make([]uint64, (n+n/8+7)/8)
	}
	w.memory = w.memory[:(n+7)/8]
	if _, err := io.ReadFull(io.NewSectionReader(w.source, w.offset[i], int64(n)), bytesOf(w.memory)[:n]); err != nil {
		return fmt.Errorf("%w: %w", errKeptRows, err)
	}
	return nil
}
