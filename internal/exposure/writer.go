package exposure

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"readout/internal/atomicfile"
)

// groupRows is the largest number of rows in one row group, which is what a
// writer holds in memory and what a reader gives to one core.
const groupRows = 1 << 17

// createdBy names the writer in the files. It holds no version, so that a new
// release does not change the bytes of the same rows.
const createdBy = "readout"

// A Writer takes the rows of one file.
type Writer struct {
	columns Columns
	out     *parquet.GenericWriter[any]
	values  parquet.Row
}

// newWriter returns a writer to w. Pages are of version 1, which every reader
// knows, with a checksum each, and compressed with Zstandard, whose encoder is
// the same on every processor.
func newWriter(w io.Writer, c Columns) *Writer {
	return &Writer{
		columns: c,
		out: parquet.NewGenericWriter[any](w, schema(c), &parquet.WriterConfig{
			CreatedBy:          createdBy,
			Compression:        &parquet.Zstd,
			DataPageVersion:    1,
			MaxRowsPerRowGroup: groupRows,
		}),
	}
}

// Write adds rows. It fails when a row has another number of segments than the
// file has columns for, or a text that is not UTF-8; no row after that one is
// added.
func (w *Writer) Write(rows ...Row) error {
	for _, r := range rows {
		if err := r.check(w.columns); err != nil {
			return err
		}
		if _, err := w.out.WriteRows([]parquet.Row{w.encode(r)}); err != nil {
			return err
		}
	}
	return nil
}

// encode returns the values of a row, valid until the next call.
func (w *Writer) encode(r Row) parquet.Row {
	w.values = append(w.values[:0],
		parquet.ByteArrayValue([]byte(r.User)).Level(0, 0, 0),
		parquet.ByteArrayValue([]byte(r.Experiment)).Level(0, 0, 1),
		parquet.ByteArrayValue([]byte(r.Variant)).Level(0, 0, 2),
		parquet.Int64Value(r.Time.UnixMicro()).Level(0, 0, 3),
	)
	for i, text := range r.Segments {
		value := parquet.NullValue().Level(0, 0, 4+i)
		if text != "" {
			value = parquet.ByteArrayValue([]byte(text)).Level(0, 1, 4+i)
		}
		w.values = append(w.values, value)
	}
	return w.values
}

// WriteFile replaces the file at path by the rows that write adds, in their
// order, and creates its directories when they do not exist. When write fails,
// or anything else does, the file is as it was. Changed is false when the file
// held the same bytes before.
func WriteFile(path string, c Columns, write func(*Writer) error) (changed bool, err error) {
	if err := c.check(); err != nil {
		return false, fmt.Errorf("write exposures %s: %w", path, err)
	}
	changed, err = atomicfile.Replace(path, func(out io.Writer) error {
		w := newWriter(out, c)
		if err := write(w); err != nil {
			return err
		}
		return w.out.Close()
	})
	if err != nil {
		return changed, fmt.Errorf("write exposures: %w", err)
	}
	return changed, nil
}
