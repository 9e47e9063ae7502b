package analysis

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"readout/experiment"
	"readout/internal/digits"
)

// Every sentence that a scorecard says stands in this file.

const (
	noUsersSentence   = "No users were exposed yet."
	noSplitSentence   = "Users came only while fewer than two variants got traffic, so there is no split to check."
	noHistory         = "the look-back of every user reaches before the first conversions: take a shorter one"
	noPrimarySentence = "No primary metric is named, so there is nothing to decide by."
	redefinedReason   = "the test was changed while it ran"
	balancedSentence  = "What users did before their exposure does not differ between the arms beyond chance."
)

// percent writes a share with two decimals, or with three digits where that is more.
func percent(share float64) string {
	p := 100 * share
	return digits.Fixed(p, max(2, 2-digits.Magnitude(p))) + "%"
}

// plainPercent writes a setting such as 95%, 2.5% or 33.33%.
func plainPercent(share float64) string { return digits.Plain(100*share) + "%" }

// signed writes a lift with its sign.
func signed(lift float64) string {
	if lift > 0 {
		return "+" + percent(lift)
	}
	return percent(lift)
}

// end writes one end of an interval of a lift.
func end(lift Number) string {
	if v, ok := lift.Get(); ok {
		return signed(v)
	}
	return "no limit"
}

// pValue writes a p-value with three digits, never as 0.
func pValue(p float64) string {
	if p <= floorP {
		return "< 1e-300"
	}
	return strconv.FormatFloat(p, 'g', 3, 64)
}

// pEquals writes "p = 0.0123", or "p < 1e-300".
func pEquals(p float64) string {
	if p <= floorP {
		return "p " + pValue(p)
	}
	return "p = " + pValue(p)
}

// roughP is pEquals without exponents, for the sentence that is read first.
func roughP(p float64) string {
	if p < 1e-4 {
		return "p < 0.0001"
	}
	return pEquals(p)
}

// chance writes a probability as whole percent, of which only 0 is written as 0% and only 1
// as 100%.
func chance(p float64) string {
	switch whole := math.Round(100 * p); {
	case whole == 0 && p > 0:
		return "less than 1%"
	case whole == 100 && p < 1:
		return "more than 99%"
	default:
		return strconv.FormatFloat(whole, 'f', 0, 64) + "%"
	}
}

// count writes n with its noun.
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return digits.Count(n) + " " + many
}

// methodSentence is the method line; adjusted says that a metric has covariates, exact that
// one is a rare rate tested by its conversions, quantiles that one is a quantile.
func methodSentence(s experiment.Statistics, family int, adjusted, exact, quantiles bool) string {
	var b strings.Builder
	switch {
	case s.Method == experiment.MethodFixed:
		b.WriteString("One look at all the data, Welch's t-test")
	case s.Procedure == experiment.ProcedureAlwaysValid:
		fmt.Fprintf(&b, "Always-valid test (asymptotic confidence sequence, normal mixture with estimated variance, tuned once to the planned users, from %d users per arm on", burnIn)
		if exact {
			b.WriteString("; rare rates exactly, by how conversions fall between the arms")
		}
		b.WriteString(")")
	default:
		fmt.Fprintf(&b, "Group-sequential test, alpha spent over calendar time (%s)", spendingName(s.Spending))
	}
	switch {
	case adjusted && s.CUPED == experiment.CUPEDInteracted:
		b.WriteString(", adjusted for behaviour before exposure (CUPED, one coefficient per arm)")
	case adjusted:
		b.WriteString(", adjusted for behaviour before exposure (CUPED)")
	}
	fmt.Fprintf(&b, "; %s confidence", plainPercent(s.Confidence))
	if family > 1 {
		switch s.Correction {
		case experiment.CorrectionHolm:
			fmt.Fprintf(&b, ", Holm's correction over %d primary comparisons (intervals not corrected)", family)
		default:
			fmt.Fprintf(&b, " shared by %d primary comparisons (Bonferroni)", family)
		}
	}
	if quantiles {
		b.WriteString("; quantiles with the variance of their outer interval, corrected for users with several values")
	}
	b.WriteString("; lifts with Fieller's interval; variances with n − 1; secondary metrics uncorrected, q-values by Benjamini and Hochberg.")
	return b.String()
}

