package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/digits"
)

// column is one column of the table of a role. Its cells hold one line.
type column struct {
	head  string
	right bool
	cell  func(row) string
}

// columnsOf returns the columns of metrics of one role: only secondary metrics have q-values,
// and guardrails are read from the interval and the margin rather than from p.
func columnsOf(metrics ...*analysis.MetricResult) []column {
	columns := []column{
		{headUsers, true, usersCell},
		{headConversions, true, conversionsCell},
		{meanHead(metrics), true, meanCell},
		{headLift, false, liftCell},
		{headEffect, false, effectCell},
	}
	switch metrics[0].Role {
	case analysis.Secondary:
		columns = append(columns, column{headP, false, pCell}, column{headQ, false, qCell})
	case analysis.Guardrail:
		columns = append(columns, column{headMargin, false, marginCell})
	default:
		columns = append(columns, column{headP, false, pCell})
	}
	return columns
}

// meanHead is the head of the column of what the variants came to.
func meanHead(metrics []*analysis.MetricResult) string {
	quantiles := 0
	for _, m := range metrics {
		if m.Kind == string(experiment.KindQuantile) {
			quantiles++
		}
	}
	switch quantiles {
	case 0:
		return headMean
	case len(metrics):
		return headQuantile
	}
	return headMeanQuantile
}

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

