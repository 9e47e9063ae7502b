package reports

import (
	"bytes"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
)

// writeArrow writes the record as an Arrow IPC file (Feather, version 2) of one batch.
func writeArrow(w io.Writer, record arrow.Record) error {
	var b seekBuffer
	out, err := ipc.NewFileWriter(&b, ipc.WithSchema(record.Schema()))
	if err != nil {
		return fmt.Errorf("write scorecards as Arrow: %w", err)
	}
	if err := out.Write(record); err != nil {
		return fmt.Errorf("write scorecards as Arrow: %w", err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write scorecards as Arrow: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// seekBuffer is a buffer that can say where it is, which is all of seeking that Arrow's
// file writer uses.
type seekBuffer struct{ bytes.Buffer }

func (b *seekBuffer) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, fmt.Errorf("seek to %d from %d: a buffer only tells its position", offset, whence)
	}
	return int64(b.Len()), nil
}
