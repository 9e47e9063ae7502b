package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// writeCSV writes the record with a line of column names. Null is an empty cell, numbers
// are the shortest that read back to the same value, days are YYYY-MM-DD, instants RFC 3339
// in UTC.
//
// Texts are safe to open: characters that do not print are escaped as in the text report,
// and a text that a spreadsheet would take for a formula, because it begins with =, +, -
// or @, has an apostrophe put before it. The other formats hold texts as they are.
func writeCSV(w io.Writer, record arrow.Record) error {
	out := csv.NewWriter(w)
	cells := make([]string, record.NumCols())
	for i, field := range record.Schema().Fields() {
		cells[i] = field.Name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	for line := range int(record.NumRows()) {
		for i, values := range record.Columns() {
			cell, err := csvCell(values, line)
			if err != nil {
				return fmt.Errorf("write column %s as CSV: %w", record.ColumnName(i), err)
			}
			cells[i] = cell
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvCell returns one value of a column.
func csvCell(values arrow.Array, i int) (string, error) {
	if values.IsNull(i) {
		return "", nil
	}
	switch v := values.(type) {
	case *array.String:
		return csvText(v.Value(i)), nil
	case *array.Int64:
		return strconv.FormatInt(v.Value(i), 10), nil
	case *array.Float64:
		return csvNumber(v.Value(i)), nil
	case *array.Boolean:
		return strconv.FormatBool(v.Value(i)), nil
	case *array.Date32:
		return v.Value(i).ToTime().Format(time.DateOnly), nil
	case *array.Timestamp:
		return time.UnixMicro(int64(v.Value(i))).UTC().Format(time.RFC3339Nano), nil
	}
	return "", fmt.Errorf("no form for %s", values.DataType())
}

// csvText returns a text that neither a terminal nor a spreadsheet acts on.
func csvText(s string) string {
	s = visible(s)
	if strings.HasPrefix(s, "=") || strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") || strings.HasPrefix(s, "@") {
		return "'" + s
	}
	return s
}

// csvNumber returns the shortest digits that read back to v, with an exponent only where
// JSON has one.
func csvNumber(v float64) string {
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
