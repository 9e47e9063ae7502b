package reports

import (
	"strings"

	"readout/analysis"
	"readout/experiment"
)

// The words of the pages around what scorecards and definitions say.
const (
	pageNoExperiments = "This project has no experiments yet. Write one in the folder experiments."
	pageAsOf          = "as of %s (%s)"
	pageNoScorecard   = "There are no results yet."
	pageDraft         = "Not started: this experiment is a Draft. Schedule it or start it when it is ready."
	pagePlanned       = "planned from %s until %s"
	pageScheduled     = "Not started yet: the experiment begins on %s."
	pageRunning       = "Running: the first results come with the next daily run."
	pageEnded         = "The experiment is over and has no results: run the daily job."
	pageServedOnly    = "This is a personalization: it is served to its audience and not analysed."
	pageCompleted     = "Decided on %s: everybody gets %s."
	pageDecisionWhy   = "Reason: %s (%s)."
	pageStopped       = "Stopped early: %s."
	pageArchived      = "This experiment is archived."
	pageNoNumbers     = "There are no numbers yet. What is planned is under Variants, Metrics and Targeting."
	pageNoResults     = "A personalization has no results. What users get is under Variants, and who gets it under Targeting."
	pageNoneServed    = "A personalization has no metrics."
	pageZone          = "times in %s"
	pageDoubt         = "A check has raised an alarm: until it is explained, do not take anything below for a result."
	pageFirstNumber   = "First number with the data of %s."
	pageFirstWindow   = "First number with the data of %s, when the time window of the first users is over."
	pageAdvised       = "The scorecard said: %s"
	pageNotFinal      = "Not final yet: the last users are counted by %s."
	pageFrozen        = "The results are frozen as of %s, before the last users were counted."
	pageStale         = "These numbers are from %s: a scorecard of %s should be here and is not."
	pageStaleMark     = "Not up to date"
	pageNever         = "A scorecard of %s should be here and is not."
	pageFailure       = "The daily run failed: %s"
	pageFaulty        = "The file of this experiment has an error or is gone, which readout validate reports: it gets no scorecards until that is mended."
	pageUnreadable    = "The stored scorecard of %s cannot be read: %s"
	pageNoDefinition  = "The definition of this experiment is not at hand, so this page says only what the scorecard knows."
	pageNoRoleMetrics = "This experiment has no scorecard metrics."
	pageMore          = "and %s more"
	pageCutText       = "… (%s bytes in all)"
	pageNoPayload     = "no payload"
	pageTraffic       = "The planned traffic has changed since the start. What was planned for all users so far, each by the plan of the day they came: %s."
	pageOneSegment    = "1 segment"
	pageMismatch      = "Split not as planned"
	pageSegments      = "%s segments"
)

// How people do what is recommended. Three dots stand for a reason.
const (
	pageNextShip        = "To ship it now: readout stop %[1]s --why …, then readout decide %[1]s %[2]s --why …. It may also run on until its end; what was decided stays."
	pageNextStop        = "To stop it: readout stop %[1]s --why …, then readout decide %[1]s control --why …."
	pageNextStopVariant = "To take it out: readout stop-variant %s %s --why …."
	pageNextDecide      = "To ship it: readout decide %s %s --why …."
	pageNextEnd         = "To end it: readout decide %s VARIANT --why …, where control leaves things as they are."
)

