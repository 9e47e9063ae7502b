package scatter

// Source is all tuples of one kind: what workers hold in memory and what they have
// dumped.
type Source[T any] struct {
	memory []*Tuples[T]
	dumps  []*Dump[T]
}

// Add adds what a worker holds, and what it has dumped.
func (s *Source[T]) Add(tuples *Tuples[T]) {
	s.memory = append(s.memory, tuples)
	s.dumps = append(s.dumps, tuples.dumps...)
}

// AddDump adds what an earlier run has dumped.
func (s *Source[T]) AddDump(d *Dump[T]) { s.dumps = append(s.dumps, d) }

// Len counts the tuples.
func (s *Source[T]) Len() int {
	n := 0
	for _, m := range s.memory {
		n += m.Len()
	}
	for _, d := range s.dumps {
		n += d.Len()
	}
	return n
}

// Reader hands out partitions. Each worker has its own.
type Reader[T any] struct {
	memory  []*Tuples[T]
	windows []window[T]
}

// Reader returns a reader of its own for a worker.
func (s *Source[T]) Reader() *Reader[T] {
	r := &Reader[T]{memory: s.memory, windows: make([]window[T], len(s.dumps))}
	most := max(leastWindow, min(allWindows/max(len(s.dumps), 1), mostWindow))
	for i, d := range s.dumps {
		r.windows[i] = window[T]{Dump: d, most: most}
	}
	return r
}

// Partition returns partition i; what of it was dumped is valid until the next call. It comes
// first: of a row group in the midst of which there was no more room, it is the rows that were read first.
func (r *Reader[T]) Partition(i int) (Partition[T], error) {
	var p Partition[T]
	for w := range r.windows {
		part, err := r.windows[w].part(i)
		if err != nil {
			return nil, err
		}
		if part.Len() > 0 {
			p = append(p, part)
		}
	}
	return append(p, gather(r.memory, i)...), nil
}
