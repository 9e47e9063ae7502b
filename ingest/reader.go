package ingest

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// tableSpec says which columns of a table's files are wanted, by role. It is shared by all
// files of the table and must not be copied or changed once one is open.
type tableSpec struct {
	table string // "exposures" or "conversions", for messages
	user  string
	time  string
	value string // empty: not wanted
	// valueNeeded is false if files without the value column are fine; their values are
	// all absent. A value column that is there must hold numbers either way.
	valueNeeded bool
	text        []textColumn
	location    *time.Location // of dates, and of times without a zone
	seed        uint64         // key of the hash of ids
	read        *atomic.Int64  // bytes of pages read are added here; nil: not counted

	spare spareColumns
}

// spareColumns are readers of columns that have come to their end, with the memory that
// others need as well.
type spareColumns struct{ user, time, value, text sync.Pool }

// textColumn is a column wanted as codes of its texts. A file that lacks it may have its one value in
// a key=value folder; without that too, an optional column is all null.
type textColumn struct {
	name     string
	optional bool
	codes    coder
	// filter, if not nil, reads any type of column as the classes of its values instead.
	filter *filterColumn
}

func (c *textColumn) converter(t columnType) (converter[uint32], error) {
	if c.filter != nil {
		return filterConverter(t, c.filter)
	}
	return textConverter(t, c.codes)
}

// batch is some rows, one slice per column.
type batch struct {
	n    int
	user []userID
	// time is in microseconds since 1970 UTC; nullTime is null.
	time []int64
	// dateOnly is true if the times of the file are dates: midnight in the location of
	// the specification. It can be relied on from the first row on that has a time.
	dateOnly bool
	// value is NaN where null, not finite or absent; nil if not wanted.
	value []float64
	// text has one slice of codes for each text column of the specification.
	text [][]uint32
}

// batchRows is how many rows a batch holds at most.
const batchRows = 8192

// rows returns a reader of a row group. Readers may be used concurrently.
func (t *tableFile) rows(g int) *rowReader {
	r := &rowReader{file: t, left: t.numRows(g)}
	user, _ := userConverter(t.schema.types[t.user], t.spec.seed)
	r.user = openColumn(t, &t.spec.spare.user, g, t.user, user, userID{})
	if t.schema.leaves[t.time] != absent {
		times, _ := timeConverter(t.schema.types[t.time], t.spec.location, &t.form)
		r.time = openColumn(t, &t.spec.spare.time, g, t.time, times, nullTime)
	}
	if t.value != absent {
		value, _ := valueConverter(t.schema.types[t.value])
		r.value = openColumn(t, &t.spec.spare.value, g, t.value, value, math.NaN())
	}
	r.text = make([]*columnReader[uint32], len(t.text))
	for i, column := range t.text {
		if column != absent {
			text, _ := t.spec.text[i].converter(t.schema.types[column])
			r.text[i] = openColumn(t, &t.spec.spare.text, g, column, text, nullCode)
		}
	}
	return r
}

// openColumn starts on a column's chunk of a row group.
func openColumn[T any](t *tableFile, spare *sync.Pool, g, column int, convert converter[T], null T) *columnReader[T] {
	c, ok := spare.Get().(*columnReader[T])
	if !ok {
		c = new(columnReader[T])
	}
	c.reset(t.schema.names[column], t.schema.types[column], convert, null)
	chunk := &t.meta.RowGroups[g].Columns[t.schema.leaves[column]]
	c.pages.reset(t.data, chunkStart(chunk), t.pagesEnd, chunk.MetaData.Codec, c.typ.optional, func(n int64) {
		if t.spec.read != nil {
			t.spec.read.Add(n)
		}
	})
	return c
}

// closeColumn ends with a column, which may be absent.
func closeColumn[T any](c *columnReader[T], spare *sync.Pool) {
	if c != nil {
		c.pages.file = nil
		spare.Put(c)
	}
}

// rowReader reads the rows of one row group. It is not safe for concurrent use.
type rowReader struct {
	file *tableFile
	left int64
	user *columnReader[userID]
	// Columns that are absent are nil.
	time  *columnReader[int64]
	value *columnReader[float64]
	text  []*columnReader[uint32]
}

// next fills the batch with the next rows, and returns false when there are none. The
// batch's slices are used again.
func (r *rowReader) next(b *batch) (more bool, err error) {
	defer r.file.recoverInto(&err)
	if r.left == 0 {
		b.n = 0
		return false, r.end()
	}
	b.n = int(min(r.left, batchRows))
	r.left -= int64(b.n)
	if err := r.columns(b); err != nil {
		return false, r.file.wrap(err)
	}
	b.dateOnly = r.file.form.dates()
	return true, nil
}

func (r *rowReader) columns(b *batch) error {
	b.user = resize(b.user, b.n)
	if err := r.user.read(b.user); err != nil {
		return err
	}
	b.time = resize(b.time, b.n)
	if err := r.time.readOr(b.time, r.file.folderMicros); err != nil {
		return err
	}
	if r.file.spec.value != "" {
		b.value = resize(b.value, b.n)
		if err := r.value.readOr(b.value, math.NaN()); err != nil {
			return err
		}
	}
	if len(b.text) != len(r.text) {
		b.text = make([][]uint32, len(r.text))
	}
	for i, column := range r.text {
		b.text[i] = resize(b.text[i], b.n)
		if err := column.readOr(b.text[i], r.file.folderCode[i]); err != nil {
			return err
		}
	}
	return nil
}

// end checks that no column has rows left over.
func (r *rowReader) end() error {
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

// close gives the reader's buffers back. It may be called at any time, and once.
func (r *rowReader) close() error {
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
	return make([]T, n, batchRows)
}
