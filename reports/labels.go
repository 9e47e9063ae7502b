package reports

import (
	"readout/analysis"
)

// The words of the text report, some of which stand on pages, too. Sentences about results come
// from the scorecard; these are the labels around them.
const (
	labelNoData      = "No data yet: no user has been counted in any variant."
	labelNoMetrics   = "This scorecard has no metrics."
	labelNoAdvice    = "No recommendation."
	labelHypothesis  = "Hypothesis: "
	labelOwner       = "owner "
	labelThrough     = "data through %s (%s)"
	labelProgress    = "%s of the time until %s, %s"
	labelDayLeft     = "1 day left"
	labelDaysLeft    = "%s days left"
	labelEndOf       = "the end of "
	labelFinalLater  = "last metric final at %s"
	labelUsers       = "Users: "
	labelUsersOf     = "%s %s (%s planned)"
	labelStopped     = ", stopped on %s"
	labelCap         = "%s capped %s, %s changed"
	labelSeveral     = "Seen in several variants: "
	labelSeveralOf   = "%s first in %s"
	labelControl     = " (control)"
	labelUnbounded   = "[unbounded]"
	labelNoLimit     = "no limit"
	labelPoints      = "pp"
	labelLower       = " (lower is better)"
	labelLegend      = "In the tables: [ ] confidence interval by the method below; pp percentage points; lift is relative to control."
	labelFirstNumber = "first number with the data of %s"
	labelFinal       = "final at %s"
	labelLift        = "lift: "
	labelRecord      = "decided at look %d on %s: effect %s, p %s"
	labelAsTested    = "rows that came later have changed this day's numbers: at its test the effect was %s, and %s are of that test"
	labelTested      = "p-value, boundary and verdict"
	labelTestedGuard = "p-value and boundary"
	labelDiffers     = "differs from control, whatever the margin, since look %d on %s: effect %s, p %s"
	labelFollowUp    = "; the figures above are follow-up"
	labelLook        = "look %d%s"
	labelLookToday   = ", today"
	labelLookAsOf    = ", of "
	labelAdjusted    = "p-value adjusted for the number of comparisons %s"
	labelUnadjusted  = "the interval is not adjusted for the number of comparisons"
	labelHarm        = "harm: beyond the margin at the level corrected for the number of guardrails"
	labelNoLook      = "no look yet"
	labelBoundary    = " against a boundary of %s"
	labelNoBoundary  = " with no boundary"
	labelSpent       = "alpha spent %s of %s"
	labelTime        = "%s of the test's time passed"
	labelPower       = "power so far %s"
	labelFirst       = "with everybody counted in the variant seen first: %s"
	labelConditional = "conditional power %s for the effect that is looked for and %s for today's"
	labelForecast    = "(forecast: %s users of both arms at the end)"
	labelStagewise   = "after the end (look %d on %s): median-unbiased estimate %s, p %s"
	labelPowerPass   = "power so far to pass %s, if there is no effect"
	labelApproximate = "approximate: the error rate is kept only roughly"
	labelPhases      = "effect and lift are those within %s; the variants' figures are of all users, so their difference is not the effect"
	labelOnePhase    = "one phase of traffic"
	labelManyPhases  = "%d phases of traffic, combined by their users"
	labelRaw         = "without adjustment: effect %s, standard error %s"
	labelNoCovariate = "no covariate"
	labelNotAdjusted = "not adjusted by CUPED: %s"
	labelCUPED       = "CUPED with %s: variance kept %s, effective sample gained %s"
	labelHistory     = "%s without the whole history"
	labelChecks      = "Checks"
	labelChecksOK    = "%d ok"
	labelChecksNone  = "none"
	labelMethod      = "Method: "
	labelFamily      = "Comparisons that share alpha (%d, %s, alpha %s each): %s."
	labelFamilyOne   = "One comparison has all of alpha (%s): %s."
	labelRead        = "Data read"
	labelLeftOut     = "Left out"
	labelNothingOut  = "Left out: nothing."
	labelRows        = "%s rows"
	labelOneRow      = "1 row"
	labelFiles       = "%s files"
	labelOneFile     = "1 file"
	labelManyUsers   = "%s users"
	labelOneUser     = "1 user"
	labelFrom        = "%s to %s"
	labelMoreOne     = "and 1 more kind"
	labelMore        = "and %s more kinds"
	labelExposures   = "exposures"
	labelConversions = "conversions"
	labelBySegment   = "By %s (exploratory)"
	labelOtherTables = "Other metrics by segment are on the page and in the formats json, csv, parquet and arrow."

	labelNoSegments      = "no users yet"
	labelSegmentMissing  = "(missing)"
	labelSegmentOther    = "(other)"
	labelSegmentMismatch = "not as planned"
	labelSegmentPlanned  = "%s (%s)"

	labelSummary = "a summary of %s; there are no data of single users"
)

// The heads of the table columns.
const (
	headMetric       = "metric"
	headVariant      = "variant"
	headUsers        = "users"
	headConversions  = "conversions"
	headMean         = "rate or mean"
	headQuantile     = "quantile"
	headMeanQuantile = "rate, mean or quantile"
	headLift         = "lift"
	headEffect       = "effect"
	headP            = "p"
	headQ            = "q"
	headMargin       = "margin"
	headVerdict      = "verdict"
	headSplit        = "p of the split"
	headControl      = "control"
)

// roleLabels are the roles in the order of the report and the titles of their tables.
var roleLabels = [...]struct {
	role  analysis.Role
	title string
}{
	{analysis.Primary, "Primary metrics"},
	{analysis.Secondary, "Secondary metrics (not corrected for their number; q: false discovery rate)"},
	{analysis.Guardrail, "Guardrail metrics"},
}

// labelOtherRole is the title of metrics whose role is none of these.
const labelOtherRole = "Other metrics"
