package reports

import (
	"bytes"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// createdBy names the writer in Parquet files. It holds no version, so that a new release
// does not change the bytes of an unchanged day.
const createdBy = "readout"

// writeParquet writes the record as a Parquet file of one row group, or none where there
// are no rows, with Snappy pages, which every reader knows.
//
// The file is made in memory first: the library panics when its writer fails.
func writeParquet(w io.Writer, record arrow.Record) error {
	var b bytes.Buffer
	properties := parquet.NewWriterProperties(
		parquet.WithCreatedBy(createdBy),
		parquet.WithCompression(compress.Codecs.Snappy),
		parquet.WithDictionaryDefault(false),
	)
	out, err := pqarrow.NewFileWriter(record.Schema(), &b, properties, pqarrow.DefaultWriterProps())
	if err != nil {
		return fmt.Errorf("write scorecards as Parquet: %w", err)
	}
	if record.NumRows() > 0 { // some readers fail on a row group without rows
		if err := out.Write(record); err != nil {
			return fmt.Errorf("write scorecards as Parquet: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write scorecards as Parquet: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}