// spendingName writes a spending function with its parameter, where it has one.
func spendingName(s experiment.Spending) string {
	switch s.Name {
	case experiment.SpendingKimDeMets:
		return fmt.Sprintf("%s, ρ = %v", s.Name, s.Parameter)
	case experiment.SpendingHwangShihDeCani:
		return fmt.Sprintf("%s, γ = %v", s.Name, s.Parameter)
	}
	return string(s.Name)
}

// summarizedSentence stands for windowSentence where that is not known.
const summarizedSentence = "counted as in the summary"

// windowSentence says which conversions count for a metric and which users.
func windowSentence(m *experiment.Metric) string {
	w := m.Window()
	switch {
	case w.Open:
		return "conversions from the first exposure until the experiment's end; every user counts"
	case m.Immature == experiment.ImmatureInclude:
		return fmt.Sprintf("conversions within %s; every user counts from the first day", span(w))
	}
	return fmt.Sprintf("conversions within %s, also past the end; users count once that time has passed", span(w))
}

// span writes a window.
func span(w experiment.Window) string {
	if w.From == 0 {
		return duration(w.To) + " of the first exposure"
	}
	return duration(w.From) + " to " + duration(w.To) + " after the first exposure"
}

// duration writes a duration in the largest whole unit.
func duration(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= u.size && d%u.size == 0 {
			return count(int64(d/u.size), u.name, u.name+"s")
		}
	}
	return d.String()
}

// Why a cap could not be applied, for [Cap.Problem].
const (
	CapIsZero      = "the cap is 0 although users have numbers beyond it: it would leave nothing of the metric, so nothing was computed; take a higher percentile, or one over users with a number"
	CapBoundsCross = "the lower bound of the cap is above the upper one, so nothing was computed"
)

// notComputed says why a metric has no numbers.
func notComputed(caps []Cap) string {
	for _, c := range caps {
		if c.Problem != "" {
			return c.Problem
		}
	}
	return "it was not computed"
}

// waitingSentence says what the looks of a rate or a ratio wait for.
func waitingSentence(c *Comparison, s scored) string {
	if s.metric.Kind() == experiment.KindRatio {
		return fmt.Sprintf("It is too early to say anything about %s on %s: looks begin once %d users of the smaller arm are expected to have something to divide by.",
			c.Variant, s.metric.Name, firstCarriers)
	}
	return fmt.Sprintf("It is too early to say anything about %s on %s: looks begin once %d users of the smaller arm are expected to convert, and %d not to.",
		c.Variant, s.metric.Name, firstConversions, firstConversions)
}

// comparisonSentence says in plain words what a comparison shows.
func comparisonSentence(c *Comparison, s scored) string {
	name := fmt.Sprintf("%s on %s", c.Variant, s.metric.Name)
	if c.Stopped && c.Look == 0 {
		return fmt.Sprintf("%s was stopped before anything could be said about %s.", c.Variant, s.metric.Name)
	}
	size := ""
	if v, ok := c.Lift.Get(); ok {
		size = ": " + signed(v)
		if lo, hi := c.LiftLo, c.LiftHi; lo.ok || hi.ok {
			size += fmt.Sprintf(" [%s, %s]", end(lo), end(hi))
		}
	} else if v, ok := c.Effect.Value.Get(); ok {
		size = ": difference " + digits.Plain(v)
		if s.metric.Kind() == experiment.KindProportion {
			size = ": difference " + digits.Plain(100*v) + " pp"
		}
	}
	if c.AsOf != "" {
		size += " as of " + c.AsOf
	}
	switch c.Verdict {
	case CannotSay:
		return fmt.Sprintf("Nothing can be said about %s: %s.", name, c.Reason)
	case TooEarly:
		return fmt.Sprintf("It is too early to say anything about %s.", name)
	case Better, Worse:
		if turned(*c) {
			return fmt.Sprintf("%s is %s: %s%s.", name, c.Verdict, decidedElse(*c), size)
		}
		return fmt.Sprintf("%s is %s%s; decided on %s.", name, c.Verdict, size, c.Record.Date)
	case Passes:
		return fmt.Sprintf("%s stays within its margin of %s%s.", name, plainPercent(s.margin), size)
	case Fails:
		return fmt.Sprintf("%s is beyond its margin of %s%s.", name, plainPercent(s.margin), size)
	case Undecided:
		return fmt.Sprintf("%s may still be beyond its margin of %s%s.", name, plainPercent(s.margin), size)
	}
	looked := "difference"
	if s.metric.Sides == experiment.SidesOne {
		looked = "improvement"
	}
	if c.Record == nil && c.PAdjusted.ok && c.P.Or(1) <= c.Alpha.Or(0) {
		name += " after Holm's correction"
	}
	if c.Verdict == NoDifference {
		return fmt.Sprintf("No %s was found for %s%s.", looked, name, size)
	}
	return fmt.Sprintf("No %s found so far for %s%s.", looked, name, size)
}

