package daily

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"readout/ingest/tables"
)

// parquetSummary reads a summary from Parquet.
type parquetSummary struct {
	name  string
	table *tables.Whole
	zone  *time.Location
	at    int
	row   writtenRow
}

// newParquetSummary reads the columns, all rows at once.
func newParquetSummary(r io.Reader, name string, zone *time.Location) (*parquetSummary, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSummaryBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(data) > maxSummaryBytes {
		return nil, fmt.Errorf("%s: larger than %d MiB", name, maxSummaryBytes>>20)
	}
	var wanted []tables.Column
	for i, column := range summaryColumns {
		w := tables.Column{Name: column, Optional: i == columnExperiment}
		switch i {
		case columnLook:
			w.Kind = tables.TextOrTime
		case columnN, columnMean, columnVariance:
			w.Kind = tables.Number
		}
		wanted = append(wanted, w)
	}
	table, err := tables.ReadWhole(bytes.NewReader(data), int64(len(data)), "summary", name, wanted, zone, maxSummaryRows)
	if err != nil {
		return nil, err
	}
	s := &parquetSummary{name: name, table: table, zone: zone}
	s.row.hasExperiment = table.Has(summaryColumns[columnExperiment])
	return s, nil
}

// place counts rows from 1.
func (s *parquetSummary) place(line int) string { return fmt.Sprintf("%s: row %d", s.name, line) }

func (s *parquetSummary) next() (*writtenRow, error) {
	if s.at == s.table.Rows {
		return nil, io.EOF
	}
	r := &s.row
	r.experiment, r.variant, r.metric = s.text(columnExperiment), s.text(columnVariant), s.text(columnMetric)
	r.look = s.text(columnLook)
	if at, ok := s.table.Time(summaryColumns[columnLook], s.at); ok {
		r.look = at.In(s.zone).Format(time.RFC3339Nano)
	}
	r.n, r.mean, r.variance = s.number(columnN), s.number(columnMean), s.number(columnVariance)
	s.at++
	r.line = s.at
	return r, nil
}

func (s *parquetSummary) text(column int) string {
	text, _ := s.table.Text(summaryColumns[column], s.at)
	return text
}

func (s *parquetSummary) number(column int) writtenNumber {
	v, ok := s.table.Number(summaryColumns[column], s.at)
	if !ok {
		return writtenNumber{text: "null or not finite"}
	}
	return writtenNumber{text: strconv.FormatFloat(v, 'g', -1, 64), value: v, ok: true}
}
