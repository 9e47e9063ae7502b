package ingest

// tupleSource is all tuples of one kind: what workers hold in memory and what they have
// dumped.
type tupleSource[T any] struct {
	memory []*scatter[T]
	dumps  []*dump[T]
}

func (s *tupleSource[T]) add(tuples *scatter[T]) {
	s.memory = append(s.memory, tuples)
	s.dumps = append(s.dumps, tuples.dumps...)
}

// len counts the tuples.
func (s *tupleSource[T]) len() int {
	n := 0
	for _, m := range s.memory {
		n += m.len()
	}
	for _, d := range s.dumps {
		n += d.len()
	}
	return n
}

// tupleReader hands out partitions. Each worker has its own.
type tupleReader[T any] struct {
	*tupleSource[T]
	windows []dumpWindow[T]
}

// reader returns a reader of its own for a worker.
func (s *tupleSource[T]) reader() *tupleReader[T] {
	r := &tupleReader[T]{tupleSource: s, windows: make([]dumpWindow[T], len(s.dumps))}
	most := max(leastWindow, min(allWindows/max(len(s.dumps), 1), mostWindow))
	for i, d := range s.dumps {
		r.windows[i] = dumpWindow[T]{dump: d, most: most}
	}
	return r
}

// partition returns partition i; what of it was dumped is valid until the next call. It comes
// first: of a row group in the midst of which there was no more room, it is the rows that were read first.
func (r *tupleReader[T]) partition(i int) (partition[T], error) {
	var p partition[T]
	for w := range r.windows {
		part, err := r.windows[w].part(i)
		if err != nil {
			return nil, err
		}
		if part.len() > 0 {
			p = append(p, part)
		}
	}
	return append(p, gather(r.memory, i)...), nil
}

// tuples is the tuples of all kinds that a run works with.
type tuples struct {
	exposures tupleSource[exposureTuple]
	segmented tupleSource[segmentedTuple]
	unknown   tupleSource[unknownTuple] // see countUnknown
	events    tupleSource[eventTuple]
	values    tupleSource[valueTuple]
}

// partitionReader reads the tuples of partitions that are needed to evaluate users.
type partitionReader struct {
	exposures *tupleReader[exposureTuple]
	segmented *tupleReader[segmentedTuple]
	events    *tupleReader[eventTuple]
	values    *tupleReader[valueTuple]
}

func (t *tuples) reader() *partitionReader {
	return &partitionReader{t.exposures.reader(), t.segmented.reader(), t.events.reader(), t.values.reader()}
}

// userRows is those tuples of a partition.
type userRows struct {
	exposures partition[exposureTuple]
	segmented partition[segmentedTuple]
	events    partition[eventTuple]
	values    partition[valueTuple]
}

// partition returns partition i; what of it was dumped is valid until the next call.
func (r *partitionReader) partition(i int) (rows userRows, err error) {
	if rows.exposures, err = r.exposures.partition(i); err != nil {
		return rows, err
	}
	if rows.segmented, err = r.segmented.partition(i); err != nil {
		return rows, err
	}
	if rows.events, err = r.events.partition(i); err != nil {
		return rows, err
	}
	rows.values, err = r.values.partition(i)
	return rows, err
}

// free lets go of the tuples in memory.
func (r *userRows) free() {
	r.exposures.free()
	r.segmented.free()
	r.events.free()
	r.values.free()
}
