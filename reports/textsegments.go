package reports

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"readout/analysis"
	"readout/internal/digits"
)

// writeSegments writes, per segment column, the users with their split and the primary
// metrics, or all where there is none.
func writeSegments(c *canvas, card *analysis.Scorecard) {
	if card.Segments == nil {
		return
	}
	left := false
	for i := range card.Segments.Columns {
		column := &card.Segments.Columns[i]
		c.blank()
		c.line(0, fmt.Sprintf(labelBySegment, shortName(column.Column)), strong)
		if len(column.Segments) == 0 {
			c.line(2, labelNoSegments, regular)
			continue
		}
		writeSplits(c, card, column)
		tables := segmentTables(card, column)
		shown := primaryTables(tables)
		left = left || len(shown) < len(tables)
		writeSegmentTables(c, column, shown)
	}
	c.blank()
	c.line(0, visible(card.Segments.Sentence), faint)
	if left {
		c.line(0, labelOtherTables, faint)
	}
	c.blank()
}

// primaryTables returns those of primary metrics, or all where there is none.
func primaryTables(tables []segmentTable) []segmentTable {
	var out []segmentTable
	for _, t := range tables {
		if t.metric.Role == analysis.Primary {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return tables
	}
	return out
}

// writeSplits writes the users per variant of every segment.
func writeSplits(c *canvas, card *analysis.Scorecard, column *analysis.SegmentColumn) {
	t := plainTable{head: table.Row{shortName(column.Column)}}
	for _, v := range card.Variants {
		t.addHead(headUsers+" "+variantName(v), true)
	}
	t.addHead(headSplit, false)
	for i := range column.Segments {
		s := &column.Segments[i]
		cells := table.Row{segmentOf{column.Column, s}.name()}
		for _, v := range card.Variants {
			cells = append(cells, segmentUsers(s, v.Name))
		}
		t.rows = append(t.rows, append(cells, c.paint(splitCell(s), splitStyle(s))))
	}
	if rendered := t.render(); c.width <= 0 || widest(rendered) <= c.width {
		c.WriteString(rendered)
		return
	}
	c.writeCells(t, 1)
}

// segmentUsers writes a variant's users in a segment.
func segmentUsers(s *analysis.Segment, variant string) string {
	for _, u := range s.Users {
		if u.Variant == variant {
			return digits.Count(u.Users)
		}
	}
	return missing
}

// splitCell says how the users of a segment are split.
func splitCell(s *analysis.Segment) string {
	if s.Split.Reason != "" {
		return visible(s.Split.Reason)
	}
	p := pValue(s.Split.SequentialP, analysis.Number{}, analysis.Number{})
	if s.Split.Mismatch {
		p += ", " + labelSegmentMismatch
	}
	return p
}

func splitStyle(s *analysis.Segment) style {
	if s.Split.Mismatch {
		return red
	}
	return regular
}

// writeSegmentTables writes the metrics of a column.
func writeSegmentTables(c *canvas, column *analysis.SegmentColumn, tables []segmentTable) {
	if len(tables) == 0 {
		return
	}
	c.blank()
	t := plainTable{head: table.Row{headMetric, shortName(column.Column), headVariant}, grouped: true}
	var metrics []*analysis.MetricResult
	for _, of := range tables {
		metrics = append(metrics, of.metric)
	}
	t.addHead(headUsers, true)
	t.addHead(headControl, true)
	t.addHead(meanHead(metrics), true)
	for _, head := range []string{headLift, headEffect, headP, headQ} {
		t.addHead(head, false)
	}
	var reasons []string
	for _, of := range tables {
		for _, r := range of.rows {
			x := r.treatment
			t.rows = append(t.rows, table.Row{
				metricName(of.metric), x.segment.name(), variantName(x.variant), usersCell(x), meanCell(r.control), meanCell(x),
				liftCell(x), effectCell(x), pCell(x), qCell(x),
			})
			for _, reason := range x.reasons() {
				reasons = append(reasons, list(", ", shortName(of.metric.Name), x.segment.name(), variantName(x.variant))+": "+visible(reason))
			}
		}
	}
	if rendered := t.render(); c.width <= 0 || widest(rendered) <= c.width {
		c.WriteString(rendered)
	} else {
		c.writeCells(t, 3)
	}
	for _, reason := range reasons {
		c.line(2, reason, regular)
	}
}

// writeCells writes a table as a list, for narrow terminals: a line per row, the first
// columns, so many as names says, as they are, the heads of the others before their cells.
func (c *canvas) writeCells(t plainTable, names int) {
	for _, cells := range t.rows {
		var named, parts []string
		for i, cell := range cells {
			s := fmt.Sprint(cell)
			switch {
			case i < names:
				named = append(named, s)
			case s != "" && s != missing:
				parts = append(parts, fmt.Sprint(t.head[i])+" "+s)
			}
		}
		c.line(2, list(": ", list(", ", named...), list(", ", parts...)), regular)
	}
}
