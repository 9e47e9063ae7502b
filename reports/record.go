package reports

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"readout/analysis"
)

// arrowRecord returns the scorecards as one Arrow record: a row per scorecard, metric and
// variant in the scorecards' order, controls included. Behind the rows of all users of a
// scorecard stand those by segment, if it has any: there segment_column is not null. Columns
// are flat and named like the scorecard's JSON; figures of the comparison are null in rows
// of controls, those of looks and verdicts are in rows by segment, and what is not defined
// is null, with the column reason saying why. The caller releases it.
//
// It fails on a scorecard whose date is none.
func arrowRecord(cards []analysis.Scorecard) (arrow.Record, error) {
	columns := recordColumns()
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.name, Type: c.kind, Nullable: !c.required}
	}
	b := array.NewRecordBuilder(memory.NewGoAllocator(), arrow.NewSchema(fields, nil))
	defer b.Release()
	for i := range cards {
		card := &cards[i]
		if _, err := time.Parse(time.DateOnly, card.Date); err != nil {
			return nil, fmt.Errorf("scorecard of %q: date %q: want YYYY-MM-DD", card.Experiment, card.Date)
		}
		var all []row
		for j := range card.Metrics {
			all = append(all, rows(card, &card.Metrics[j])...)
		}
		for _, r := range append(all, segmentRows(card)...) {
			for k, c := range columns {
				c.add(b.Field(k), r)
			}
		}
	}
	return b.NewRecord(), nil
}

// recordColumn is one column of the record. Required columns are never null.
type recordColumn struct {
	name     string
	kind     arrow.DataType
	required bool
	add      func(array.Builder, row)
}

// timestampType is the type of instants: microseconds, UTC.
var timestampType = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}

// textColumn is a column of text in which an empty text is null. What is not UTF-8 is
// replaced, since readers refuse files that hold it.
func textColumn(name string, f func(row) string) recordColumn {
	return recordColumn{name, arrow.BinaryTypes.String, false, func(b array.Builder, r row) {
		if s := f(r); s != "" {
			b.(*array.StringBuilder).Append(strings.ToValidUTF8(s, "\uFFFD"))
		} else {
			b.AppendNull()
		}
	}}
}

func requiredText(name string, f func(row) string) recordColumn {
	return recordColumn{name, arrow.BinaryTypes.String, true, func(b array.Builder, r row) {
		b.(*array.StringBuilder).Append(strings.ToValidUTF8(f(r), "\uFFFD"))
	}}
}

func integerColumn(name string, f func(row) (int64, bool)) recordColumn {
	return recordColumn{name, arrow.PrimitiveTypes.Int64, false, func(b array.Builder, r row) {
		if v, ok := f(r); ok {
			b.(*array.Int64Builder).Append(v)
		} else {
			b.AppendNull()
		}
	}}
}

func requiredInteger(name string, f func(row) int64) recordColumn {
	return recordColumn{name, arrow.PrimitiveTypes.Int64, true, func(b array.Builder, r row) {
		b.(*array.Int64Builder).Append(f(r))
	}}
}

func numberColumn(name string, f func(row) analysis.Number) recordColumn {
	return recordColumn{name, arrow.PrimitiveTypes.Float64, false, func(b array.Builder, r row) {
		if v, ok := f(r).Get(); ok && !math.IsNaN(v) && !math.IsInf(v, 0) {
			b.(*array.Float64Builder).Append(v)
		} else {
			b.AppendNull()
		}
	}}
}

func flagColumn(name string, f func(row) (value, ok bool)) recordColumn {
	return recordColumn{name, arrow.FixedWidthTypes.Boolean, false, func(b array.Builder, r row) {
		if v, ok := f(r); ok {
			b.(*array.BooleanBuilder).Append(v)
		} else {
			b.AppendNull()
		}
	}}
}

func requiredFlag(name string, f func(row) bool) recordColumn {
	return recordColumn{name, arrow.FixedWidthTypes.Boolean, true, func(b array.Builder, r row) {
		b.(*array.BooleanBuilder).Append(f(r))
	}}
}

// dateColumn is a required column of days; a text that is no date has been refused before.
func dateColumn(name string, f func(row) string) recordColumn {
	return recordColumn{name, arrow.FixedWidthTypes.Date32, true, func(b array.Builder, r row) {
		day, _ := time.Parse(time.DateOnly, f(r))
		b.(*array.Date32Builder).Append(arrow.Date32FromTime(day))
	}}
}

// instantColumn is a column of instants in which the zero time is null.
func instantColumn(name string, f func(row) time.Time) recordColumn {
	return recordColumn{name, timestampType, false, func(b array.Builder, r row) {
		if t := f(r); !t.IsZero() {
			b.(*array.TimestampBuilder).Append(arrow.Timestamp(t.UnixMicro()))
		} else {
			b.AppendNull()
		}
	}}
}