func investigateSentence(c Check) string {
	return "Investigate before believing any number: " + lowerFirst(c.Sentence)
}

// investigateRatioSentence says how far the arm that is furthest from the plan is from it.
func investigateRatioSentence(variant string, users []int64, planned []float64, arm int, p float64) string {
	seen, want := shareOf(users, planned, arm)
	return fmt.Sprintf("Investigate before believing any number: %s has %s of the users, planned were %s, and chance does not explain that (%s).",
		variant, seen, want, roughP(p))
}

// harmSentence says which variant harms what, and what that means for the others. Once
// enrolment is over there is nothing to stop.
func harmSentence(card *Scorecard, c Comparison, metric string) string {
	harm := "makes " + metric + " worse" + decidedSize(c)
	best, found := bestArm(card)
	if card.DaysLeft == 0 {
		sentence := fmt.Sprintf("Do not ship %s: it %s.", c.Variant, harm)
		if found {
			sentence += " " + improvesSentence(best, card)
		}
		return sentence
	}
	sentence := fmt.Sprintf("Stop for harm: %s %s.", c.Variant, harm)
	if unharmed(card) {
		sentence += " The other variants may go on without it."
	}
	return sentence
}

func shipSentence(w winner, card *Scorecard) string {
	return shipClause(w, card) + untestedSentence(oneSided(card, w.variant))
}

// untestedSentence says for which metrics nobody looks for harm: a one-sided test finds none.
func untestedSentence(metrics []string) string {
	switch len(metrics) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(" Whether it harms %s was not tested: that test looks for an improvement only.", metrics[0])
	}
	return fmt.Sprintf(" Whether it harms %s was not tested: those tests look for an improvement only.", firstOf(3, metrics))
}

func shipClause(w winner, card *Scorecard) string {
	if worse := worseSecondaries(card, w.variant); len(worse) > 0 {
		return fmt.Sprintf("Ship %s: it improves %s%s and harms no other primary metric and no guardrail. Weigh first that it makes %s worse, by the uncorrected test of secondary metrics.",
			w.variant, w.metric, w.size, firstOf(3, worse))
	}
	return fmt.Sprintf("Ship %s: it improves %s%s and harms nothing that is watched.", w.variant, w.metric, w.size)
}

// improvesSentence says what speaks for a variant beside one that harms.
func improvesSentence(w winner, card *Scorecard) string {
	if worse := worseSecondaries(card, w.variant); len(worse) > 0 {
		return fmt.Sprintf("Of the others, %s improves %s%s, and makes the secondary metric %s worse.", w.variant, w.metric, w.size, firstOf(3, worse))
	}
	return fmt.Sprintf("Of the others, %s improves %s%s and harms nothing that is watched.%s", w.variant, w.metric, w.size, untestedSentence(oneSided(card, w.variant)))
}

