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

// recordColumns returns the columns in their order. New ones go to the end of their group;
// programs read them by name.
func recordColumns() []recordColumn {
	none := analysis.Number{}
	result := func(name string, f func(*analysis.VariantResult) analysis.Number) recordColumn {
		return numberColumn(name, func(r row) analysis.Number {
			if r.result == nil {
				return none
			}
			return f(r.result)
		})
	}
	comparison := func(name string, f func(*analysis.Comparison) analysis.Number) recordColumn {
		return numberColumn(name, func(r row) analysis.Number {
			if r.comparison == nil {
				return none
			}
			return f(r.comparison)
		})
	}
	flag := func(name string, f func(*analysis.Comparison) bool) recordColumn {
		return flagColumn(name, func(r row) (bool, bool) {
			if r.comparison == nil {
				return false, false
			}
			return f(r.comparison), true
		})
	}
	// compared is about looks and verdicts, which segments do not have.
	compared := func(name string, f func(*analysis.Comparison) bool) recordColumn {
		return flagColumn(name, func(r row) (bool, bool) {
			if r.comparison == nil || r.segment != nil {
				return false, false
			}
			return f(r.comparison), true
		})
	}
	said := func(name string, f func(*analysis.Comparison) string) recordColumn {
		return textColumn(name, func(r row) string {
			if r.comparison == nil {
				return ""
			}
			return f(r.comparison)
		})
	}
	recorded := func(name string, f func(*analysis.LookOfRecord) analysis.Number) recordColumn {
		return comparison(name, func(c *analysis.Comparison) analysis.Number {
			if c.Record == nil {
				return none
			}
			return f(c.Record)
		})
	}
	inSegment := func(name string, f func(segmentOf) string) recordColumn {
		return textColumn(name, func(r row) string {
			if r.segment == nil {
				return ""
			}
			return f(*r.segment)
		})
	}
	cuped := func(name string, f func(*analysis.CUPED) analysis.Number) recordColumn {
		return numberColumn(name, func(r row) analysis.Number {
			if r.metric.CUPED == nil {
				return none
			}
			return f(r.metric.CUPED)
		})
	}

	return []recordColumn{
		// Which row this is.
		integerColumn("schema", func(r row) (int64, bool) { return int64(r.card.Schema), true }),
		textColumn("organization", func(r row) string { return r.card.Organization }),
		textColumn("project", func(r row) string { return r.card.Project }),
		requiredText("experiment", func(r row) string { return r.card.Experiment }),
		textColumn("title", func(r row) string { return r.card.Title }),
		dateColumn("date", func(r row) string { return r.card.Date }),
		requiredText("time_zone", func(r row) string { return r.card.TimeZone }),
		instantColumn("through", func(r row) time.Time { return r.card.Through }),
		textColumn("status", func(r row) string { return r.card.Status }),
		requiredText("metric", func(r row) string { return r.metric.Name }),
		requiredText("role", func(r row) string { return string(r.metric.Role) }),
		requiredText("kind", func(r row) string { return r.metric.Kind }),
		requiredText("goal", func(r row) string { return r.metric.Goal }),
		instantColumn("final", func(r row) time.Time { return r.metric.Final }),
		requiredText("variant", func(r row) string { return r.variant.Name }),
		requiredFlag("control", func(r row) bool { return r.variant.Control }),
		numberColumn("traffic", func(r row) analysis.Number { return analysis.Defined(r.variant.Traffic) }),
		inSegment("segment_column", func(s segmentOf) string { return s.column }),
		inSegment("segment_kind", func(s segmentOf) string { return string(s.segment.Kind) }),
		inSegment("segment", func(s segmentOf) string { return s.segment.Value }),
		numberColumn("segment_split_p", func(r row) analysis.Number {
			if r.segment == nil {
				return none
			}
			return r.segment.segment.Split.SequentialP
		}),
		flagColumn("segment_split_mismatch", func(r row) (bool, bool) {
			if r.segment == nil {
				return false, false
			}
			_, tested := r.segment.segment.Split.SequentialP.Get()
			return r.segment.segment.Split.Mismatch, tested
		}),

		// The variant.
		requiredInteger("users", func(r row) int64 { return r.variant.Users }),
		integerColumn("several", func(r row) (int64, bool) { return r.variant.Several.Get() }),
		integerColumn("metric_users", func(r row) (int64, bool) {
			if r.result == nil {
				return 0, false
			}
			return r.result.Users, true
		}),
		integerColumn("conversions", func(r row) (int64, bool) {
			if r.result == nil {
				return 0, false
			}
			return r.result.Conversions.Get()
		}),
		result("total", func(v *analysis.VariantResult) analysis.Number { return v.Total }),
		result("denominator_total", func(v *analysis.VariantResult) analysis.Number { return v.DenominatorTotal }),
		result("mean", func(v *analysis.VariantResult) analysis.Number { return v.Mean }),
		result("variance", func(v *analysis.VariantResult) analysis.Number { return v.Variance }),
		result("se", func(v *analysis.VariantResult) analysis.Number { return v.SE }),
		result("covariate", func(v *analysis.VariantResult) analysis.Number { return v.Covariate }),

		// Its comparison with control.
		comparison("effect", func(c *analysis.Comparison) analysis.Number { return c.Effect.Value }),
		comparison("effect_se", func(c *analysis.Comparison) analysis.Number { return c.Effect.SE }),
		comparison("df", func(c *analysis.Comparison) analysis.Number { return c.Effect.DF }),
		comparison("raw_effect", func(c *analysis.Comparison) analysis.Number { return c.Raw.Value }),
		comparison("raw_se", func(c *analysis.Comparison) analysis.Number { return c.Raw.SE }),
		comparison("raw_df", func(c *analysis.Comparison) analysis.Number { return c.Raw.DF }),
		comparison("lo", func(c *analysis.Comparison) analysis.Number { return c.Lo }),
		comparison("hi", func(c *analysis.Comparison) analysis.Number { return c.Hi }),
		comparison("lift", func(c *analysis.Comparison) analysis.Number { return c.Lift }),
		comparison("lift_lo", func(c *analysis.Comparison) analysis.Number { return c.LiftLo }),
		comparison("lift_hi", func(c *analysis.Comparison) analysis.Number { return c.LiftHi }),
		flag("lift_unbounded", func(c *analysis.Comparison) bool { return c.LiftUnbounded }),
		said("lift_reason", func(c *analysis.Comparison) string { return c.LiftReason }),
		comparison("z", func(c *analysis.Comparison) analysis.Number { return c.Z }),
		comparison("critical", func(c *analysis.Comparison) analysis.Number { return c.Critical }),
		comparison("p", func(c *analysis.Comparison) analysis.Number { return c.P }),
		comparison("ln_p", func(c *analysis.Comparison) analysis.Number { return c.LnP }),
		comparison("p_adjusted", func(c *analysis.Comparison) analysis.Number { return c.PAdjusted }),
		compared("interval_unadjusted", func(c *analysis.Comparison) bool { return c.IntervalUnadjusted }),
		comparison("q", func(c *analysis.Comparison) analysis.Number { return c.Q }),
		comparison("alpha", func(c *analysis.Comparison) analysis.Number { return c.Alpha }),
		comparison("time", func(c *analysis.Comparison) analysis.Number { return c.Time }),
		comparison("spent", func(c *analysis.Comparison) analysis.Number { return c.Spent }),
		integerColumn("look", func(r row) (int64, bool) {
			if r.comparison == nil || r.segment != nil {
				return 0, false
			}
			return int64(r.comparison.Look), true
		}),
		said("as_of", func(c *analysis.Comparison) string { return c.AsOf }),
		compared("revised", func(c *analysis.Comparison) bool { return c.AsTested != nil }),
		compared("look_today", func(c *analysis.Comparison) bool { return c.Today }),
		compared("significant", func(c *analysis.Comparison) bool { return c.Significant }),
		said("verdict", func(c *analysis.Comparison) string { return string(c.Verdict) }),
		said("sentence", func(c *analysis.Comparison) string { return c.Sentence }),
		comparison("margin", func(c *analysis.Comparison) analysis.Number { return c.Margin }),
		compared("harm", func(c *analysis.Comparison) bool { return c.Harm }),
		comparison("power_so_far", func(c *analysis.Comparison) analysis.Number { return c.PowerSoFar }),
		compared("approximate", func(c *analysis.Comparison) bool { return c.Approximate }),
		said("record_date", func(c *analysis.Comparison) string {
			if c.Record == nil {
				return ""
			}
			return c.Record.Date
		}),
		recorded("record_effect", func(l *analysis.LookOfRecord) analysis.Number { return l.Effect }),
		recorded("record_lo", func(l *analysis.LookOfRecord) analysis.Number { return l.Lo }),
		recorded("record_hi", func(l *analysis.LookOfRecord) analysis.Number { return l.Hi }),
		recorded("record_lift", func(l *analysis.LookOfRecord) analysis.Number { return l.Lift }),
		recorded("record_p", func(l *analysis.LookOfRecord) analysis.Number { return l.P }),
		cuped("variance_kept", func(c *analysis.CUPED) analysis.Number { return c.VarianceKept }),

		// What the scorecard says as a whole.
		textColumn("reason", func(r row) string { return strings.Join(r.reasons(), "; ") }),
		textColumn("method", func(r row) string { return r.card.Plan.Method }),
		textColumn("procedure", func(r row) string { return r.card.Plan.Procedure }),
		textColumn("recommendation", func(r row) string { return r.card.Recommendation.Action }),
		textColumn("recommended_variant", func(r row) string { return r.card.Recommendation.Variant }),
		textColumn("config_hash", func(r row) string { return r.card.Plan.ConfigHash }),
	}
}

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
