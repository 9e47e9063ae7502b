package profiles

import (
	"fmt"

	"github.com/parquet-go/parquet-go"
)

const (
	// fewRows is how many rows profiles may always have: they take half a gigabyte while they are
	// read.
	fewRows = 10_000_000
	// maxRowsPerByte is how many there may be beyond that, by the bytes of the files. Rows that
	// repeat cost nothing there and all of their memory here. A thousand rows of each user, sorted,
	// have 50 to a byte, and so have numbered users with a flag that one in a hundred has.
	maxRowsPerByte = 100
)

// size is how many rows files have, and how many bytes.
type size struct{ rows, bytes int64 }

func (s *size) add(f *parquet.File) {
	s.bytes += f.Size()
	for _, group := range f.Metadata().RowGroups {
		// A damaged file may say any number: the sum of these stays one.
		s.rows += min(max(group.NumRows, 0), 1<<40)
	}
}

// check refuses rows that take far more memory than their files let expect, beyond few.
func (s *size) check(few int64) error {
	if s.rows <= few || s.rows/maxRowsPerByte <= s.bytes {
		return nil
	}
	return fmt.Errorf("profiles have %d rows in %d bytes, more than %d to a byte: write one row per user", s.rows, s.bytes, maxRowsPerByte)
}
