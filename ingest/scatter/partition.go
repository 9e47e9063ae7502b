package scatter

import (
	"cmp"
	"slices"
	"sort"
)

// Part is the tuples of one partition from one worker, or from one of its dumps.
//
// Orders are those of row groups: path order of the file in the upper 32 bits, then order within it.
type Part[T any] struct {
	open   []T // the chunk being filled
	dumped int // tuples that a dump has taken
	full   [][]T
	before int   // tuples in full
	starts []int // of each full chunk, the number of tuples before it
	runs   []groupRun
}

// groupRun is the piece of a partition that came from one row group.
type groupRun struct {
	order      int64 // of the row group
	start, end int
}

// Len counts the tuples of groups that have ended.
func (p *Part[T]) Len() int { return p.before + len(p.open) }

// each calls f with the tuples from start to end, piece by piece.
func (p *Part[T]) each(start, end int, f func([]T)) {
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

// Partition is the tuples of one partition from all workers.
type Partition[T any] []*Part[T]

// gather returns partition i of all workers.
func gather[T any](all []*Tuples[T], i int) Partition[T] {
	var p Partition[T]
	for _, s := range all {
		if s.parts[i].Len() > 0 {
			p = append(p, &s.parts[i])
		}
	}
	return p
}

// Of returns a partition of tuples that came from nowhere in particular.
func Of[T any](tuples []T) Partition[T] { return Partition[T]{{open: tuples}} }

// Len counts the tuples of groups that have ended.
func (p Partition[T]) Len() int {
	n := 0
	for _, part := range p {
		n += part.Len()
	}
	return n
}

// Each calls f with all tuples, piece by piece.
func (p Partition[T]) Each(f func([]T)) {
	for _, part := range p {
		part.each(0, part.Len(), f)
	}
}

// Runs calls f with all tuples and the order of the row group that they came from, piece by piece.
func (p Partition[T]) Runs(f func(order int64, tuples []T)) {
	for _, part := range p {
		for _, r := range part.runs {
			part.each(r.start, r.end, func(tuples []T) { f(r.order, tuples) })
		}
	}
}

// InOrder calls f with all tuples in path order, then row order, piece by piece.
func (p Partition[T]) InOrder(f func([]T)) {
	p.RunsInOrder(func(_ int64, tuples []T) { f(tuples) })
}

// RunsInOrder is Runs with the pieces in path order, then row order.
func (p Partition[T]) RunsInOrder(f func(order int64, tuples []T)) {
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

// Free lets go of the tuples.
func (p Partition[T]) Free() {
	for _, part := range p {
		*part = Part[T]{}
	}
}
