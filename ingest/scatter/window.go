package scatter

import (
	"fmt"
	"io"

	"github.com/zeebo/xxh3"
)

// window reads the partitions of a dump, several at a time: they are small, and each
// read is a call to the system. Each worker has its own.
type window[T any] struct {
	*Dump[T]
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
func (w *window[T]) part(i int) (*Part[T], error) {
	block := &w.blocks[i]
	if block.tuples == 0 {
		return &Part[T]{}, nil
	}
	if i < w.from || i >= w.to {
		if err := w.read(i); err != nil {
			return nil, err
		}
	}
	b := BytesOf(w.memory)[w.offset[i]-w.offset[w.from]:]
	b = b[:blockBytes[T](block)]
	if w.summed && xxh3.Hash(b) != block.sum {
		return nil, ErrUnreadable
	}
	tuples := ofBytes[T](b, int(block.tuples))
	runs := ofBytes[storedRun](b[len(tuples)*sizeOf[T]():], int(block.runs))
	p := &Part[T]{open: tuples, runs: w.runs[:0]}
	at := 0
	for _, r := range runs {
		p.runs = append(p.runs, groupRun{int64(r.file)<<32 | int64(r.group), at, at + int(r.tuples)})
		at += int(r.tuples)
	}
	w.runs = p.runs
	if at != len(tuples) {
		return nil, ErrUnreadable
	}
	if w.translation != nil {
		w.translation.apply(p)
	}
	return p, nil
}

// read brings partition i into memory, and those behind it for which there is room.
func (w *window[T]) read(i int) error {
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
	if _, err := io.ReadFull(io.NewSectionReader(w.source, w.offset[i], int64(n)), BytesOf(w.memory)[:n]); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return nil
}
