package analysis

import (
	"cmp"
	"math"
	"slices"
	"time"

	"readout/experiment"
)

// segmentValuesCheck warns of segment columns by which nothing is broken down.
func (a *analyzer) segmentValuesCheck(*Scorecard) (Check, bool) {
	var wide []string
	for _, column := range a.day.Segments {
		if a.tooWide(column) {
			wide = append(wide, column.Column)
		}
	}
	if len(wide) == 0 {
		return Check{}, false
	}
	return Check{
		Name: CheckSegmentValues, Severity: Warning, Sentence: segmentValuesSentence(wide),
		Numbers: []CheckNumber{{"columns", Defined(float64(len(wide)))}},
	}, true
}

// zeroWeightCheck alarms when an arm has users of a phase in which it gets no traffic. A few in one
// whose traffic has ended are what comes of ending it while the service runs.
func (a *analyzer) zeroWeightCheck(*Scorecard) (Check, bool) {
	var few Check
	for i, v := range a.in.Experiment.Variants {
		var before, after int64 // the first phase in which it gets traffic
		served := false
		for _, s := range a.splits(a.day, false) {
			switch {
			case s.weights[i] > 0:
				served = true
			case served:
				after += s.users[i]
			default:
				before += s.users[i]
			}
		}
		check := Check{Name: CheckZeroWeight, Numbers: []CheckNumber{{"users", Defined(float64(before + after))}}}
		switch {
		case before+after == 0:
		case before > 0 || float64(after) > stragglers*float64(sum(a.day.Users)):
			check.Severity, check.Sentence = Alarm, zeroWeightSentence(v.Name, before+after)
			return check, true
		case few.Name == "":
			few = check
			few.Severity, few.Sentence = Info, stragglersSentence(v.Name, after)
		}
	}
	return few, few.Name != ""
}

// severalCheck looks at the users seen in more than one variant: at their share, and at
// whether it is the same for every arm they were first seen in. It alarms only where a test
// that may be looked at every day does too; that one takes the planned split for granted,
// which the chi-square p beside it does not.
func (a *analyzer) severalCheck(*Scorecard) (Check, bool) {
	several := sum(a.day.Several)
	if several == 0 {
		return Check{}, false
	}
	users := sum(a.day.Users)
	others := a.day.Users
	all := users + several
	if a.in.Experiment.SeveralVariants == experiment.SeveralFirst {
		all = users
		others = make([]int64, len(a.day.Users))
		for i := range others {
			others[i] = max(0, a.day.Users[i]-a.day.Several[i])
		}
	}
	all = max(all, several)
	share := float64(several) / float64(all)
	check := Check{
		Name: CheckSeveralVariants, Severity: Info,
		Numbers: []CheckNumber{{"users", Defined(float64(several))}, {"share", Defined(share)}},
	}
	excluded := a.excluded()
	check.Sentence = severalSentence(several, all, share, excluded)
	if share > severalWarning {
		check.Severity = Warning
	}
	if t, ok := sameShare(a.day.Several, others); ok && t.fewest >= fewExpected {
		e := a.largestSeveralE()
		check.Numbers = append(check.Numbers,
			CheckNumber{"p_same_share", Defined(math.Max(floorP, t.p))}, CheckNumber{"ln_e_value", Defined(e)})
		if excluded && t.p < sampleRatioAlarm && e > -math.Log(sampleRatioAlarm) {
			check.Severity = Alarm
			check.Sentence = severalUnevenSentence(several, all, t.p)
		}
	}
	return check, true
}

// unknownCheck names the variants that the experiment does not have, those with the most users first.
func (a *analyzer) unknownCheck(*Scorecard) (Check, bool) {
	var names []LeftOut
	var users int64
	for _, l := range a.day.Data.LeftOut {
		if l.Reason == LeftUnknownVariant {
			names = append(names, l)
			users += l.Users
		}
	}
	if len(names) == 0 {
		return Check{}, false
	}
	slices.SortStableFunc(names, func(a, b LeftOut) int { return cmp.Compare(b.Users, a.Users) })
	check := Check{
		Name: CheckUnknownVariants, Severity: Info, Sentence: unknownSentence(names),
		Numbers: []CheckNumber{{"users", Defined(float64(users))}},
	}
	if all := sum(a.day.Users) + users; float64(users) > severalWarning*float64(all) && users > 10 {
		check.Severity = Warning
	}
	return check, true
}

// nullCheck looks at rows without a user id.
func (a *analyzer) nullCheck(*Scorecard) (Check, bool) {
	rows, null := int64(0), int64(0)
	for _, t := range []TableRead{a.day.Data.Exposures, a.day.Data.Conversions} {
		rows += t.SinceStart
		for _, l := range t.LeftOut {
			if l.Reason == LeftNoUser {
				null += l.Rows
			}
		}
	}
	if null == 0 {
		return Check{}, false
	}
	share := float64(null) / float64(rows)
	check := Check{
		Name: CheckNullIDs, Severity: Info, Sentence: nullSentence(null, share),
		Numbers: []CheckNumber{{"rows", Defined(float64(null))}, {"share", Defined(share)}},
	}
	if share > nullWarning {
		check.Severity = Warning
	}
	return check, true
}

