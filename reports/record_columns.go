package reports

import (
	"slices"
	"strings"
	"time"

	"readout/analysis"
)

// recordColumns returns the columns in their order. New ones go to the end of their group;
// programs read them by name.
func recordColumns() []recordColumn {
	return slices.Concat(rowColumns(), variantColumns(), comparisonColumns(), cardColumns())
}

// rowColumns say which row this is.
func rowColumns() []recordColumn {
	return []recordColumn{
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
		segmentText("segment_column", func(s segmentOf) string { return s.column }),
		segmentText("segment_kind", func(s segmentOf) string { return string(s.segment.Kind) }),
		segmentText("segment", func(s segmentOf) string { return s.segment.Value }),
		numberColumn("segment_split_p", func(r row) analysis.Number {
			if r.segment == nil {
				return analysis.Number{}
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
	}
}

// variantColumns are about the variant.
func variantColumns() []recordColumn {
	return []recordColumn{
		requiredInteger("users", func(r row) int64 { return r.variant.Users }),
		integerColumn("several", func(r row) (int64, bool) { return r.variant.Several.Get() }),
		integerColumn("metric_users", func(r row) (int64, bool) {
			if r.result == nil {
				return 0, false
			}
			return r.result.Users.Get()
		}),
		integerColumn("conversions", func(r row) (int64, bool) {
			if r.result == nil {
				return 0, false
			}
			return r.result.Conversions.Get()
		}),
		resultNumber("total", func(v *analysis.VariantResult) analysis.Number { return v.Total }),
		resultNumber("denominator_total", func(v *analysis.VariantResult) analysis.Number { return v.DenominatorTotal }),
		resultNumber("mean", func(v *analysis.VariantResult) analysis.Number { return v.Mean }),
		resultNumber("variance", func(v *analysis.VariantResult) analysis.Number { return v.Variance }),
		resultNumber("se", func(v *analysis.VariantResult) analysis.Number { return v.SE }),
		resultNumber("covariate", func(v *analysis.VariantResult) analysis.Number { return v.Covariate }),
	}
}

// comparisonColumns are about the variant's comparison with control.
func comparisonColumns() []recordColumn {
	return []recordColumn{
		comparisonNumber("effect", func(c *analysis.Comparison) analysis.Number { return c.Effect.Value }),
		comparisonNumber("effect_se", func(c *analysis.Comparison) analysis.Number { return c.Effect.SE }),
		comparisonNumber("df", func(c *analysis.Comparison) analysis.Number { return c.Effect.DF }),
		comparisonNumber("raw_effect", func(c *analysis.Comparison) analysis.Number { return c.Raw.Value }),
		comparisonNumber("raw_se", func(c *analysis.Comparison) analysis.Number { return c.Raw.SE }),
		comparisonNumber("raw_df", func(c *analysis.Comparison) analysis.Number { return c.Raw.DF }),
		comparisonNumber("lo", func(c *analysis.Comparison) analysis.Number { return c.Lo }),
		comparisonNumber("hi", func(c *analysis.Comparison) analysis.Number { return c.Hi }),
		comparisonNumber("lift", func(c *analysis.Comparison) analysis.Number { return c.Lift }),
		comparisonNumber("lift_lo", func(c *analysis.Comparison) analysis.Number { return c.LiftLo }),
		comparisonNumber("lift_hi", func(c *analysis.Comparison) analysis.Number { return c.LiftHi }),
		comparisonFlag("lift_unbounded", func(c *analysis.Comparison) bool { return c.LiftUnbounded }),
		comparisonText("lift_reason", func(c *analysis.Comparison) string { return c.LiftReason }),
		comparisonNumber("z", func(c *analysis.Comparison) analysis.Number { return c.Z }),
		comparisonNumber("critical", func(c *analysis.Comparison) analysis.Number { return c.Critical }),
		comparisonNumber("p", func(c *analysis.Comparison) analysis.Number { return c.P }),
		comparisonNumber("ln_p", func(c *analysis.Comparison) analysis.Number { return c.LnP }),
		comparisonNumber("p_adjusted", func(c *analysis.Comparison) analysis.Number { return c.PAdjusted }),
		lookFlag("interval_unadjusted", func(c *analysis.Comparison) bool { return c.IntervalUnadjusted }),
		comparisonNumber("q", func(c *analysis.Comparison) analysis.Number { return c.Q }),
		comparisonNumber("alpha", func(c *analysis.Comparison) analysis.Number { return c.Alpha }),
		comparisonNumber("time", func(c *analysis.Comparison) analysis.Number { return c.Time }),
		comparisonNumber("spent", func(c *analysis.Comparison) analysis.Number { return c.Spent }),
		integerColumn("look", func(r row) (int64, bool) {
			if r.comparison == nil || r.segment != nil {
				return 0, false
			}
			return int64(r.comparison.Look), true
		}),
		comparisonText("as_of", func(c *analysis.Comparison) string { return c.AsOf }),
		lookFlag("revised", func(c *analysis.Comparison) bool { return c.AsTested != nil }),
		lookFlag("look_today", func(c *analysis.Comparison) bool { return c.Today }),
		lookFlag("significant", func(c *analysis.Comparison) bool { return c.Significant }),
		comparisonText("verdict", func(c *analysis.Comparison) string { return string(c.Verdict) }),
		comparisonText("sentence", func(c *analysis.Comparison) string { return c.Sentence }),
		comparisonNumber("margin", func(c *analysis.Comparison) analysis.Number { return c.Margin }),
		lookFlag("harm", func(c *analysis.Comparison) bool { return c.Harm }),
		comparisonNumber("power_so_far", func(c *analysis.Comparison) analysis.Number { return c.PowerSoFar }),
		lookFlag("approximate", func(c *analysis.Comparison) bool { return c.Approximate }),
		comparisonText("record_date", func(c *analysis.Comparison) string {
			if c.Record == nil {
				return ""
			}
			return c.Record.Date
		}),
		recordNumber("record_effect", func(l *analysis.LookOfRecord) analysis.Number { return l.Effect }),
		recordNumber("record_lo", func(l *analysis.LookOfRecord) analysis.Number { return l.Lo }),
		recordNumber("record_hi", func(l *analysis.LookOfRecord) analysis.Number { return l.Hi }),
		recordNumber("record_lift", func(l *analysis.LookOfRecord) analysis.Number { return l.Lift }),
		recordNumber("record_p", func(l *analysis.LookOfRecord) analysis.Number { return l.P }),
		cupedNumber("variance_kept", func(c *analysis.CUPED) analysis.Number { return c.VarianceKept }),
	}
}

// cardColumns hold what the scorecard says as a whole, and why figures are missing.
func cardColumns() []recordColumn {
	return []recordColumn{
		textColumn("reason", func(r row) string { return strings.Join(r.reasons(), "; ") }),
		textColumn("method", func(r row) string { return r.card.Plan.Method }),
		textColumn("procedure", func(r row) string { return r.card.Plan.Procedure }),
		textColumn("recommendation", func(r row) string { return r.card.Recommendation.Action }),
		textColumn("recommended_variant", func(r row) string { return r.card.Recommendation.Variant }),
		textColumn("config_hash", func(r row) string { return r.card.Plan.ConfigHash }),
	}
}

// resultNumber is a column of numbers of the variant, null where the metric has none for it.
func resultNumber(name string, f func(*analysis.VariantResult) analysis.Number) recordColumn {
	return numberColumn(name, func(r row) analysis.Number {
		if r.result == nil {
			return analysis.Number{}
		}
		return f(r.result)
	})
}

// comparisonNumber is a column of numbers of the comparison, null in rows without one.
func comparisonNumber(name string, f func(*analysis.Comparison) analysis.Number) recordColumn {
	return numberColumn(name, func(r row) analysis.Number {
		if r.comparison == nil {
			return analysis.Number{}
		}
		return f(r.comparison)
	})
}

func comparisonFlag(name string, f func(*analysis.Comparison) bool) recordColumn {
	return flagColumn(name, func(r row) (bool, bool) {
		if r.comparison == nil {
			return false, false
		}
		return f(r.comparison), true
	})
}

func comparisonText(name string, f func(*analysis.Comparison) string) recordColumn {
	return textColumn(name, func(r row) string {
		if r.comparison == nil {
			return ""
		}
		return f(r.comparison)
	})
}

// lookFlag is a column about looks and verdicts, which segments do not have.
func lookFlag(name string, f func(*analysis.Comparison) bool) recordColumn {
	return flagColumn(name, func(r row) (bool, bool) {
		if r.comparison == nil || r.segment != nil {
			return false, false
		}
		return f(r.comparison), true
	})
}

// recordNumber is a column of numbers of the look of record, null while there is none.
func recordNumber(name string, f func(*analysis.LookOfRecord) analysis.Number) recordColumn {
	return comparisonNumber(name, func(c *analysis.Comparison) analysis.Number {
		if c.Record == nil {
			return analysis.Number{}
		}
		return f(c.Record)
	})
}

// cupedNumber is a column of numbers of the metric's adjustment, null without one.
func cupedNumber(name string, f func(*analysis.CUPED) analysis.Number) recordColumn {
	return numberColumn(name, func(r row) analysis.Number {
		if r.metric.CUPED == nil {
			return analysis.Number{}
		}
		return f(r.metric.CUPED)
	})
}

// segmentText is a column of texts of the segment, null in rows of all users.
func segmentText(name string, f func(segmentOf) string) recordColumn {
	return textColumn(name, func(r row) string {
		if r.segment == nil {
			return ""
		}
		return f(*r.segment)
	})
}