// heldBackSentence says which guardrail keeps a variant that is better from being shipped.
func heldBackSentence(w winner, guardrail string, v Verdict) string {
	held := "may still be beyond its margin"
	switch v {
	case Fails:
		held = "is beyond its margin"
	case CannotSay, TooEarly:
		held = "says nothing yet"
	}
	return fmt.Sprintf("%s improves %s%s, but guardrail %s %s", w.variant, w.metric, w.size, guardrail, held)
}

// turned reports whether the latest figures of a comparison point the other way than those it
// was decided by. The verdict stays, and what it is based on must be said.
func turned(c Comparison) bool {
	return (c.Verdict == Better || c.Verdict == Worse) && c.Record != nil && c.Record.Effect.Or(0)*c.Effect.Value.Or(0) < 0
}

// decidedElse says what a comparison was decided by, before its latest figures, which point the
// other way.
func decidedElse(c Comparison) string {
	at := ""
	if v, ok := c.Record.Lift.Get(); ok {
		at = " at " + signed(v)
	}
	return fmt.Sprintf("decided on %s%s, but the latest figures point the other way", c.Record.Date, at)
}

// decidedSize writes how large the difference of a comparison is, in parentheses.
func decidedSize(c Comparison) string {
	if !turned(c) {
		return inParentheses(c.Lift)
	}
	if v, ok := c.Lift.Get(); ok {
		return " (" + decidedElse(c) + ": " + signed(v) + ")"
	}
	return " (" + decidedElse(c) + ")"
}

// inParentheses writes a lift behind a name, where it is defined.
func inParentheses(lift Number) string {
	if v, ok := lift.Get(); ok {
		return " (" + signed(v) + ")"
	}
	return ""
}

// firstOf lists names, of many only the first few.
func firstOf(most int, names []string) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

func futilitySentence(card *Scorecard) string {
	stop, allowed := "Stop for futility", "Going on is allowed and keeps the error rate."
	forecast := ", should users keep coming as they did"
	if card.DaysLeft == 0 {
		stop, allowed, forecast = "Nothing to wait for", "To wait for the last users is allowed and keeps the error rate.", ""
	}
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			p, ok := c.ConditionalPowerMDE.Get()
			if mde, has := card.Plan.MDE.Get(); m.Role == Primary && !c.Stopped && ok && has {
				return fmt.Sprintf("%s: had %s improved %s by %s, results as weak as these would be unlikely by now. %s (If it did after all, the end would show it with %s probability%s.)",
					stop, c.Variant, m.Name, plainPercent(mde), allowed, chance(p), forecast)
			}
		}
	}
	return stop + ": had a primary metric improved as planned, results as weak as these would be unlikely by now. " + allowed
}

func fullWeekSentence(w winner, days int) string {
	ahead := "is ahead on " + w.metric
	if w.turned {
		ahead = "is better on " + w.metric + w.size
	}
	return fmt.Sprintf("Keep running for %s more: %s %s, but not every day of the week has been seen.",
		count(int64(days), "day", "days"), w.variant, ahead)
}

// nobody reports whether no user was exposed so far.
func nobody(card *Scorecard) bool {
	for _, v := range card.Variants {
		if v.Users > 0 || v.Several > 0 {
			return false
		}
	}
	return true
}

// allLeftOut reports whether users were exposed and none counts: each was seen in several
// variants.
func allLeftOut(card *Scorecard) bool {
	for _, v := range card.Variants {
		if v.Users > 0 {
			return false
		}
	}
	return !nobody(card)
}

const allLeftOutClause = "everybody was seen in several variants and is left out: find out why"

// inconclusiveSentence says what came of an experiment that nothing more comes of, for the reason
// over.
func inconclusiveSentence(card *Scorecard, over string) string {
	if nobody(card) {
		return "Inconclusive: " + over + " and nobody was exposed to it."
	}
	if allLeftOut(card) {
		return "Inconclusive: " + over + " and " + allLeftOutClause + "."
	}
	if w, guardrail, verdict, ok := heldBack(card); ok {
		return "Inconclusive: " + over + " and " + heldBackSentence(w, guardrail, verdict) + "."
	}
	if silent := silence(card); silent != "" {
		return "Inconclusive: " + over + ". " + silent
	}
	moved := "Inconclusive: " + over + " and no primary metric has moved beyond chance"
	if decidedWhenStopped(card) {
		moved += " for a variant that was not stopped"
	}
	return moved + powerClause(card) + "."
}

