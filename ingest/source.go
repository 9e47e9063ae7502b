package ingest

import (
	"context"

	"readout/ingest/tables"
)

// source is the files of a table and how to open them.
type source struct {
	files []tables.File
	open  func(context.Context, tables.File) (table, error)
}

func (s source) bytes() int64 {
	var n int64
	for _, f := range s.files {
		n += f.Size
	}
	return n
}

// parquetSource is Parquet files of a store, to be read as spec says.
func parquetSource(store tables.Store, files []tables.File, spec *tables.Spec) source {
	return source{files, func(ctx context.Context, f tables.File) (table, error) {
		t, err := tables.Open(ctx, store, f, spec)
		if err != nil {
			return nil, err
		}
		return parquetTable{t}, nil
	}}
}

// parquetTable is a Parquet file as a table.
type parquetTable struct{ *tables.OpenFile }

// Read returns the rows of a row group.
func (t parquetTable) Read(g int) rowSource { return t.Rows(g) }