// The sentences about the numbers of one comparison.
const (
	pageRecord      = "Decided on %s, at look %d: effect %s, p-value %s. That is the result of the test."
	pageDiffers     = "Differs from control, whatever the margin, since %s, at look %d: effect %s, p-value %s."
	pageRecordAfter = " What the table shows is follow-up: estimates of later days, which do not change it."
	pageApproximate = "Approximate: the looks at this metric depend on each other in a way that the test knows only in part, because numbers of past users still grow or the end was moved. Its error rate is kept only roughly."
	pageStagewise   = "Now that the test has ended (look %d on %s), the best estimate of the effect is %s, p-value %s."
	pageFutile      = "Futile so far: if there were an improvement of the size that is looked for, the numbers would hardly be like this. Stopping for that reason costs nothing but the chance of a late turn."
	pageConditional = "chance of finding an improvement by the end %s if it has the size that is looked for, %s if it is as large as it looks now"
	pageExpected    = "with a forecast of %s users of both arms at the end"
	pageNotBetter   = "No improvement found"
	pageUnsettled   = "Margin not settled"
	pageUnadjusted  = "Interval and p-value are not adjusted for the number of comparisons. What decides is the adjusted p-value, %s."
	pageFound       = "Once the line is beyond a boundary, and so the interval no longer contains 0, the difference counts as found."
	pageFoundHolm   = "A line beyond a boundary is not enough: the difference counts as found once its p-value, adjusted for the number of comparisons, is small enough."
	pageAsOfLook    = "No look on this day: interval and p-value are those of %s."
	pageCuped       = "CUPED with %s"
	pageCupedLift   = "lift and difference adjusted for what users did before (CUPED)"
	pageStoppedOn   = "stopped on %s"
	pageCupedGain   = " leaves %s of the variance, which is worth %s more users"
)

// The words of pictures.
const (
	plotEffectAlt   = "Effect of %s on %s at %s. The last: %s."
	plotOneLook     = "one look, on %s"
	plotLooks       = "%s looks from %s to %s"
	plotEffectUnit  = "difference to control"
	plotEffectPoint = "difference to control in percentage points"
	plotCut         = "The wide intervals of the first looks reach beyond the picture."
	plotDecided     = "Decided on %s (ring)."
	plotUndecided   = "Not beyond a boundary so far."
	plotNever       = "Never beyond a boundary."
	plotNone        = "%s on %s: there is no look to draw."
	plotUsersAlt    = "Users of each variant at the end of each day from %s to %s. The last: %s."
	plotLimitOne    = "The picture of 1 further comparison is left out to keep this page small; its numbers are in the tables."
	plotLimit       = "Pictures of %s further comparisons are left out to keep this page small; their numbers are in the tables."
	barAlt          = "drawn: %s, from %s to %s"
	barScaleLift    = "drawn from %s to %s"
	barScaleEffect  = "the difference drawn from %s to %s"
)

// A word is what a page says for a name that programs use, and how it looks.
type word struct {
	Text, Class, Mark string
}

// verdictWords says verdicts in words.
func verdictWords(v analysis.Verdict) word {
	switch v {
	case analysis.Better:
		return word{"Better than control", "good", "▲"}
	case analysis.Worse:
		return word{"Worse than control", "bad", "▼"}
	case analysis.NotYet:
		return word{"Not decided yet", "open", "…"}
	case analysis.NoDifference:
		return word{"No difference found", "open", "="}
	case analysis.Passes:
		return word{"Within its margin", "good", "✓"}
	case analysis.Fails:
		return word{"Beyond its margin", "bad", "✗"}
	case analysis.Undecided:
		return word{"Margin not settled yet", "open", "…"}
	case analysis.CannotSay:
		return word{"Cannot say", "open", "–"}
	case analysis.TooEarly:
		return word{"Too early to say", "open", "…"}
	}
	return word{visible(string(v)), "open", ""}
}

// nameWords writes a name that programs rely on, of a check or its figures, for people.
func nameWords(name string) string { return visible(strings.ReplaceAll(name, "_", " ")) }

// severityWords says severities in words.
func severityWords(s analysis.Severity) word {
	switch s {
	case analysis.OK:
		return word{"OK", "good", "✓"}
	case analysis.Info:
		return word{"Note", "open", "i"}
	case analysis.Warning:
		return word{"Warning", "warn", "!"}
	case analysis.Alarm:
		return word{"Alarm", "bad", "!"}
	}
	return word{visible(string(s)), "open", "i"}
}