// keepRunningSentence says how long still, and what is known so far. The day that it names is
// the one whose scorecard is final.
func (a *analyzer) keepRunningSentence(card *Scorecard) string {
	if nobody(card) && card.DaysLeft > 0 {
		return fmt.Sprintf("Keep running: nobody has been exposed yet, %s left.", count(int64(card.DaysLeft), "day", "days"))
	}
	sentence := fmt.Sprintf("Keep running: %s left", count(int64(card.DaysLeft), "day", "days"))
	if card.DaysLeft == 0 {
		sentence = "Keep waiting: enrolment is over, the last users are counted by the end of " +
			card.Final.Add(-1).In(a.in.Location).Format(time.DateOnly)
	}
	if allLeftOut(card) {
		return sentence + ". But " + allLeftOutClause + "."
	}
	if w, guardrail, verdict, ok := heldBack(card); ok {
		return sentence + ". So far " + heldBackSentence(w, guardrail, verdict) + "."
	}
	if silent := silence(card); silent != "" {
		return sentence + ". " + silent
	}
	return sentence + powerClause(card) + "."
}

// powerClause says how much power there is by now in the first primary comparison of a
// variant that still gets users.
func powerClause(card *Scorecard) string {
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			p, ok := c.PowerSoFar.Get()
			if mde, has := card.Plan.MDE.Get(); m.Role == Primary && !c.Stopped && ok && has {
				return fmt.Sprintf(" (with today's data an effect of %s would be found with %s probability)", plainPercent(mde), chance(p))
			}
		}
	}
	return ""
}

// shareOf writes the share of an arm in the users, and in the plan.
func shareOf(users []int64, planned []float64, arm int) (seen, want string) {
	var all, total float64
	for i := range users {
		all += float64(users[i])
		total += planned[i]
	}
	return percent(float64(users[arm]) / all), plainPercent(planned[arm] / total)
}

// shares writes users per arm against the plan.
func shares(users []int64, planned []float64) string {
	seen, want := make([]string, len(users)), make([]string, len(users))
	for i := range users {
		seen[i], want[i] = shareOf(users, planned, i)
	}
	return fmt.Sprintf("users are split %s, planned %s", strings.Join(seen, " / "), strings.Join(want, " / "))
}

// splitNumbers writes what is known of the split between arms.
func splitNumbers(users []int64, planned []float64, p, sequentialP, deviation float64) string {
	return fmt.Sprintf("%s; %s, for a look every day %s, largest deviation %s",
		shares(users, planned), pEquals(p), pEquals(sequentialP), percent(deviation))
}

func fewForRatioSentence(users int64) string {
	return fmt.Sprintf("There are not enough users yet (%s) to check the split between arms.", digits.Count(users))
}

func ratioAlarmSentence(numbers string) string {
	return "The split between arms is not the planned one (" + numbers + "): find out why before trusting any result."
}

func ratioDailySentence(numbers string) string {
	return "The split between arms would be suspect if today were the only look, but is within what looking every day brings (" + numbers + ")."
}

func ratioFineSentence(numbers string) string {
	return "The split between arms is as planned (" + numbers + ")."
}

// Why a segment says nothing.
const (
	fewForSplit      = "too few users to check the split between arms"
	quantileSegments = "quantiles are not broken down by segment"
)

