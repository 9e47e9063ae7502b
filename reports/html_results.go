package reports

import (
	"fmt"
	"slices"
	"strings"

	"readout/analysis"
	"readout/experiment"
)

// resultsView is the tab of results.
type resultsView struct {
	Roles   []roleView
	Effects []figure
	// Found says when a difference in the pictures of effects counts as found.
	Found    string
	Omitted  []string
	Users    *figure
	Series   []series
	Segments *segmentsView
	Checks   []checkView
	Read     []string
	LeftOut  []string
	Nothing  string
	Method   string
	Family   string
	Glossary []term
	// Doubt says that an alarm stands against all of it.
	Doubt string
}

// roleView is the metrics of one role.
type roleView struct {
	Title, About string
	Metrics      []metricView
}

// metricView is one metric: a table of variants, and notes.
type metricView struct {
	Name, Lower, About string
	// Heads are the heads of the columns after the variant.
	Mean, Scale string
	Tail        []string
	Rows        []rowView
	Notes       []string
	Details     []string
}

// rowView is one variant of a metric.
type rowView struct {
	Variant, Stopped         string
	Control                  bool
	Users, Conversions, Mean string
	// Value and Interval are the lift, Effect the difference in the metric's unit.
	Value, Interval, Effect string
	Bar                     *intervalBar
	// Tail holds the cells under the heads of Tail.
	Tail    []cellView
	Verdict word
}

// cellView is a cell that knows its head, for narrow screens.
type cellView struct{ Head, Text string }

// results returns the tab of a scorecard.
func results(card *analysis.Scorecard, zone zone) (resultsView, error) {
	v := resultsView{Glossary: glossary(), Method: visible(card.Plan.Sentence), Series: seriesOf(card), Found: pageFound}
	if card.Plan.Correction == string(experiment.CorrectionHolm) {
		v.Found = pageFoundHolm
	}
	for _, role := range roleWords() {
		r := roleView{Title: role.Title, About: role.About}
		for i := range card.Metrics {
			m := &card.Metrics[i]
			if m.Role == role.Role || role.Role == "" && isOtherRole(m.Role) {
				r.Metrics = append(r.Metrics, metricOf(card, m, zone))
			}
		}
		if len(r.Metrics) > 0 {
			v.Roles = append(v.Roles, r)
		}
	}
	var err error
	if v.Effects, v.Omitted, err = effectFigures(card); err != nil {
		return v, err
	}
	if v.Users, err = usersFigure(card); err != nil {
		return v, err
	}
	if hasStagewise(card) {
		v.Glossary = append(v.Glossary, estimateTerm())
	}
	if v.Segments = segmentsOf(card); v.Segments != nil {
		v.Glossary = append(v.Glossary, segmentTerm())
	}
	for _, c := range card.Checks {
		v.Checks = append(v.Checks, checkOf(c))
		if c.Severity == analysis.Alarm {
			v.Doubt = pageDoubt
		}
	}
	if slices.ContainsFunc(card.Checks, weighsSplit) {
		v.Glossary = append(v.Glossary, evidenceTerm())
	}
	sortChecks(v.Checks)
	v.Family = familyLine(&card.Plan)
	v.Read = dataRead(&card.Data, zone)
	v.LeftOut = leftOuts(&card.Data)
	if len(v.LeftOut) == 0 && card.Data.SummaryRows == 0 {
		v.Nothing = labelNothingOut
	}
	return v, nil
}

// hasStagewise reports whether a test has ended with an estimate for its last look.
func hasStagewise(card *analysis.Scorecard) bool {
	return slices.ContainsFunc(card.Metrics, func(m analysis.MetricResult) bool {
		return slices.ContainsFunc(m.Comparisons, func(c analysis.Comparison) bool { return c.Stagewise != nil })
	})
}

// sortChecks puts what needs attention first and leaves the order as it is otherwise.
func sortChecks(checks []checkView) {
	slices.SortStableFunc(checks, func(a, b checkView) int { return checkRank(a) - checkRank(b) })
}

// checkRank ranks a check by how it looks.
func checkRank(c checkView) int {
	switch c.Word.Class {
	case "bad":
		return 0
	case "warn":
		return 1
	case "open":
		return 2
	}
	return 3
}

// metricOf returns the table and the notes of a metric.
func metricOf(card *analysis.Scorecard, m *analysis.MetricResult, zone zone) metricView {
	v := metricView{Name: shortName(m.Name), Lower: lowerWord(m), Mean: meanWord(m.Kind)}
	v.About = aboutMetric(card, m, zone)
	if m.CUPED != nil && len(m.CUPED.Covariates) > 0 {
		v.About = list("; ", v.About, pageCupedLift)
	}
	for _, col := range columnsOf(m) {
		switch col.head {
		case headP:
			v.Tail = append(v.Tail, "p-value")
		case headQ:
			v.Tail = append(v.Tail, "q-value")
		case headMargin:
			v.Tail = append(v.Tail, "Margin")
		}
	}
	axis, drawn := axisOf(m)
	if drawn {
		v.Scale = axis.describe()
	}
	if m.Reason != "" {
		v.Notes = append(v.Notes, visible(m.Reason))
	}
	for _, r := range tableRows(card, m) {
		v.Rows = append(v.Rows, rowOf(r, axis, drawn, v.Tail, zone))
		v.Notes = append(v.Notes, comparisonNotes(r)...)
		v.Details = append(v.Details, comparisonDetails(r)...)
	}
	return v
}

// meanWord is the head of the column of means.
func meanWord(kind string) string {
	switch kind {
	case kindProportion:
		return "Rate"
	case "ratio":
		return "Ratio"
	case "quantile":
		return "Quantile"
	}
	return "Mean per user"
}

// rowOf returns a row of the table.
func rowOf(r row, axis barAxis, drawn bool, tail []string, zone zone) rowView {
	v := rowView{
		Variant: variantName(r.variant), Control: r.variant.Control,
		Users: usersCell(r), Conversions: conversionsCell(r), Mean: meanCell(r),
		Effect: effectCell(r),
	}
	if !r.variant.Stopped.IsZero() {
		v.Stopped = fmt.Sprintf(pageStoppedOn, zone.date(r.variant.Stopped))
	}
	v.Value, v.Interval, _ = strings.Cut(liftCell(r), " ")
	if v.Effect == missing {
		v.Effect = ""
	}
	for _, head := range tail {
		cell := cellView{Head: head}
		switch head {
		case "p-value":
			cell.Text = compared(r, func(c *analysis.Comparison) string { return readableP(c.P, c.LnP, c.Alpha) })
		case "q-value":
			cell.Text = compared(r, func(c *analysis.Comparison) string { return readableP(c.Q, analysis.Number{}, analysis.Number{}) })
		default:
			cell.Text = marginCell(r)
		}
		v.Tail = append(v.Tail, cell)
	}
	switch {
	case r.comparison != nil:
		v.Verdict = verdictWords(r.comparison.Verdict)
		if r.comparison.Verdict == analysis.Undecided && r.card.Over(r.metric, r.comparison) {
			v.Verdict.Text = pageUnsettled
		}
		if r.comparison.Verdict == analysis.NoDifference && r.metric.OneSided {
			v.Verdict.Text = pageNotBetter
		}
		if drawn {
			v.Bar = axis.bar(r.metric, r.comparison)
			if v.Bar != nil {
				v.Bar.Class = v.Verdict.Class
			}
		}
	case !r.variant.Control:
		v.Verdict = verdictWords(analysis.CannotSay)
	}
	return v
}
