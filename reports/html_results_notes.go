package reports

import (
	"fmt"
	"strconv"
	"strings"

	"readout/analysis"
	"readout/internal/digits"
)

// comparisonNotes says what a reader of the table must know: the sentence of the
// comparison, why numbers are missing, when it was decided, and how far its numbers hold.
func comparisonNotes(r row) []string {
	c := r.comparison
	var out []string
	for _, s := range sentences(r) {
		out = append(out, visible(s))
	}
	for _, note := range reasonNotes(r) {
		out = append(out, about(r, note))
	}
	if c == nil {
		return out
	}
	for _, note := range append(endNotes(r), limitNotes(r)...) {
		out = append(out, about(r, note))
	}
	if note := countedFirstNote(r); note != "" {
		out = append(out, about(r, upperFirst(note)+"."))
	}
	return out
}

// endNotes says how a test has ended, or that it might as well.
func endNotes(r row) []string {
	c, none := r.comparison, analysis.Number{}
	var out []string
	switch rec := c.Record; {
	case rec == nil:
	case r.metric.Role == analysis.Guardrail:
		out = append(out, fmt.Sprintf(pageDiffers, visible(rec.Date), rec.Look,
			effect(r.metric.Kind, rec.Effect, none, rec.Lo, rec.Hi), readableP(rec.P, none, c.Alpha)))
	default:
		note := fmt.Sprintf(pageRecord, visible(rec.Date), rec.Look,
			effect(r.metric.Kind, rec.Effect, none, rec.Lo, rec.Hi), readableP(rec.P, none, c.Alpha))
		if followsUp(c) {
			note += pageRecordAfter
		}
		out = append(out, note)
	}
	if s := c.Stagewise; s != nil {
		return append(out, fmt.Sprintf(pageStagewise, s.Look, visible(s.Date),
			effect(r.metric.Kind, s.Estimate, none, s.Lo, s.Hi), readableP(s.P, none, c.Alpha)))
	}
	if c.Futile && !r.card.Over(r.metric, c) {
		out = append(out, pageFutile)
	}
	return out
}

// limitNotes says how far the numbers of a comparison hold.
func limitNotes(r row) []string {
	c := r.comparison
	var out []string
	if note := asTestedNote(r); note != "" {
		out = append(out, upperFirst(note)+".")
	}
	if note := phasesNote(c); note != "" {
		out = append(out, upperFirst(note)+".")
	}
	if c.AsOf != "" && !c.Today && c.Look > 0 {
		out = append(out, fmt.Sprintf(pageAsOfLook, visible(c.AsOf)))
	}
	if c.Harm {
		out = append(out, upperFirst(labelHarm)+".")
	}
	if _, ok := c.PAdjusted.Get(); ok {
		out = append(out, fmt.Sprintf(pageUnadjusted, readableP(c.PAdjusted, analysis.Number{}, analysis.Number{})))
	}
	if c.Approximate {
		out = append(out, pageApproximate)
	}
	return out
}

// comparisonDetails says where the test of a comparison stands, for those who check.
func comparisonDetails(r row) []string {
	c := r.comparison
	if c == nil {
		return nil
	}
	var out []string
	if c.Look > 0 {
		out = append(out, about(r, lookNote(c)))
	}
	_, planned := c.ConditionalPowerMDE.Get()
	_, now := c.ConditionalPowerNow.Get()
	if planned || now {
		expected := ""
		if users, ok := c.ExpectedUsers.Get(); ok {
			expected = fmt.Sprintf(pageExpected, digits.Fixed(users, 0))
		}
		chances := fmt.Sprintf(pageConditional, roughShare(c.ConditionalPowerMDE), roughShare(c.ConditionalPowerNow))
		out = append(out, about(r, list(", ", chances, expected)))
	}
	return out
}

// readableP is pValue without exponents: below one in ten thousand it says only
// that.
func readableP(p, lnP, alpha analysis.Number) string {
	const least = 1e-4
	v, ok := p.Get()
	if !ok || alpha.Or(1) <= least {
		return pValue(p, lnP, alpha)
	}
	if v < least {
		return "< 0.0001"
	}
	s := pValue(p, lnP, alpha)
	if rounded, err := strconv.ParseFloat(s, 64); err == nil && strings.Contains(s, "e") {
		return strconv.FormatFloat(rounded, 'f', -1, 64)
	}
	return s
}

// about puts the variant before a note.
func about(r row, note string) string { return variantName(r.variant) + ": " + note }