// outsideCheck counts exposures outside the experiment's dates.
func (a *analyzer) outsideCheck(*Scorecard) (Check, bool) {
	var before, after int64
	for _, l := range a.day.Data.LeftOut {
		switch l.Reason {
		case LeftBeforeStart:
			before = l.Rows
		case LeftAfterEnd:
			after = l.Rows
		}
	}
	if before+after == 0 {
		return Check{}, false
	}
	check := Check{
		Name: CheckOutsideDates, Severity: Info, Sentence: outsideSentence(before, after),
		Numbers: []CheckNumber{{"before_start", Defined(float64(before))}, {"after_end", Defined(float64(after))}},
	}
	if before > 0 {
		check.Severity = Warning
	}
	return check, true
}

// missingDaysCheck names days of the experiment on which a table got no row.
func (a *analyzer) missingDaysCheck(*Scorecard) (Check, bool) {
	if a.in.Summarized {
		return Check{}, false
	}
	var noExposures, noConversions, neither []string
	var exposures, conversions int64
	for _, d := range a.in.Days {
		newExposures, newConversions := d.Data.Exposures.SinceStart-exposures, d.Data.Conversions.SinceStart-conversions
		exposures, conversions = d.Data.Exposures.SinceStart, d.Data.Conversions.SinceStart
		enrolling := d.Through.After(a.in.Start) && !d.Through.After(a.in.End)
		switch exposed := newExposures > 0 || !enrolling; {
		case !exposed && newConversions == 0:
			neither = append(neither, d.Date)
		case !exposed:
			noExposures = append(noExposures, d.Date)
		case newConversions == 0:
			noConversions = append(noConversions, d.Date)
		}
	}
	days := len(noExposures) + len(noConversions) + len(neither)
	if days == 0 {
		return Check{}, false
	}
	return Check{
		Name: CheckMissingDays, Severity: Warning, Sentence: missingDaysSentence(noExposures, noConversions, neither),
		Numbers: []CheckNumber{{"days", Defined(float64(days))}},
	}, true
}

// staleAlarm is how much older than the end of the day the latest row of a table is when that is an
// alarm: no weekend is as long.
const staleAlarm = 3 * 24 // hours

// freshnessCheck warns when the latest row of a table is more than a day older than the end of
// the day, and alarms when it is older than any weekend is long; exposures are to come only while
// users are enrolled.
func (a *analyzer) freshnessCheck(*Scorecard) (Check, bool) {
	if a.in.AdHoc {
		return Check{}, false
	}
	var check Check
	var stalest float64
	for _, table := range []struct {
		row   string
		last  time.Time
		dates bool
		due   bool
	}{
		{"conversion", a.day.Data.Conversions.Last, a.day.Data.Conversions.Dates, true},
		{"exposure", a.day.Data.Exposures.Last, a.day.Data.Exposures.Dates, !a.day.Through.After(a.in.End)},
	} {
		hours := a.day.Through.Sub(table.last).Hours()
		if !table.due || table.last.IsZero() || hours < 24 || table.dates && hours <= 25 || hours <= stalest {
			continue
		}
		stalest = hours
		check = Check{
			Name: CheckFreshness, Severity: Warning, Sentence: freshnessSentence(table.row, table.last.In(a.in.Location), hours),
			Numbers: []CheckNumber{{"hours", Defined(hours)}},
		}
	}
	if stalest >= staleAlarm {
		check.Severity = Alarm
	}
	return check, stalest > 0
}

// dateOnlyCheck says how times without a time of day are read.
func (a *analyzer) dateOnlyCheck(*Scorecard) (Check, bool) {
	exposures, conversions := a.day.Data.Exposures.Dates, a.day.Data.Conversions.Dates
	if !exposures && !conversions {
		return Check{}, false
	}
	return Check{
		Name: CheckDateOnly, Severity: Info,
		Sentence: dateOnlySentence(exposures, conversions),
	}, true
}

// missingZoneCheck warns when one table says in which zone its times are and the other does not:
// where the latter are in UTC, they are hours away from those that they are compared with.
func (a *analyzer) missingZoneCheck(*Scorecard) (Check, bool) {
	exposures, conversions := &a.day.Data.Exposures, &a.day.Data.Conversions
	utc := a.in.Location.String() == time.UTC.String()
	if exposures.WallClock == conversions.WallClock || exposures.Dates || conversions.Dates || utc {
		return Check{}, false
	}
	return Check{
		Name: CheckMissingZone, Severity: Warning, Sentence: missingZoneSentence(exposures.WallClock, a.in.Location),
	}, true
}

// valuesCheck counts conversions whose value could not be used.
func (a *analyzer) valuesCheck(*Scorecard) (Check, bool) {
	for _, l := range a.day.Data.LeftOut {
		if l.Reason == LeftNoValue && l.Rows > 0 {
			return Check{
				Name: CheckValues, Severity: Info, Sentence: valuesSentence(l.Rows),
				Numbers: []CheckNumber{{"rows", Defined(float64(l.Rows))}},
			}, true
		}
	}
	return Check{}, false
}
