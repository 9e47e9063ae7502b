package ingest

import (
	"encoding/binary"
	"sync"

	"readout/ingest/tables"
)

// segmentValues numbers the combinations of values in the segment columns of exposures, so
// that an exposure carries one small number for all of them.
type segmentValues struct {
	names []*tables.OpenNames // by column
	most  int                 // combinations

	mu     sync.Mutex
	number map[string]uint32
	sets   [][]uint32 // codes by column
}

// maxSets bounds the combinations. With as many, nothing is broken down by any column.
const maxSets = 1 << 20

func newSegmentValues(columns []string) *segmentValues {
	s := &segmentValues{most: maxSets, number: map[string]uint32{}}
	for range columns {
		names := tables.NewOpenNames(nil)
		names.Most = maxSegmentNames
		s.names = append(s.names, names)
	}
	return s
}

// wide reports whether a column, once all rows have been read, has too many values.
func (s *segmentValues) wide(column int) bool {
	return s.names[column].Full() || len(s.sets) == s.most
}

// segmentCoder finds the numbers of a worker's rows.
type segmentCoder struct {
	values *segmentValues
	key    []byte
	known  map[string]uint32
}

// of returns the number of a row's combination; 0 when there are too many, which are not
// remembered either.
func (c *segmentCoder) of(columns [][]uint32, row int) uint32 {
	c.key = c.key[:0]
	for _, codes := range columns {
		c.key = binary.LittleEndian.AppendUint32(c.key, codes[row])
	}
	if n, ok := c.known[string(c.key)]; ok || len(c.known) == c.values.most {
		return n
	}
	set := make([]uint32, len(columns))
	for i, codes := range columns {
		set[i] = codes[row]
	}
	n := c.values.numbered(set)
	c.known[string(c.key)] = n
	return n
}

// numbered returns the number of a combination, given by its codes; any when there are too
// many.
func (s *segmentValues) numbered(set []uint32) uint32 {
	var key []byte
	for _, code := range set {
		key = binary.LittleEndian.AppendUint32(key, code)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.number[string(key)]
	if !ok {
		if len(s.sets) == s.most {
			return 0
		}
		n = uint32(len(s.sets))
		s.number[string(key)] = n
		s.sets = append(s.sets, set)
	}
	return n
}

// kept returns the values of each column and the combinations as places there, -1 for null.
func (s *segmentValues) kept() (values [][]string, sets [][]int32) {
	for _, names := range s.names {
		values = append(values, names.Others())
	}
	for _, set := range s.sets {
		places := make([]int32, len(set))
		for column, code := range set {
			places[column] = -1
			if code < tables.OtherCode {
				places[column] = int32(code)
			}
		}
		sets = append(sets, places)
	}
	return values, sets
}

// metNames are the names met in a column, by code.
type metNames struct {
	seen  []bool
	codes []int32
	// more says that there were names that have no code, since there are too many.
	more bool
}

// meet takes in the codes of a batch.
func (m *metNames) meet(codes []uint32) {
	for _, code := range codes {
		if int(code) >= len(m.seen) || !m.seen[code] {
			m.add(code)
		}
	}
}

// add takes in a code.
func (m *metNames) add(code uint32) {
	switch {
	case code == tables.NullCode:
	case code == tables.OtherCode:
		m.more = true
	case int(code) >= len(m.seen):
		m.seen = append(m.seen, make([]bool, int(code)+1-len(m.seen))...)
		fallthrough
	case !m.seen[code]:
		m.seen[code] = true
		m.codes = append(m.codes, int32(code))
	}
}

// forget begins anew.
func (m *metNames) forget() {
	for _, code := range m.codes {
		m.seen[code] = false
	}
	m.codes, m.more = m.codes[:0], false
}