// tableRows returns the rows of a metric for people: one where it has no figures at all.
func tableRows(card *analysis.Scorecard, m *analysis.MetricResult) []row {
	if len(m.Variants) == 0 && len(m.Comparisons) == 0 {
		return []row{{card: card, metric: m}}
	}
	return rows(card, m)
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

// plainTable is a table without a frame.
type plainTable struct {
	head  table.Row
	right []table.ColumnConfig
	rows  []table.Row
	// grouped shows a first cell that repeats only once.
	grouped bool
}

// addHead adds a column, whose cells are on the right where right says so.
func (t *plainTable) addHead(head string, right bool) {
	t.head = append(t.head, head)
	if right {
		t.right = append(t.right, table.ColumnConfig{Number: len(t.head), Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
}

// render returns the lines of the table.
func (t *plainTable) render() string {
	w := table.NewWriter()
	w.SetStyle(table.Style{
		Box:     table.BoxStyle{PaddingLeft: "  ", MiddleHorizontal: "-", MiddleSeparator: "-"},
		Options: table.Options{SeparateHeader: true},
	})
	w.AppendHeader(t.head)
	w.SetColumnConfigs(t.right)
	for i, cells := range t.rows {
		if t.grouped && i > 0 && cells[0] == t.rows[i-1][0] {
			cells = append(table.Row{""}, cells[1:]...)
		}
		w.AppendRow(cells)
	}
	var b strings.Builder
	for line := range strings.Lines(w.Render() + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
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

func usersCell(r row) string {
	if r.result == nil {
		return missing
	}
	return digits.Count(r.result.Users)
}

func conversionsCell(r row) string {
	if r.result == nil {
		return missing
	}
	return knownCount(r.result.Conversions)
}

// knownCount writes a count that may be unknown.
func knownCount(c analysis.Count) string {
	n, ok := c.Get()
	if !ok {
		return missing
	}
	return digits.Count(n)
}

func meanCell(r row) string {
	if r.result == nil {
		return missing
	}
	return mean(r.metric.Kind, r.result.Mean, r.result.SE)
}

// compared returns what f says of the row's comparison. Control, which is compared with
// nothing, has an empty cell rather than a dash.
func compared(r row, f func(*analysis.Comparison) string) string {
	switch {
	case r.comparison != nil:
		return f(r.comparison)
	case r.variant.Control:
		return ""
	}
	return missing
}

func liftCell(r row) string { return compared(r, lift) }

func effectCell(r row) string {
	return compared(r, func(c *analysis.Comparison) string {
		return effect(r.metric.Kind, c.Effect.Value, c.Effect.SE, c.Lo, c.Hi)
	})
}

func pCell(r row) string {
	return compared(r, func(c *analysis.Comparison) string { return pValue(c.P, c.LnP, c.Alpha) })
}

func qCell(r row) string {
	return compared(r, func(c *analysis.Comparison) string {
		return pValue(c.Q, analysis.Number{}, analysis.Number{})
	})
}

func marginCell(r row) string {
	return compared(r, func(c *analysis.Comparison) string {
		if v, ok := c.Margin.Get(); ok {
			return shortPercent(v)
		}
		return missing
	})
}

// verdictWord is the verdict of the row; a metric without figures cannot say.
func verdictWord(r row) string {
	if r.comparison == nil && r.result == nil {
		return string(analysis.CannotSay)
	}
	return compared(r, func(c *analysis.Comparison) string { return visible(string(c.Verdict)) })
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

// metricName marks the metrics of which less is better.
func metricName(m *analysis.MetricResult) string {
	name := shortName(m.Name)
	if m.Goal == string(experiment.GoalDecrease) {
		name += labelLower
	}
	return name
}

// lowerWord says of a metric of which less is better just that, empty of others.
func lowerWord(m *analysis.MetricResult) string {
	if m.Goal != string(experiment.GoalDecrease) {
		return ""
	}
	return strings.Trim(labelLower, " ()")
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

// aboutMetric says what is counted and until when.
func aboutMetric(card *analysis.Scorecard, m *analysis.MetricResult, zone zone) string {
	about := visible(m.Window)
	if m.FirstNumber.After(card.Through) {
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

// sentences returns what the comparison says of itself. Secondary metrics are read from
// the table unless they are significant or cannot be.
func sentences(r row) []string {
	c := r.comparison
	if c == nil || c.Sentence == "" || r.metric.Role == analysis.Secondary && !c.Significant && c.Reason == "" {
		return nil
	}
	return []string{c.Sentence}
}

// notes returns the lines about one variant of a metric.
func notes(r row) []string {
	var out []string
	for _, reason := range r.reasons() {
		told := reason == r.metric.Reason || r.comparison != nil && strings.Contains(r.comparison.Sentence, reason)
		if !told {
			out = append(out, visible(reason))
		}
	}
	c := r.comparison
	if c == nil {
		return out
	}
	if c.LiftReason != "" && !slices.Contains(r.reasons(), c.LiftReason) {
		out = append(out, labelLift+visible(c.LiftReason))
	}
	if note := phasesNote(c); note != "" {
		out = append(out, note)
	}
	if note := asTestedNote(r); note != "" {
		out = append(out, note)
	}
	if rec := c.Record; rec != nil {
		label := labelRecord
		if r.metric.Role == analysis.Guardrail {
			label = labelDiffers
		}
		note := fmt.Sprintf(label, rec.Look, visible(rec.Date),
			effect(r.metric.Kind, rec.Effect, analysis.Number{}, rec.Lo, rec.Hi), pValue(rec.P, analysis.Number{}, c.Alpha))
		if r.metric.Role != analysis.Guardrail && followsUp(c) {
			note += labelFollowUp
		}
		out = append(out, note)
	}
	if note := countedFirstNote(r); note != "" {
		out = append(out, note)
	}
	if s := c.Stagewise; s != nil {
		out = append(out, fmt.Sprintf(labelStagewise, s.Look, visible(s.Date),
			effect(r.metric.Kind, s.Estimate, analysis.Number{}, s.Lo, s.Hi), pValue(s.P, analysis.Number{}, c.Alpha)))
	}
	if _, ok := c.PAdjusted.Get(); ok {
		out = append(out, fmt.Sprintf(labelAdjusted, pValue(c.PAdjusted, analysis.Number{}, analysis.Number{})))
	}
	if c.IntervalUnadjusted {
		out = append(out, labelUnadjusted)
	}
	if c.Harm {
		out = append(out, labelHarm)
	}
	switch r.metric.Role {
	case analysis.Primary:
		out = append(out, list(", ", lookNote(c), forecastNote(c)))
	case analysis.Guardrail:
		if power := powerNote(c); power != "" {
			out = append(out, power)
		}
	}
	if _, ok := c.Raw.Value.Get(); ok && r.metric.CUPED != nil && len(r.metric.CUPED.Covariates) > 0 && c.AsOf == "" {
		none := analysis.Number{}
		out = append(out, fmt.Sprintf(labelRaw, effect(r.metric.Kind, c.Raw.Value, c.Raw.SE, none, none), effectSE(r.metric.Kind, c.Raw.SE)))
	}
	return out
}

// followsUp reports whether the figures in the table are of a look after the look of record.
func followsUp(c *analysis.Comparison) bool { return c.Look > c.Record.Look }

// phasesNote says why the figures in the table are not what is compared.
func phasesNote(c *analysis.Comparison) string {
	switch c.Phases {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(labelPhases, labelOnePhase)
	}
	return fmt.Sprintf(labelPhases, fmt.Sprintf(labelManyPhases, c.Phases))
}

// asTestedNote says what the day's test was made of, where its numbers have changed since.
func asTestedNote(r row) string {
	l := r.comparison.AsTested
	if l == nil {
		return ""
	}
	kept := labelTested
	if r.metric.Role == analysis.Guardrail {
		// Its verdict is read from the interval shown.
		kept = labelTestedGuard
	}
	return fmt.Sprintf(labelAsTested, effect(r.metric.Kind, l.Effect, analysis.Number{}, l.Lo, l.Hi), kept)
}

// lookNote says where the test of a comparison stands.
func lookNote(c *analysis.Comparison) string {
	look := labelNoLook
	if c.Look > 0 {
		when := prefix(labelLookAsOf, visible(c.AsOf))
		if c.Today {
			when = labelLookToday
		}
		look = fmt.Sprintf(labelLook, c.Look, when)
	}
	parts := []string{look}
	if _, ok := c.Z.Get(); ok {
		against := labelNoBoundary
		if _, bounded := c.Critical.Get(); bounded {
			against = fmt.Sprintf(labelBoundary, number(c.Critical))
		}
		parts = append(parts, "z "+number(c.Z)+against)
	}
	if spent, ok := c.Spent.Get(); ok {
		parts = append(parts, fmt.Sprintf(labelSpent, shortPercent(spent), share(c.Alpha)))
	}
	if t, ok := c.Time.Get(); ok {
		parts = append(parts, fmt.Sprintf(labelTime, roughPercent(t)))
	}
	parts = append(parts, powerNote(c))
	if c.Approximate {
		parts = append(parts, labelApproximate)
	}
	return list(", ", parts...)
}

// powerNote says what power today's data have: for the effect that is looked for, or of a
// guardrail to pass.
func powerNote(c *analysis.Comparison) string {
	power, ok := c.PowerSoFar.Get()
	if !ok {
		return ""
	}
	label := labelPower
	if _, guardrail := c.Margin.Get(); guardrail {
		label = labelPowerPass
	}
	return fmt.Sprintf(label, roughPercent(power))
}

// countedFirstNote says what the comparison is with everybody counted in the variant seen first.
func countedFirstNote(r row) string {
	f := r.comparison.CountedFirst
	switch {
	case f == nil:
		return ""
	case f.Reason != "":
		return fmt.Sprintf(labelFirst, visible(f.Reason))
	}
	change := lift(&analysis.Comparison{Lift: f.Lift, LiftLo: f.LiftLo, LiftHi: f.LiftHi})
	return fmt.Sprintf(labelFirst, list(", ", "effect "+effect(r.metric.Kind, f.Effect.Value, f.Effect.SE, f.Lo, f.Hi), "lift "+change))
}

// forecastNote says how likely an improvement is to be found by the end, and with how many users.
func forecastNote(c *analysis.Comparison) string {
	_, planned := c.ConditionalPowerMDE.Get()
	_, now := c.ConditionalPowerNow.Get()
	if !planned && !now {
		return ""
	}
	users := ""
	if n, ok := c.ExpectedUsers.Get(); ok {
		users = fmt.Sprintf(labelForecast, digits.Fixed(n, 0))
	}
	return list(" ", fmt.Sprintf(labelConditional, roughShare(c.ConditionalPowerMDE), roughShare(c.ConditionalPowerNow)), users)
}

// capNote says what the cap of a column came to.
func capNote(a analysis.Cap) string {
	var bounds []string
	if a.Lower != (analysis.Number{}) {
		bounds = append(bounds, "from "+number(a.Lower))
	}
	if a.Upper != (analysis.Number{}) {
		bounds = append(bounds, "at "+number(a.Upper))
	}
	return fmt.Sprintf(labelCap, visible(a.Of), list(" and ", bounds...), several(a.Users, labelOneUser, labelManyUsers))
}

// saysCUPED reports whether there is something to say of an adjustment: before any user is
// counted there is not.
func saysCUPED(a *analysis.CUPED) bool { return a != nil && (len(a.Covariates) > 0 || a.Note != "") }

// cupedNote says what the adjustment did.
func cupedNote(a *analysis.CUPED) string {
	history := ""
	if a.MissingHistory > 0 {
		history = fmt.Sprintf(labelHistory, several(a.MissingHistory, labelOneUser, labelManyUsers))
	}
	if len(a.Covariates) == 0 {
		return list(", ", fmt.Sprintf(labelNotAdjusted, visible(a.Note)), history)
	}
	return list(", ", fmt.Sprintf(labelCUPED, covariateNames(a), roughShare(a.VarianceKept), roughShare(a.EffectiveSampleGained)),
		history, visible(a.Note))
}

// covariateNames lists the covariates that took part in an adjustment.
func covariateNames(a *analysis.CUPED) string {
	if len(a.Covariates) == 0 {
		return labelNoCovariate
	}
	names := make([]string, len(a.Covariates))
	for i, name := range a.Covariates {
		names[i] = shortName(name)
	}
	return list(", ", names...)
}
