package reports

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"readout/analysis"
	"readout/internal/digits"
)

// TextOptions say how the text report is laid out. The zero value suits a file: no
// wrapping, no colour.
type TextOptions struct {
	// Width is the number of columns to keep to; 0 (or less) means no limit. A table that
	// does not fit is written as a list.
	Width int
	// Color asks for escape sequences of colour and weight.
	Color bool
}

// maxLeftOut is how many kinds of left out rows are listed; names found in the data are
// without limit.
const maxLeftOut = 20

// Text writes the scorecards for a person at a terminal: what to do first, then the tables
// by role, the checks, the method, and what was read and left out. Names and sentences are
// written with control characters escaped, whatever they hold.
func Text(w io.Writer, cards []analysis.Scorecard, o TextOptions) error {
	c := &canvas{width: o.Width, color: o.Color}
	for i := range cards {
		if i > 0 {
			c.WriteString("\n" + c.paint(strings.Repeat("=", 60), faint) + "\n\n")
		}
		writeCard(c, &cards[i])
	}
	_, err := io.WriteString(w, c.String())
	return err
}

func writeText(w io.Writer, cards []analysis.Scorecard) error {
	return Text(w, cards, TextOptions{})
}

// writeCard writes one scorecard.
func writeCard(c *canvas, card *analysis.Scorecard) {
	zone := zoneOf(card.TimeZone)
	writeHead(c, card, zone)
	c.blank()
	writeAdvice(c, card)
	writeUsers(c, card, zone)
	for _, r := range roleLabels {
		writeRole(c, card, zone, r.title, func(have analysis.Role) bool { return have == r.role })
	}
	writeRole(c, card, zone, labelOtherRole, isOtherRole)
	c.blank()
	if len(card.Metrics) > 0 {
		c.line(0, labelLegend, faint)
	}
	writeSegments(c, card)
	writeChecks(c, card)
	writePlan(c, &card.Plan)
	writeData(c, &card.Data, zone)
}

// isOtherRole reports whether a role has no table of its own.
func isOtherRole(role analysis.Role) bool {
	for _, r := range roleLabels {
		if r.role == role {
			return false
		}
	}
	return true
}

// writeHead writes which experiment this is and how far it has come.
func writeHead(c *canvas, card *analysis.Scorecard, zone zone) {
	title := shortName(card.Experiment)
	if card.Title != "" && card.Title != card.Experiment {
		title += ": " + visible(card.Title)
	}
	if title != "" {
		c.line(0, title, strong)
	}
	if owner := list(", ", list(" / ", visible(card.Organization), visible(card.Project)), prefix(labelOwner, visible(card.Owner))); owner != "" {
		c.line(0, owner, faint)
	}
	if card.Hypothesis != "" {
		c.line(0, labelHypothesis+visible(card.Hypothesis), faint)
	}
	c.line(0, list(", ", visible(card.Status), fmt.Sprintf(labelThrough, visible(card.Date), visible(card.TimeZone))), regular)
	if card.End.IsZero() {
		return
	}
	progress := fmt.Sprintf(labelProgress, bar(card.Progress)+" "+digits.WholePercent(clamp(card.Progress)), zone.end(card.End), daysLeft(card.DaysLeft))
	if card.Final.After(card.End) {
		progress += ", " + fmt.Sprintf(labelFinalLater, zone.end(card.Final))
	}
	c.line(0, progress, regular)
}

// clamp returns a share moved into [0, 1].
func clamp(share float64) float64 {
	if !(share > 0) {
		return 0
	}
	return math.Min(share, 1)
}

// bar draws a share in 20 characters; only a full one is drawn full.
func bar(share float64) string {
	const size = 20
	full := int(clamp(share) * size)
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", size-full) + "]"
}

func daysLeft(days int) string {
	if days == 1 {
		return labelDayLeft
	}
	return fmt.Sprintf(labelDaysLeft, digits.Count(int64(max(0, days))))
}