// adviceClass says how a recommendation looks.
func adviceClass(action string) string {
	switch action {
	case analysis.ActionShip:
		return "good"
	case analysis.ActionInvestigate, analysis.ActionStopForHarm:
		return "bad"
	}
	return "open"
}

// statusClass says how a status looks.
func statusClass(status string) string {
	switch experiment.Status(status) {
	case experiment.Running:
		return "live"
	case experiment.ReadyForReview:
		return "warn"
	case experiment.Completed:
		return "good"
	}
	return "open"
}

// roleWords are the roles in the order of the page, with what each means.
func roleWords() []roleWord {
	return []roleWord{
		{analysis.Primary, "Primary metrics", "The decision depends on these. They are tested strictly, however often somebody looks."},
		{analysis.Secondary, "Secondary metrics", "Shown for understanding. Each is tested for itself: among many, some seem to move by chance. The q-value allows for that."},
		{analysis.Guardrail, "Guardrail metrics", "These must not get worse by more than a margin."},
		{"", "Other metrics", ""},
	}
}

// A roleWord is the heading of the metrics of a role.
type roleWord struct {
	Role         analysis.Role
	Title, About string
}

// glossary explains the terms of the page.
func glossary() []term {
	return []term{
		{"Control", "the variant that users would have got anyway; all others are compared with it."},
		{"Arm", "a variant with the users who got it."},
		{"Exposure", "a user getting a variant. What users do from their first one on is measured."},
		{"Users", "those whose time window is over, so that all are measured alike; newcomers join later."},
		{"Conversions", "users who converted at least once, each counted once."},
		{"Lift", "how much higher or lower than control, in percent of control."},
		{"Interval, in [ ]", "the values that the true number may well have. While it contains 0, there may be no difference at all. A test in one direction has an interval with one end. It holds although results are looked at every day."},
		{"p-value", "how often a difference like this would show up by chance alone, if there were none. It is small when chance is a poor explanation, and that in the table allows for all looks so far."},
		{"q-value", "the p-value, corrected for the number of secondary metrics."},
		{"pp", "percentage points: from 10% to 12% is +2 pp, and a lift of +20%."},
		{"Look", "a day on which the numbers were tested."},
		{"Boundary", "what the difference must exceed on a day to count as found; high at first, lower towards the end, so that daily looking does no harm."},
		{"Standard error", "how far a number is typically off by chance."},
		{"z", "the difference divided by its standard error, which is held against the boundary."},
		{"Alpha", "how often a test may take chance for a difference: 5% at 95% confidence. Several comparisons share it, and daily looks spend it bit by bit."},
		{"Power", "how often a difference of the size that is looked for would be found."},
		{"Phase of traffic", "a time in which the planned traffic of all variants was the same."},
		{"CUPED", "using what users did before the experiment to take noise out of the comparison. Lift and difference then need not be those of the two figures in the table; both are under Metrics."},
		{"Margin", "how much worse a guardrail may get, in percent of control."},
	}
}

// estimateTerm explains the estimate after the end, which other than the interval in the table is
// of one look.
func estimateTerm() term {
	return term{"Best estimate, now that the test has ended", "Unlike those in the table, its interval and p-value hold for the look at which the test ended alone. It corrects for having stopped when the numbers looked good, and its interval is narrower. The lift has no such estimate: the boundaries were crossed, or not, by the effect."}
}

// evidenceTerm explains the figures of the check of the split.
func evidenceTerm() term {
	return term{"e-value", "how much better users fit another split than the planned one. If they are split as planned, it reaches 1000 on some day in at most 1 of 1000 experiments. That is an alarm, and its logarithm is then above 6.9."}
}

// segmentTerm explains segments, where there are any.
func segmentTerm() term {
	return term{"Segment", "users who have something in common when they first come, such as the country. Among many segments some seem to differ by chance."}
}

// A term is a word and its explanation.
type term struct {
	Word, Text string
}
