package reports

import (
	"fmt"
	"slices"
	"strings"

	"readout/analysis"
	"readout/internal/digits"
)

// sentences returns what the comparison says of itself. Secondary metrics are read from
// the table unless they are significant, or cannot be, or cannot be yet.
func sentences(r row) []string {
	c := r.comparison
	if c == nil || c.Sentence == "" ||
		r.metric.Role == analysis.Secondary && !c.Significant && c.Reason == "" && c.Verdict != analysis.TooEarly {
		return nil
	}
	return []string{c.Sentence}
}

// notes returns the lines about one variant of a metric.
func notes(r row) []string {
	out := reasonNotes(r)
	c := r.comparison
	if c == nil {
		return out
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

// reasonNotes says why figures are missing, where neither the metric nor the sentence of the
// comparison has said so already.
func reasonNotes(r row) []string {
	c, reasons := r.comparison, r.reasons()
	var out []string
	for _, reason := range reasons {
		told := reason == r.metric.Reason || c != nil && strings.Contains(c.Sentence, reason)
		if !told {
			out = append(out, visible(reason))
		}
	}
	if c != nil && c.LiftReason != "" && !slices.Contains(reasons, c.LiftReason) {
		out = append(out, labelLift+visible(c.LiftReason))
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
		parts = append(parts, fmt.Sprintf(labelTime, digits.WholePercent(t)))
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
	return fmt.Sprintf(label, digits.WholePercent(power))
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
