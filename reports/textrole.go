package reports

import (
	"fmt"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"readout/analysis"
)

// writeRole writes the table of the metrics of a role and the notes below it.
func writeRole(c *canvas, card *analysis.Scorecard, zone zone, title string, has func(analysis.Role) bool) {
	var metrics []*analysis.MetricResult
	for i := range card.Metrics {
		if has(card.Metrics[i].Role) {
			metrics = append(metrics, &card.Metrics[i])
		}
	}
	if len(metrics) == 0 {
		return
	}
	c.blank()
	c.line(0, title, strong)
	columns := columnsOf(metrics...)
	if rendered := render(c, card, metrics, columns); c.width <= 0 || widest(rendered) <= c.width {
		c.WriteString(rendered)
	} else {
		writeList(c, card, metrics, columns)
	}
	for _, about := range windows(card, metrics, zone) {
		c.line(2, about, faint)
	}
	for _, m := range metrics {
		writeNotes(c, card, m)
	}
}

// render returns the table of the metrics.
func render(c *canvas, card *analysis.Scorecard, metrics []*analysis.MetricResult, columns []column) string {
	t := plainTable{head: table.Row{headMetric, headVariant}}
	for _, col := range columns {
		t.addHead(col.head, col.right)
	}
	t.addHead(headVerdict, false)
	for _, m := range metrics {
		for i, r := range tableRows(card, m) {
			name := ""
			if i == 0 {
				name = metricName(m)
			}
			cells := table.Row{name, variantName(r.variant)}
			for _, col := range columns {
				cells = append(cells, col.cell(r))
			}
			t.rows = append(t.rows, append(cells, verdictCell(c, r)))
		}
	}
	return t.render()
}

// writeList writes the same cells as a list, for narrow terminals.
func writeList(c *canvas, card *analysis.Scorecard, metrics []*analysis.MetricResult, columns []column) {
	for _, m := range metrics {
		c.line(2, metricName(m), regular)
		for _, r := range tableRows(card, m) {
			var cells []string
			for _, col := range columns {
				if cell := col.cell(r); cell != "" && cell != missing {
					cells = append(cells, col.head+" "+cell)
				}
			}
			if verdict := verdictWord(r); verdict != "" {
				cells = append(cells, verdict)
			}
			c.line(4, list(": ", variantName(r.variant), list(", ", cells...)), verdictStyle(r))
		}
	}
}

func verdictCell(c *canvas, r row) string { return c.paint(verdictWord(r), verdictStyle(r)) }

func verdictStyle(r row) style {
	if r.comparison == nil {
		return regular
	}
	switch r.comparison.Verdict {
	case analysis.Better, analysis.Passes:
		return green
	case analysis.Worse, analysis.Fails:
		return red
	}
	return regular
}

// windows returns what is counted and until when, one line for all metrics that share it.
func windows(card *analysis.Scorecard, metrics []*analysis.MetricResult, zone zone) []string {
	var abouts []string
	names := make(map[string][]string)
	for _, m := range metrics {
		about := aboutMetric(card, m, zone)
		if about == "" {
			continue
		}
		if names[about] == nil {
			abouts = append(abouts, about)
		}
		names[about] = append(names[about], shortName(m.Name))
	}
	for i, about := range abouts {
		abouts[i] = list(", ", names[about]...) + ": " + about
	}
	return abouts
}

// awaitsFirst reports whether a metric has no number yet because no window is over. At the very
// instant of the first number only those count who were exposed at the start to the microsecond.
func awaitsFirst(card *analysis.Scorecard, m *analysis.MetricResult) bool {
	return !m.FirstNumber.IsZero() && !m.FirstNumber.Before(card.Through) &&
		!slices.ContainsFunc(m.Variants, func(v analysis.VariantResult) bool { return v.Users > 0 })
}

// aboutMetric says what is counted and until when.
func aboutMetric(card *analysis.Scorecard, m *analysis.MetricResult, zone zone) string {
	about := visible(m.Window)
	if awaitsFirst(card, m) {
		about = list(", ", about, fmt.Sprintf(labelFirstNumber, zone.date(m.FirstNumber)))
	}
	if m.Final.After(card.Through) {
		about = list(", ", about, fmt.Sprintf(labelFinal, zone.end(m.Final)))
	}
	return about
}

// writeNotes writes what the table has no room for: reasons, sentences, looks.
func writeNotes(c *canvas, card *analysis.Scorecard, m *analysis.MetricResult) {
	name := shortName(m.Name)
	if m.Reason != "" {
		c.line(2, name+": "+visible(m.Reason), regular)
	}
	for _, capped := range m.Caps {
		if capped.Problem != "" {
			continue // it is the metric's reason
		}
		c.line(2, name+": "+capNote(capped), regular)
	}
	if saysCUPED(m.CUPED) {
		c.line(2, name+": "+cupedNote(m.CUPED), regular)
	}
	for _, r := range rows(card, m) {
		for _, sentence := range sentences(r) {
			c.line(2, visible(sentence), regular)
		}
		for _, note := range notes(r) {
			c.line(2, name+", "+variantName(r.variant)+": "+note, regular)
		}
	}
}