// segmentsSentence says how to read the results by segment.
func segmentsSentence(stats experiment.Statistics, s *Segments) string {
	allow := "Nothing can be compared so far."
	switch {
	case s.Comparisons == 1:
		allow = "One comparison is possible so far, so its q-value is its p-value."
	case s.Comparisons > 1:
		allow = fmt.Sprintf("q-values (Benjamini and Hochberg) allow for all %s in segments.", count(int64(s.Comparisons), "comparison", "comparisons"))
	}
	return fmt.Sprintf("Exploratory: every comparison is one look at %s confidence, corrected neither for looking every day nor for the number of comparisons, and no verdict or advice rests on it. "+
		"%s Values with fewer than %s users, or not among the %s largest of a column, are pooled.",
		plainPercent(stats.Confidence), allow, digits.Count(s.Least), digits.Count(int64(s.Most)))
}

// segmentName says which users of a column a segment has.
func segmentName(column string, s Segment) string {
	switch s.Kind {
	case SegmentMissing:
		return column + " missing"
	case SegmentOther:
		return "other values of " + column
	}
	return fmt.Sprintf("%s %q", column, s.Value)
}

func segmentRatioFineSentence(segments int) string {
	if segments == 1 {
		return "The split between arms is as planned in the one segment that has enough users."
	}
	return fmt.Sprintf("The split between arms is as planned in each of %s segments.", digits.Count(int64(segments)))
}

func segmentValuesSentence(columns []string) string {
	return "Nothing is broken down by " + strings.Join(columns, ", ") +
		": there are too many different values. Take it out of the segments, or write fewer values into the exposures."
}

func segmentRatioAlarmSentence(found []segmentMismatch) string {
	var parts []string
	for i, m := range found {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("and %d more", len(found)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s: largest deviation %s, for a look every day %s",
			segmentName(m.column, m.segment), percent(m.segment.Split.LargestDeviation.Or(0)), pEquals(m.segment.Split.SequentialP.Or(1))))
	}
	return "The split between arms is not the planned one in some segments (" + strings.Join(parts, "; ") +
		"): find out whether exposures are lost there. A column that the experiment itself can change is no segment: take it out."
}

func fewInSegment(arm VariantResult) string {
	return fmt.Sprintf("%s in %s: too few for the normal approximation", count(arm.Users, "user", "users"), arm.Variant)
}

func fewConvertedInSegment(arm VariantResult) string {
	return fmt.Sprintf("%s converted of %s in %s: too few for the normal approximation", digits.Count(int64(arm.Conversions)), count(arm.Users, "user", "users"), arm.Variant)
}

func zeroWeightSentence(variant string, users int64) string {
	return fmt.Sprintf("Variant %s has %s from a time in which it gets no traffic: the service and this configuration disagree.", variant, count(users, "user", "users"))
}

func stragglersSentence(variant string, users int64) string {
	return fmt.Sprintf("Variant %s has %s from after its traffic ended, so few that they came before the service had read of it.", variant, count(users, "user", "users"))
}

func severalSentence(several, all int64, share float64, excluded bool) string {
	did := "count in the variant they saw first"
	switch {
	case excluded && several == 1:
		did = "is left out everywhere"
	case excluded:
		did = "are left out everywhere"
	case several == 1:
		did = "counts in the variant seen first"
	}
	return fmt.Sprintf("%s of %s (%s) %s seen in more than one variant and %s.",
		digits.Count(several), count(all, "user", "users"), percent(share), wasWere(several), did)
}

func severalUnevenSentence(several, all int64, p float64) string {
	return fmt.Sprintf("%s of %s users were seen in more than one variant, and not equally often from each arm (%s): leaving them out biases the result. Beside it stands what it is with everybody counted in the variant seen first.",
		digits.Count(several), digits.Count(all), pEquals(p))
}

func unknownSentence(names []LeftOut) string {
	parts := make([]string, 0, len(names))
	for i, l := range names {
		if i == 5 {
			parts = append(parts, fmt.Sprintf("and %d more", len(names)-5))
			break
		}
		parts = append(parts, fmt.Sprintf("%q (%s)", l.Name, count(l.Users, "user", "users")))
	}
	return "Exposures name variants that the experiment does not have and are left out: " + strings.Join(parts, ", ") + "."
}