// writeAdvice writes the recommendation, and plainly that there is nothing yet.
func writeAdvice(c *canvas, card *analysis.Scorecard) {
	sentence := visible(card.Recommendation.Sentence)
	if sentence == "" {
		sentence = labelNoAdvice
	}
	c.line(0, sentence, strong)
	for _, note := range nothingNotes(card) {
		c.line(0, note, regular)
	}
}

// nothingNotes says that there are no users, or no metrics.
func nothingNotes(card *analysis.Scorecard) []string {
	var notes []string
	if !slices.ContainsFunc(card.Variants, func(v analysis.Variant) bool { return v.Users > 0 || v.Several > 0 }) {
		notes = append(notes, labelNoData)
	}
	if len(card.Metrics) == 0 {
		notes = append(notes, labelNoMetrics)
	}
	return notes
}

// writeUsers writes the users per variant beside the planned shares.
func writeUsers(c *canvas, card *analysis.Scorecard, zone zone) {
	var users, several []string
	for i, v := range card.Variants {
		traffic := share(analysis.Defined(v.Traffic))
		if s, ok := plannedOfAll(card, i); ok {
			traffic = percent(s)
		}
		of := fmt.Sprintf(labelUsersOf, variantName(v), digits.Count(v.Users), traffic)
		if !v.Stopped.IsZero() {
			of += fmt.Sprintf(labelStopped, zone.date(v.Stopped))
		}
		users = append(users, of)
		if v.Several > 0 {
			several = append(several, fmt.Sprintf(labelSeveralOf, knownCount(v.Several), shortName(v.Name)))
		}
	}
	if len(users) > 0 {
		c.blank()
		c.line(0, labelUsers+list(", ", users...), regular)
	}
	if len(several) > 0 {
		c.line(0, labelSeveral+list(", ", several...), regular)
	}
}

// variantName marks the control where its name does not.
func variantName(v analysis.Variant) string {
	name := shortName(v.Name)
	if v.Control && v.Name != "control" {
		name += labelControl
	}
	return name
}

// writeChecks writes what needs attention in full and the rest as a count.
func writeChecks(c *canvas, card *analysis.Scorecard) {
	ok := 0
	for _, check := range card.Checks {
		if check.Severity == analysis.OK {
			ok++
		}
	}
	summary := labelChecksNone
	if len(card.Checks) > 0 {
		summary = fmt.Sprintf(labelChecksOK, ok)
	}
	c.line(0, labelChecks+": "+summary, regular)
	for _, check := range card.Checks {
		if check.Severity == analysis.OK {
			continue
		}
		var figures []string
		for _, n := range check.Numbers {
			figures = append(figures, checkFigure(n))
		}
		s := visible(string(check.Severity)) + " " + visible(check.Name) + ": " + visible(check.Sentence)
		c.line(2, list(" ", s, enclose(list(", ", figures...))), severityStyle(check.Severity))
	}
}

func severityStyle(s analysis.Severity) style {
	switch s {
	case analysis.Alarm:
		return red
	case analysis.Warning:
		return yellow
	}
	return regular
}

// writePlan writes the method line and the family of comparisons.
func writePlan(c *canvas, plan *analysis.PlanLine) {
	if plan.Sentence != "" {
		c.line(0, labelMethod+visible(plan.Sentence), regular)
	}
	if family := familyLine(plan); family != "" {
		c.line(0, family, regular)
	}
}

// familyLine lists the comparisons that share alpha; empty for none.
func familyLine(plan *analysis.PlanLine) string {
	if len(plan.Family) == 0 {
		return ""
	}
	if len(plan.Family) == 1 {
		return fmt.Sprintf(labelFamilyOne, number(plan.AlphaEach), visible(plan.Family[0]))
	}
	family := make([]string, len(plan.Family))
	for i, f := range plan.Family {
		family[i] = visible(f)
	}
	return fmt.Sprintf(labelFamily, len(family), visible(plan.Correction), number(plan.AlphaEach), list(", ", family...))
}

// list joins what is not empty.
func list(separator string, parts ...string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, separator)
}

// prefix puts a label before s where s is not empty.
func prefix(label, s string) string {
	if s == "" {
		return ""
	}
	return label + s
}

// enclose puts s in parentheses where it is not empty.
func enclose(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}
