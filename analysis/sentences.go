package analysis

import (
	"fmt"
	"strings"

	"readout/experiment"
	"readout/internal/digits"
)

// The sentences of a scorecard stand here, in sentences_recommend.go and in sentences_checks.go,
// but for that about whole weeks, which commands say too (weeks.go).

const (
	redefinedReason = "the test was changed while it ran"
)

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
		return digits.Span(w.To) + " of the first exposure"
	}
	return digits.Span(w.From) + " to " + digits.Span(w.To) + " after the first exposure"
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

// waitingSentence says what the looks of a metric wait for.
func waitingSentence(c *Comparison, s scored) string {
	least, what := firstConversions, "convert"
	switch s.metric.Kind() {
	case experiment.KindProportion:
		what += fmt.Sprintf(", and %d not to", firstConversions)
	case experiment.KindRatio:
		least, what = firstCarriers, "have something to divide by"
	}
	return fmt.Sprintf("It is too early to say anything about %s on %s: looks begin once %d users of the smaller arm are expected to %s.",
		c.Variant, s.metric.Name, least, what)
}

// comparisonSentence says in plain words what a comparison shows.
func comparisonSentence(c *Comparison, s scored) string {
	name := fmt.Sprintf("%s on %s", c.Variant, s.metric.Name)
	if c.Stopped && c.Look == 0 {
		return fmt.Sprintf("%s was stopped before anything could be said about %s.", c.Variant, s.metric.Name)
	}
	size := ""
	if v, ok := c.Lift.Get(); ok {
		decimals := liftDecimals(c.Lift, c.LiftLo, c.LiftHi)
		size = ": " + signed(v, decimals)
		if lo, hi := c.LiftLo, c.LiftHi; lo.ok || hi.ok {
			size += fmt.Sprintf(" [%s, %s]", end(lo, decimals), end(hi, decimals))
		}
	} else if v, ok := c.Effect.Value.Get(); ok {
		scale, unit := 1.0, ""
		if s.metric.Kind() == experiment.KindProportion {
			scale, unit = 100, " pp"
		}
		size = ": difference " + digits.Fixed(v*scale, Decimals(c.Effect.Value, c.Effect.SE, c.Lo, c.Hi, scale)) + unit
	}
	if c.AsOf != "" {
		size += " as of " + c.AsOf
	}
	switch c.Verdict {
	case CannotSay:
		return fmt.Sprintf("Nothing can be said about %s: %s.", name, c.Reason)
	case TooEarly:
		if c.Reason != "" {
			name += ": " + c.Reason
		}
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

// fewForSplit is why the split of a segment says nothing.
const fewForSplit = "too few users to check the split between arms"

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

func fewInSegment(arm VariantResult) string {
	return fmt.Sprintf("%s in %s: too few for the normal approximation", count(int64(arm.Users), "user", "users"), arm.Variant)
}

func fewValuesInSegment(arm VariantResult) string {
	return fmt.Sprintf("%s in %s have values: too few for the normal approximation", digits.Count(int64(arm.Conversions)), arm.Variant)
}

func fewConvertedInSegment(arm VariantResult) string {
	return fmt.Sprintf("%s converted of %s in %s: too few for the normal approximation", digits.Count(int64(arm.Conversions)), count(int64(arm.Users), "user", "users"), arm.Variant)
}

// investigateRatioSentence says how far the arm that is furthest from the plan is from it.
func investigateRatioSentence(variant string, users []int64, planned []float64, arm int, p float64) string {
	seen, want := shareOf(users, planned, arm)
	return fmt.Sprintf("Investigate before believing any number: %s has %s of the users, planned were %s, and chance does not explain that (%s).",
		variant, seen, want, pEquals(p))
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
