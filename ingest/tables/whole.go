package tables

import (
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/parquet-go/parquet-go/format"
)

// Whole is a small Parquet file that is neither exposures nor conversions, read whole.
type Whole struct {
	// Rows is how many rows it has.
	Rows    int
	columns map[string]*wholeColumn
}

// Column is a column wanted of a table.
type Column struct {
	Name string
	Kind Kind
	// Optional columns may be missing.
	Optional bool
}

// Kind is what a column is read as.
type Kind int

const (
	// Text is text, or whole numbers, booleans, dates and UUIDs written as text.
	Text Kind = iota
	// Number is numbers of any kind.
	Number
	// TextOrTime is instants where the column is of timestamps, otherwise as Text.
	TextOrTime
)

// wholeColumn has one value per row in one of the slices, by what it was read as.
type wholeColumn struct {
	names   *OpenNames
	texts   []uint32
	numbers []float64
	times   []int64
}

// Has reports whether the column is there.
func (t *Whole) Has(column string) bool { return t.columns[column] != nil }

// Text returns a text; ok is false for null, for empty text, and for a column of another kind.
func (t *Whole) Text(column string, row int) (text string, ok bool) {
	c := t.columns[column]
	if c == nil || c.texts == nil || c.texts[row] == NullCode {
		return "", false
	}
	return c.names.Name(c.texts[row]), true
}

// Number returns a number; ok is false for null, for what is not finite, and for a column of
// another kind.
func (t *Whole) Number(column string, row int) (v float64, ok bool) {
	c := t.columns[column]
	if c == nil || c.numbers == nil || math.IsNaN(c.numbers[row]) {
		return 0, false
	}
	return c.numbers[row], true
}

// Time returns an instant, to the microsecond; ok is false for null and for a column of
// another kind.
func (t *Whole) Time(column string, row int) (at time.Time, ok bool) {
	c := t.columns[column]
	if c == nil || c.times == nil || c.times[row] == NullTime {
		return time.Time{}, false
	}
	return time.UnixMicro(c.times[row]).UTC(), true
}

// ReadWhole reads the columns wanted of a Parquet file of so many bytes, which has at most
// maxRows rows and 65,536 different texts in a column. Timestamps without a zone are read
// in the given one. Errors say which table and file, by the names given, and which column.
func ReadWhole(data io.ReaderAt, size int64, table, name string, wanted []Column, zone *time.Location, maxRows int) (out *Whole, err error) {
	t := &OpenFile{spec: &Spec{Table: table, Location: zone}, file: File{Path: name, Size: size}, data: unclosed{data}}
	defer t.recoverInto(&err)
	if err := t.footer(); err != nil {
		return nil, t.wrap(err)
	}
	if t.meta.NumRows > int64(maxRows) {
		return nil, t.wrap(fmt.Errorf("it has %d rows, more than %d", t.meta.NumRows, maxRows))
	}
	out = &Whole{Rows: int(t.meta.NumRows), columns: make(map[string]*wholeColumn)}
	for _, w := range wanted {
		c, err := t.wholeColumn(w)
		if err != nil {
			return nil, t.wrap(err)
		}
		if c != nil {
			out.columns[w.Name] = c
		}
	}
	return out, nil
}

// unclosed is data that someone else closes.
type unclosed struct{ io.ReaderAt }

func (unclosed) Close() error { return nil }

// wholeColumn reads one column of all row groups; nil where an optional one is missing.
func (t *OpenFile) wholeColumn(w Column) (*wholeColumn, error) {
	i, err := t.schema.find(w.Name)
	switch {
	case err == ErrNoColumn && w.Optional:
		return nil, nil
	case err != nil:
		// Not as ErrNoColumn: --column names no column of such a table.
		return nil, fmt.Errorf("column %q: %v", w.Name, t.required(w.Name, err))
	}
	out := new(wholeColumn)
	return out, out.read(t, w.Kind, i)
}

// read fills in the slice that suits the type of a column of the file.
func (c *wholeColumn) read(t *OpenFile, kind Kind, column int) (err error) {
	typ := t.schema.types[column]
	instants := typ.meaning == timestampValue || typ.physical == format.Int96 && typ.meaning == plainValue
	switch {
	case kind == Number:
		c.numbers, err = columnOf(t, column, valueConverter, math.NaN())
	case kind == TextOrTime && instants:
		c.times, err = columnOf(t, column, func(typ columnType) (converter[int64], error) {
			return timeConverter(typ, t.spec.Location, &t.form)
		}, NullTime)
	default:
		c.names = NewOpenNames(nil)
		c.names.Purpose = "a column of names"
		c.texts, err = columnOf(t, column, func(typ columnType) (converter[uint32], error) {
			return textConverter(typ, c.names)
		}, NullCode)
		if err == nil {
			err = c.names.Check(t.schema.names[column])
		}
	}
	return err
}

// columnOf returns all values of a column.
func columnOf[T any](t *OpenFile, column int, converterOf func(columnType) (converter[T], error), null T) ([]T, error) {
	name := t.schema.names[column]
	if _, err := t.column(name, func(typ columnType) error { _, err := converterOf(typ); return err }); err != nil {
		return nil, fmt.Errorf("column %q: %w", name, err)
	}
	out := make([]T, 0, t.meta.NumRows)
	var spare sync.Pool
	for g := range t.RowGroups() {
		convert, err := converterOf(t.schema.types[column])
		if err != nil {
			return nil, err
		}
		reader := openColumn(t, &spare, g, column, convert, null)
		rows := out[len(out) : len(out)+int(t.NumRows(g))]
		err = reader.read(rows)
		if err == nil {
			err = reader.end()
		}
		closeColumn(reader, &spare)
		if err != nil {
			return nil, err
		}
		out = out[:len(out)+len(rows)]
	}
	return out, nil
}
