package analysis

import (
	"fmt"
	"strings"
	"time"

	"readout/experiment"
	"readout/internal/digits"
)

const (
	noUsersSentence  = "No users were exposed yet."
	noSplitSentence  = "Users came only while fewer than two variants got traffic, so there is no split to check."
	balancedSentence = "What users did before their exposure does not differ between the arms beyond chance."
)

// shares writes the share of users that every variant has against the plan.
func shares(variants []experiment.Variant, users []int64, planned []float64) string {
	parts := make([]string, len(users))
	for i := range users {
		seen, want := shareOf(users, planned, i)
		parts[i] = fmt.Sprintf("%s %s, planned %s", variants[i].Name, seen, want)
	}
	return "users: " + strings.Join(parts, "; ")
}

// splitNumbers writes what is known of the split between arms.
func splitNumbers(shares string, p, sequentialP, deviation float64) string {
	return fmt.Sprintf("%s; %s, for a look every day %s, largest deviation %s", shares, pEquals(p), pEquals(sequentialP), percent(deviation))
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
	return fmt.Sprintf("%s of %s users were seen in more than one variant, and not equally often from each arm (%s): leaving them out biases the result. The notes of each metric say what it is with everybody counted in the variant seen first.",
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
	do := "check whether data are late"
	if hours >= staleAlarm {
		do = "find out why no more have come"
	}
	return fmt.Sprintf("The latest %s is from %s, %s hours before the end of the day: %s.",
		row, last.Format("2006-01-02 15:04"), digits.Fixed(hours, 0), do)
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

func missingZoneSentence(exposures bool, zone *time.Location) string {
	without, with := "conversions", "exposures"
	if exposures {
		without, with = with, without
	}
	return fmt.Sprintf("Times of %s have no zone and are read in %s, those of %s have one: if the former are in UTC, write them with a zone, or they count hours away from the latter.",
		without, zone, with)
}

func valuesSentence(rows int64) string {
	return fmt.Sprintf("%s no usable value (missing, NaN or infinite): the event counts, the value adds nothing.",
		count(rows, "conversion has", "conversions have"))
}

func imbalanceSentence(i imbalance, p float64) string {
	return fmt.Sprintf("Users of %s differed from control on %s before they were exposed (%s): the assignment, or the covariate, is contaminated.",
		i.variant, i.metric, pEquals(p))
}

// noConversionsSentence says what nobody has; seen, that some metric has conversions, so that users
// are found in both tables.
func noConversionsSentence(unseen []unseenEvent, seen bool) string {
	var parts []string
	for _, u := range unseen {
		parts = append(parts, fmt.Sprintf("%s, event %q", u.metric, u.event))
	}
	ids := ""
	if !seen {
		ids = ", and whether users have the same ids in both tables"
	}
	return "No user has a conversion that counts for " + strings.Join(parts, "; for ") + ": check the name of the event, filters and window of the metric" + ids + "."
}

func fewUsersSentence(m MetricResult, v VariantResult) string {
	if kind := experiment.Kind(m.Kind); kind == experiment.KindProportion || kind == experiment.KindMean && v.Users >= smallArm {
		return fmt.Sprintf("%s has %s converted of %s in %s: too few for the normal approximation to be good.", m.Name, digits.Count(int64(v.Conversions)), count(int64(v.Users), "user", "users"), v.Variant)
	}
	if m.Kind == string(experiment.KindQuantile) {
		return fmt.Sprintf("%s has values of %s in %s: too few for the normal approximation to be good.", m.Name, count(int64(v.Conversions), "user", "users"), v.Variant)
	}
	return fmt.Sprintf("%s has %s in %s: too few for the normal approximation to be good.", m.Name, count(int64(v.Users), "user", "users"), v.Variant)
}

func smallPhasesSentence(of []smallPhase) string {
	var parts []string
	for _, p := range of {
		parts = append(parts, fmt.Sprintf("%s, %s: %s", p.metric, p.variant, count(p.users, "user", "users")))
	}
	return "Phases of traffic in which a variant has too little data take no part yet in " + firstOf(3, parts) + "."
}

func changedSentence(parts []string) string {
	return fmt.Sprintf("What the experiment is decided by was changed while it ran (%s), so what is new is not tested. Start a new experiment, or change it back.", strings.Join(parts, ", "))
}

func definitionSentence(comparisons []string) string {
	return fmt.Sprintf("The test of %s was changed while it ran: what was recorded belongs to another test, so no new look is made. Start a new experiment, or change it back.",
		firstOf(5, comparisons))
}
