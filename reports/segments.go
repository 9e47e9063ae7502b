package reports

import (
	"readout/analysis"
)

// segmentOf says which part of the users a row is about.
type segmentOf struct {
	column  string
	segment *analysis.Segment
}

// name is what people read for a segment.
func (s segmentOf) name() string {
	switch s.segment.Kind {
	case analysis.SegmentMissing:
		return labelSegmentMissing
	case analysis.SegmentOther:
		return labelSegmentOther
	}
	return shortName(s.segment.Value)
}

// segmentRows returns the rows of a scorecard by segment, in its order, which are like those
// of all users: every metric in every variant.
func segmentRows(card *analysis.Scorecard) []row {
	if card.Segments == nil {
		return nil
	}
	var out []row
	for i := range card.Segments.Columns {
		column := &card.Segments.Columns[i]
		for j := range column.Segments {
			for k := range column.Segments[j].Metrics {
				out = append(out, rowsInSegment(card, column, j, k)...)
			}
		}
	}
	return out
}

// rowsInSegment returns the variants of metric k in segment j of a column.
func rowsInSegment(card *analysis.Scorecard, column *analysis.SegmentColumn, j, k int) []row {
	s := &column.Segments[j]
	m := segmentMetric(card, &s.Metrics[k])
	out := rows(card, &m)
	for i := range out {
		r := &out[i]
		r.segment = &segmentOf{column.Column, s}
		r.variant.Users, r.variant.Several = 0, 0
		for _, u := range s.Users {
			if u.Variant == r.variant.Name {
				r.variant.Users, r.variant.Several = u.Users, analysis.Count(u.Several)
			}
		}
	}
	return out
}

// segmentMetric returns a segment's metric in the form of those of all users.
func segmentMetric(card *analysis.Scorecard, m *analysis.SegmentMetric) analysis.MetricResult {
	out := analysis.MetricResult{
		Name: m.Name, Role: m.Role, Kind: m.Kind, Goal: m.Goal, Reason: m.Reason, Variants: m.Variants,
	}
	for i := range card.Metrics {
		if whole := &card.Metrics[i]; whole.Name == m.Name && whole.Role == m.Role {
			out.Window, out.FirstNumber, out.Final = whole.Window, whole.FirstNumber, whole.Final
		}
	}
	for i := range m.Comparisons {
		c := &m.Comparisons[i]
		out.Comparisons = append(out.Comparisons, analysis.Comparison{
			Variant: c.Variant, Effect: c.Effect, Raw: c.Raw, Lo: c.Lo, Hi: c.Hi,
			Lift: c.Lift, LiftLo: c.LiftLo, LiftHi: c.LiftHi, LiftUnbounded: c.LiftUnbounded, LiftReason: c.LiftReason,
			P: c.P, LnP: c.LnP, Q: c.Q, Alpha: c.Alpha, Reason: c.Reason,
		})
	}
	return out
}

// A segmentTable is one metric by the segments of one column.
type segmentTable struct {
	metric *analysis.MetricResult // of the first segment
	rows   []segmentRow
}

// segmentRow is one treatment of a metric in a segment, beside its control.
type segmentRow struct{ treatment, control row }

// segmentTables returns the metrics of a column in the order of its first segment.
func segmentTables(card *analysis.Scorecard, column *analysis.SegmentColumn) []segmentTable {
	var out []segmentTable
	type metric struct {
		role analysis.Role
		name string
	}
	place := make(map[metric]int)
	for j := range column.Segments {
		for k := range column.Segments[j].Metrics {
			all := rowsInSegment(card, column, j, k)
			key := metric{all[0].metric.Role, all[0].metric.Name}
			at, ok := place[key]
			if !ok {
				at = len(out)
				place[key] = at
				out = append(out, segmentTable{metric: all[0].metric})
			}
			out[at].rows = append(out[at].rows, treatmentRows(all)...)
		}
	}
	return out
}

// treatmentRows returns the treatments among the variants of a metric.
func treatmentRows(all []row) []segmentRow {
	var control row
	for _, r := range all {
		if r.variant.Control {
			control = r
		}
	}
	var out []segmentRow
	for _, r := range all {
		if !r.variant.Control {
			out = append(out, segmentRow{r, control})
		}
	}
	return out
}
