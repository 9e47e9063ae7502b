package casetest

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
)

// table is rows of text under the names of their columns. A name may carry the type that
// its column has in the file, as in user_id:int64.
//
// Without a type, the column value holds numbers, the column timestamp times, and all
// others text. Times are dates where all of them are, have no zone where the first has
// none, and are UTC otherwise. An empty cell is null; ids show both ways of having none:
// an empty one is null on rows 0, 2, 4 and an empty string on the others.
type table struct {
	columns []string
	rows    [][]string
}

// parseTable reads CSV.
func parseTable(t *testing.T, name string, data []byte) table {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(records) == 0 {
		t.Fatalf("%s: no table: %v", name, err)
	}
	return table{records[0], records[1:]}
}

// add adds a column that has the same value in all rows.
func (x *table) add(name, value string) {
	x.columns = append(x.columns, name)
	for i := range x.rows {
		x.rows[i] = append(x.rows[i], value)
	}
}

// columnWriter is a column of the file: its name, its type, and how a cell becomes a value.
type columnWriter struct {
	name  string
	from  int
	node  parquet.Node
	value func(row int, cell string) (parquet.Value, error)
}

// write writes the table as a Parquet file.
func (x *table) write(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.encode(f); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func (x *table) encode(w io.Writer) error {
	columns := make([]columnWriter, len(x.columns))
	group := parquet.Group{}
	for i, header := range x.columns {
		c, err := x.column(i, header)
		if err != nil {
			return err
		}
		columns[i] = c
		group[c.name] = parquet.Optional(c.node)
	}
	// The columns of a group stand in the order of their names.
	slices.SortFunc(columns, func(a, b columnWriter) int { return strings.Compare(a.name, b.name) })
	file := parquet.NewWriter(w, parquet.NewSchema("rows", group))
	for i, cells := range x.rows {
		row := make(parquet.Row, len(columns))
		for j, c := range columns {
			v, err := c.value(i, cells[c.from])
			if err != nil {
				return fmt.Errorf("row %d, column %s: %w", i, c.name, err)
			}
			level := 1
			if v.IsNull() {
				level = 0
			}
			row[j] = v.Level(0, level, j)
		}
		if _, err := file.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
	return file.Close()
}

// column decides how the i-th column is written.
func (x *table) column(i int, header string) (columnWriter, error) {
	name, kind, typed := strings.Cut(header, ":")
	c := columnWriter{name: name, from: i}
	if !typed {
		kind = x.guess(i, name)
	}
	switch kind {
	case "id":
		c.node, c.value = parquet.String(), idValue
	case "text":
		c.node, c.value = parquet.String(), cellValue(parseText)
	case "int64":
		c.node, c.value = parquet.Int(64), cellValue(parseInteger)
	case "double":
		c.node, c.value = parquet.Leaf(parquet.DoubleType), cellValue(parseDouble)
	case "date":
		c.node, c.value = parquet.Date(), cellValue(parseDate)
	case "instant":
		c.node, c.value = parquet.Timestamp(parquet.Microsecond), cellValue(micros(time.RFC3339))
	case "clock":
		c.node, c.value = parquet.TimestampAdjusted(parquet.Microsecond, false), cellValue(micros(clockLayout))
	case "int96":
		c.node, c.value = parquet.Leaf(parquet.Int96Type), cellValue(parseInt96)
	default:
		return c, fmt.Errorf("column %s: unknown type %q", name, kind)
	}
	return c, nil
}

// clockLayout is a time without a zone.
const clockLayout = "2006-01-02T15:04:05"

// guess returns the type of a column that carries none.
func (x *table) guess(i int, name string) string {
	switch name {
	case "user_id":
		return "id"
	case "value":
		return "double"
	case "timestamp":
		if len(x.rows) == 0 {
			return "instant"
		}
		if !slices.ContainsFunc(x.rows, func(row []string) bool { return len(row[i]) != len(time.DateOnly) }) {
			return "date"
		}
		if _, err := time.Parse(clockLayout, x.rows[0][i]); err == nil {
			return "clock"
		}
		return "instant"
	}
	return "text"
}

func idValue(row int, cell string) (parquet.Value, error) {
	if cell == "" && row%2 == 0 {
		return parquet.NullValue(), nil
	}
	return parseText(cell)
}

// cellValue makes an empty cell null and parses the others.
func cellValue(parse func(string) (parquet.Value, error)) func(int, string) (parquet.Value, error) {
	return func(_ int, cell string) (parquet.Value, error) {
		if cell == "" {
			return parquet.NullValue(), nil
		}
		return parse(cell)
	}
}

func parseText(cell string) (parquet.Value, error) {
	return parquet.ByteArrayValue([]byte(cell)), nil
}

func parseInteger(cell string) (parquet.Value, error) {
	v, err := strconv.ParseInt(cell, 10, 64)
	return parquet.Int64Value(v), err
}

// parseDouble reads nan and inf too.
func parseDouble(cell string) (parquet.Value, error) {
	v, err := strconv.ParseFloat(cell, 64)
	return parquet.DoubleValue(v), err
}

func parseDate(cell string) (parquet.Value, error) {
	v, err := time.Parse(time.DateOnly, cell)
	return parquet.Int32Value(int32(v.Unix() / secondsPerDay)), err
}

func micros(layout string) func(string) (parquet.Value, error) {
	return func(cell string) (parquet.Value, error) {
		v, err := time.Parse(layout, cell)
		return parquet.Int64Value(v.UnixMicro()), err
	}
}

const (
	secondsPerDay = 24 * 60 * 60
	// julian1970 is the Julian day of 1970-01-01.
	julian1970 = 2440588
)

// parseInt96 makes nanoseconds of the day, in two words, and the Julian day.
func parseInt96(cell string) (parquet.Value, error) {
	v, err := time.Parse(time.RFC3339, cell)
	day, second := v.Unix()/secondsPerDay, v.Unix()%secondsPerDay
	nanos := second*int64(time.Second) + int64(v.Nanosecond())
	return parquet.Int96Value(deprecated.Int96{uint32(nanos), uint32(nanos >> 32), uint32(day + julian1970)}), err
}