func nullSentence(rows int64, share float64) string {
	return fmt.Sprintf("%s without a user id (%s of all) %s left out.", count(rows, "row", "rows"), percent(share), wasWere(rows))
}

// outsideSentence says how many exposures came before the start or after the end; one of them
// at least.
func outsideSentence(before, after int64) string {
	are := " are left out."
	if before+after == 1 {
		are = " is left out."
	}
	switch {
	case after == 0:
		return count(before, "exposure", "exposures") + " before the start" + are
	case before == 0:
		return count(after, "exposure", "exposures") + " at or after the end" + are
	}
	return fmt.Sprintf("%s before the start and %s at or after the end%s", count(before, "exposure", "exposures"), digits.Count(after), are)
}

// missingDaysSentence names the days on which exposures, conversions, or both are missing.
func missingDaysSentence(exposures, conversions, both []string) string {
	var parts []string
	for _, missing := range []struct {
		of   string
		days []string
	}{{"neither exposures nor conversions", both}, {"no exposures", exposures}, {"no conversions", conversions}} {
		if len(missing.days) > 0 {
			parts = append(parts, missing.of+" for "+firstOf(5, missing.days))
		}
	}
	return "There are " + strings.Join(parts, "; ") + ": check whether files are missing."
}

func freshnessSentence(row string, last time.Time, hours float64) string {
	return fmt.Sprintf("The latest %s is from %s, %s hours before the end of the day: check whether data are late.",
		row, last.Format("2006-01-02 15:04"), digits.Fixed(hours, 0))
}

func dateOnlySentence(exposures, conversions bool) string {
	switch {
	case exposures && conversions:
		return "Times are dates without a time of day: a conversion on the date of the exposure counts as after it."
	case conversions:
		return "Conversions have dates without a time of day: one on the date of the exposure counts as after it."
	}
	return "Exposures have dates without a time of day: they count from the start of that day."
}

func valuesSentence(rows int64) string {
	return fmt.Sprintf("%s no usable value (missing, NaN or infinite): the event counts, the value adds nothing.",
		count(rows, "conversion has", "conversions have"))
}

func imbalanceSentence(i imbalance, p float64) string {
	return fmt.Sprintf("Users of %s differed from control on %s before they were exposed (%s): the assignment, or the covariate, is contaminated.",
		i.variant, i.metric, pEquals(p))
}

func noConversionsSentence(unseen []unseenEvent) string {
	var parts []string
	for _, u := range unseen {
		parts = append(parts, fmt.Sprintf("%s, event %q", u.metric, u.event))
	}
	return "No user has a conversion that counts for " + strings.Join(parts, "; for ") + ": check the name of the event, and filters and window of the metric."
}

func fewUsersSentence(m MetricResult, v VariantResult) string {
	if m.Kind == string(experiment.KindProportion) {
		return fmt.Sprintf("%s has %s converted of %s in %s: too few for the normal approximation to be good.", m.Name, digits.Count(int64(v.Conversions)), count(v.Users, "user", "users"), v.Variant)
	}
	if m.Kind == string(experiment.KindQuantile) {
		return fmt.Sprintf("%s has values of %s in %s: too few for the normal approximation to be good.", m.Name, count(int64(v.Conversions), "user", "users"), v.Variant)
	}
	return fmt.Sprintf("%s has %s in %s: too few for the normal approximation to be good.", m.Name, count(v.Users, "user", "users"), v.Variant)
}

func smallPhasesSentence(of []smallPhase) string {
	var parts []string
	for _, p := range of {
		parts = append(parts, fmt.Sprintf("%s, %s: %s", p.metric, p.variant, count(p.users, "user", "users")))
	}
	return "Phases of traffic with few users in a variant take no part yet in " + firstOf(3, parts) + "."
}

func definitionSentence(comparisons []string) string {
	return fmt.Sprintf("The test of %s was changed while it ran: what was recorded belongs to another test, so no new look is made. Start a new experiment, or change it back.",
		firstOf(5, comparisons))
}

func wasWere(n int64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// lowerFirst lowers the first letter of a sentence.
func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
