package scatter

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/zeebo/xxh3"
)

// File takes the tuples that workers do not keep in memory. Each dump has a stretch of
// the file to itself, so workers write at the same time.
type File struct {
	file *os.File
	end  atomic.Int64
	// lasting says that the file is to be read by later runs, so that blocks have sums.
	lasting bool
}

// Dump is some of one worker's tuples at one time, in a file: a block for each partition, one
// behind the other.
type Dump[T any] struct {
	source io.ReaderAt
	summed bool // blocks have sums
	blocks []block
	offset []int64 // of each block
	// translation of what an earlier run has dumped; nil if this one has.
	translation *Translation[T]
}

// block is a partition's tuples and, behind them, which row groups they came from. A worker
// holds fewer than 2³² of both.
type block struct {
	tuples, runs uint32
	sum          uint64 // XXH3 of all of it, if the file is lasting
}

// storedRun is a groupRun in a file: so many tuples of a row group.
type storedRun struct{ file, group, tuples, _ uint32 }

// ErrUnreadable is in errors about tuples that were put aside on disk and are not there any more.
var ErrUnreadable = errors.New("rows that were put aside on disk cannot be read again")

// NewFile returns a file for dumps, in which nothing has been written so far. Of a lasting one
// later runs can [Load] them.
func NewFile(file *os.File, lasting bool) *File { return &File{file: file, lasting: lasting} }

// Size is how many bytes have been written, or are being written.
func (f *File) Size() int64 { return f.end.Load() }

func blockBytes[T any](b *block) int {
	return int(b.tuples)*sizeOf[T]() + int(b.runs)*sizeOf[storedRun]()
}

// newDump locates the blocks of a dump that begins at an offset.
func newDump[T any](source io.ReaderAt, summed bool, start int64, blocks []block) *Dump[T] {
	d := &Dump[T]{source: source, summed: summed, blocks: blocks, offset: make([]int64, len(blocks))}
	for i := range blocks {
		d.offset[i] = start
		start += int64(blockBytes[T](&blocks[i]))
	}
	return d
}

// Load returns a dump in a lasting file of an earlier run, from what its Place was.
func Load[T any](file io.ReaderAt, offset int64, blocks []byte, x *Translation[T]) *Dump[T] {
	d := newDump[T](file, true, offset, FromBytes[block](blocks, len(blocks)/sizeOf[block]()))
	d.translation = x
	return d
}

// Place says where the dump begins in its file, and what blocks it has.
func (d *Dump[T]) Place() (offset int64, blocks []byte) {
	return d.offset[0], bytes.Clone(BytesOf(d.blocks))
}

// Len counts the tuples.
func (d *Dump[T]) Len() int {
	n := 0
	for i := range d.blocks {
		n += int(d.blocks[i].tuples)
	}
	return n
}

// DumpAll writes all tuples to a file and keeps where they are.
func (s *Tuples[T]) DumpAll(to *File) error { return s.dump(to, 0) }

// DumpHalf does so with half of what is held, from a partition on. It is always the same half
// as far as it goes: what is left at the end is then as much as there is room for, and the
// rest went to disk once.
func (s *Tuples[T]) DumpHalf(to *File) error {
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

// dump writes the tuples from a partition on and lets go of them. The memory stays, to be
// filled again. All tuples belong to row groups that EndGroup has ended.
func (s *Tuples[T]) dump(to *File, from int) error {
	blocks := make([]block, len(s.parts))
	total := 0
	for i := from; i < len(s.parts); i++ {
		p := &s.parts[i]
		blocks[i] = block{tuples: uint32(p.Len()), runs: uint32(len(p.runs))}
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
	var runs []storedRun
	for i := from; i < len(s.parts); i++ {
		p := &s.parts[i]
		if p.Len() == 0 {
			continue
		}
		hash.Reset()
		for _, chunk := range append(p.full, p.open) {
			put.Write(BytesOf(chunk))
			s.held -= int64(cap(chunk))
			if cap(chunk) == chunkTuples {
				s.spare = append(s.spare, chunk[:0])
			}
		}
		runs = runs[:0]
		for _, r := range p.runs {
			runs = append(runs, storedRun{file: uint32(r.order >> 32), group: uint32(r.order), tuples: uint32(r.end - r.start)})
		}
		put.Write(BytesOf(runs))
		blocks[i].sum = hash.Sum64()
		*p = Part[T]{dumped: p.dumped + p.Len()}
		s.open[i] = openChunk[T]{}
	}
	if err := s.writer.Flush(); err != nil {
		return fmt.Errorf("put rows aside on disk: %w", err)
	}
	s.dumps = append(s.dumps, newDump[T](to.file, to.lasting, start, blocks))
	return nil
}
