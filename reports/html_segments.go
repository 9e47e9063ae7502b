package reports

import (
	"fmt"
	"slices"
	"strings"

	"readout/analysis"
	"readout/internal/digits"
)

// segmentsView is the results by segment.
type segmentsView struct {
	Sentence string
	Columns  []segmentColumnView
}

// segmentColumnView is the results by the values of one column.
type segmentColumnView struct {
	Name, Count string
	// Alarm says that users of a segment are not split as planned.
	Alarm word
	// Variants are the heads of the users of Splits.
	Variants []string
	Splits   []segmentSplitView
	Metrics  []segmentMetricView
}

// segmentSplitView is the users of a segment by variant.
type segmentSplitView struct {
	Name  string
	Users []cellView
	Split string
	Alarm word
}

// segmentMetricView is one metric by segment.
type segmentMetricView struct {
	Name, Lower string
	Mean, Scale string
	Rows        []segmentRowView
}

// segmentRowView is one treatment in a segment.
type segmentRowView struct {
	Segment, Variant        string
	Users, Mean, Control    string
	Value, Interval, Effect string
	Bar                     *intervalBar
	P, Q                    string
	// Notes say why figures are missing.
	Notes []string
}

// segmentsOf returns the results by the columns that have segments, or nil where none has.
func segmentsOf(card *analysis.Scorecard) *segmentsView {
	if card.Segments == nil {
		return nil
	}
	v := &segmentsView{Sentence: visible(card.Segments.Sentence)}
	for i := range card.Segments.Columns {
		if column := &card.Segments.Columns[i]; len(column.Segments) > 0 {
			v.Columns = append(v.Columns, segmentColumnOf(card, column))
		}
	}
	if len(v.Columns) == 0 {
		return nil
	}
	return v
}

// segmentColumnOf returns the results of a column.
func segmentColumnOf(card *analysis.Scorecard, column *analysis.SegmentColumn) segmentColumnView {
	v := segmentColumnView{Name: shortName(column.Column), Count: several(int64(len(column.Segments)), pageOneSegment, pageSegments)}
	for _, variant := range card.Variants {
		v.Variants = append(v.Variants, variantName(variant))
	}
	for j := range column.Segments {
		s := &column.Segments[j]
		split := segmentSplitView{Name: segmentOf{column.Column, s}.name(), Split: visible(s.Split.Reason)}
		if split.Split == "" {
			split.Split = readableP(s.Split.SequentialP, analysis.Number{}, analysis.Number{})
		}
		if s.Split.Mismatch {
			split.Alarm = severityWords(analysis.Alarm)
			split.Alarm.Text = pageMismatch
			v.Alarm = split.Alarm
		}
		for k, variant := range card.Variants {
			split.Users = append(split.Users, cellView{v.Variants[k], plannedUsers(s, variant.Name)})
		}
		v.Splits = append(v.Splits, split)
	}
	for _, t := range segmentTables(card, column) {
		v.Metrics = append(v.Metrics, segmentMetricOf(t))
	}
	return v
}

// plannedUsers writes a variant's users in a segment beside those planned.
func plannedUsers(s *analysis.Segment, variant string) string {
	for _, u := range s.Users {
		if planned, ok := u.Planned.Get(); ok && u.Variant == variant {
			return fmt.Sprintf(labelSegmentPlanned, digits.Count(u.Users), digits.Fixed(planned, 0))
		}
	}
	return segmentUsers(s, variant)
}

// segmentMetricOf returns a metric by segment, drawn on one scale.
func segmentMetricOf(t segmentTable) segmentMetricView {
	v := segmentMetricView{Name: shortName(t.metric.Name), Lower: lowerWord(t.metric), Mean: meanWord(t.metric.Kind)}
	all := analysis.MetricResult{Kind: t.metric.Kind, Goal: t.metric.Goal}
	for _, r := range t.rows {
		if c := r.treatment.comparison; c != nil {
			all.Comparisons = append(all.Comparisons, *c)
		}
	}
	axis, drawn := axisOf(&all)
	if drawn {
		v.Scale = axis.describe()
	}
	for _, r := range t.rows {
		v.Rows = append(v.Rows, segmentRowOf(r, axis, drawn))
	}
	return v
}

// segmentRowOf returns one treatment in a segment.
func segmentRowOf(r segmentRow, axis barAxis, drawn bool) segmentRowView {
	x := r.treatment
	v := segmentRowView{
		Segment: x.segment.name(), Variant: variantName(x.variant),
		Users: usersCell(x), Mean: meanCell(x), Control: meanCell(r.control), Effect: effectCell(x),
		P: compared(x, func(c *analysis.Comparison) string { return readableP(c.P, c.LnP, c.Alpha) }),
		Q: compared(x, func(c *analysis.Comparison) string { return readableP(c.Q, analysis.Number{}, analysis.Number{}) }),
	}
	v.Value, v.Interval, _ = strings.Cut(liftCell(x), " ")
	if v.Effect == missing {
		v.Effect = ""
	}
	reasons := x.reasons()
	if x.comparison != nil && x.comparison.LiftReason != "" && !slices.Contains(reasons, x.comparison.LiftReason) {
		reasons = append(reasons, labelLift+x.comparison.LiftReason)
	}
	for _, reason := range reasons {
		v.Notes = append(v.Notes, visible(reason))
	}
	if x.comparison != nil && drawn {
		v.Bar = axis.bar(x.metric, x.comparison)
	}
	return v
}
