package tables

import (
	"math"
	"sync"
	"time"
)

// Spec says which columns of a table's files are wanted, by role. It is shared by all
// files of the table and must not be copied or changed once one is open.
type Spec struct {
	Table string // "exposures" or "conversions", for messages
	User  string
	Time  string
	Value string // empty: not wanted
	// ValueNeeded is false if files without the value column are fine; their values are
	// all absent. A value column that is there must hold numbers either way.
	ValueNeeded bool
	Text        []TextColumn
	Location    *time.Location // of dates, and of times without a zone
	Seed        uint64         // key of the hash of ids

	spare spareColumns
}

// spareColumns are readers of columns that have come to their end, with the memory that
// others need as well.
type spareColumns struct{ user, time, value, text sync.Pool }

// TextColumn is a column wanted as codes of its texts. A file that lacks it may have its one value in
// a key=value folder; without that too, an optional column is all null.
type TextColumn struct {
	Name     string
	Optional bool
	Codes    Coder
	// Filter, if not nil, reads any type of column as the classes of its values instead.
	Filter *FilterColumn
}

func (c *TextColumn) converter(t columnType) (converter[uint32], error) {
	if c.Filter != nil {
		return filterConverter(t, c.Filter)
	}
	return textConverter(t, c.Codes)
}

// Batch is some rows, one slice per column.
type Batch struct {
	// N is how many rows there are.
	N int
	// User is the zero value where the id is null or empty.
	User []UserID
	// Time is in microseconds since 1970 UTC; NullTime is null.
	Time []int64
	// DateOnly is true if the times of the file are dates: midnight in the location of
	// the specification. It can be relied on from the first row on that has a time.
	DateOnly bool
	// WallClock is true if the file has times without a zone, read in the location of the
	// specification. Dates have none.
	WallClock bool
	// Value is NaN where null, not finite or absent; nil if not wanted.
	Value []float64
	// Text has one slice of codes for each text column of the specification.
	Text [][]uint32
}

// BatchRows is how many rows a batch holds at most.
const BatchRows = 8192

// Rows returns a reader of a row group. Readers may be used concurrently.
func (t *OpenFile) Rows(g int) *Rows {
	r := &Rows{file: t, left: t.NumRows(g)}
	user, _ := userConverter(t.schema.types[t.user], t.spec.Seed)
	r.user = openColumn(t, &t.spec.spare.user, g, t.user, user, UserID{})
	if t.schema.leaves[t.time] != absent {
		times, _ := timeConverter(t.schema.types[t.time], t.spec.Location, &t.form)
		r.time = openColumn(t, &t.spec.spare.time, g, t.time, times, NullTime)
	}
	if t.value != absent {
		value, _ := valueConverter(t.schema.types[t.value])
		r.value = openColumn(t, &t.spec.spare.value, g, t.value, value, math.NaN())
	}
	r.text = make([]*columnReader[uint32], len(t.text))
	for i, column := range t.text {
		if column != absent {
			text, _ := t.spec.Text[i].converter(t.schema.types[column])
			r.text[i] = openColumn(t, &t.spec.spare.text, g, column, text, NullCode)
		}
	}
	return r
}

// openColumn starts on a column's chunk of a row group.
func openColumn[T any](t *OpenFile, spare *sync.Pool, g, column int, convert converter[T], null T) *columnReader[T] {
	c, ok := spare.Get().(*columnReader[T])
	if !ok {
		c = new(columnReader[T])
	}
	c.reset(t.schema.names[column], t.schema.types[column], convert, null)
	chunk := &t.meta.RowGroups[g].Columns[t.schema.leaves[column]]
	c.pages.reset(t.data, chunkStart(chunk), t.pagesEnd, chunk.MetaData.Codec, c.typ.optional)
	return c
}

// closeColumn ends with a column, which may be absent.
func closeColumn[T any](c *columnReader[T], spare *sync.Pool) {
	if c != nil {
		c.pages.file = nil
		spare.Put(c)
	}
}

// Rows reads the rows of one row group. It is not safe for concurrent use.
type Rows struct {
	file *OpenFile
	left int64
	user *columnReader[UserID]
	// Columns that are absent are nil.
	time  *columnReader[int64]
	value *columnReader[float64]
	text  []*columnReader[uint32]
}

// Next fills the batch with the next rows, and returns false when there are none. The
// batch's slices are used again.
func (r *Rows) Next(b *Batch) (more bool, err error) {
	defer r.file.recoverInto(&err)
	if r.left == 0 {
		b.N = 0
		return false, r.end()
	}
	b.N = int(min(r.left, BatchRows))
	r.left -= int64(b.N)
	if err := r.columns(b); err != nil {
		return false, r.file.wrap(err)
	}
	b.DateOnly, b.WallClock = r.file.form.dates(), r.file.WallClock()
	return true, nil
}

func (r *Rows) columns(b *Batch) error {
	b.User = resize(b.User, b.N)
	if err := r.user.read(b.User); err != nil {
		return err
	}
	b.Time = resize(b.Time, b.N)
	if err := r.time.readOr(b.Time, r.file.folderMicros); err != nil {
		return err
	}
	if r.file.spec.Value != "" {
		b.Value = resize(b.Value, b.N)
		if err := r.value.readOr(b.Value, math.NaN()); err != nil {
			return err
		}
	}
	if len(b.Text) != len(r.text) {
		b.Text = make([][]uint32, len(r.text))
	}
	for i, column := range r.text {
		b.Text[i] = resize(b.Text[i], b.N)
		if err := column.readOr(b.Text[i], r.file.folderCode[i]); err != nil {
			return err
		}
	}
	return nil
}

// end checks that no column has rows left over.
func (r *Rows) end() error {
	ends := []error{r.user.end(), r.time.end(), r.value.end()}
	for _, column := range r.text {
		ends = append(ends, column.end())
	}
	for _, err := range ends {
		if err != nil {
			return r.file.wrap(err)
		}
	}
	return nil
}

// Close gives the reader's buffers back. It may be called at any time, and once.
func (r *Rows) Close() error {
	spare := &r.file.spec.spare
	closeColumn(r.user, &spare.user)
	closeColumn(r.time, &spare.time)
	closeColumn(r.value, &spare.value)
	for _, column := range r.text {
		closeColumn(column, &spare.text)
	}
	return nil
}

// resize returns a slice of n elements, s itself if it is large enough.
func resize[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n, BatchRows)
}
