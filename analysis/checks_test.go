package analysis

import (
	"math"
	"strings"
	"testing"
	"time"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// checked returns the checks of the last day by name; nothing is said about those that are
// not there.
func checked(t *testing.T, in Input) map[string]Check {
	t.Helper()
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]Check)
	for _, c := range card.Checks {
		out[c.Name] = c
	}
	return out
}

// TestChecks: what each check finds, how grave it is, and that it says what to look at.
func TestChecks(t *testing.T) {
	at := func(days, hours int) time.Time { return day0.AddDate(0, 0, days).Add(time.Duration(hours) * time.Hour) }
	left := func(reason, name string, rows, users int64) func(*Input) {
		return func(in *Input) {
			in.today().Data.LeftOut = append(in.today().Data.LeftOut, NewLeftOut(reason, name, rows, users))
		}
	}
	// over divides the metric by a column that is 0 for everybody.
	over := func(denominator experiment.Column) func(*Input) {
		return func(in *Input) {
			in.Experiment.Scorecard.Primary[0].Denominator = &denominator
			for v := range in.today().Metrics[0][0] {
				set := moments.New(2)
				for range 300 {
					set.Add(1, 0)
				}
				in.today().Metrics[0][0][v].Moments = set
			}
			in.Days = in.Days[2:]
		}
	}
	berlin := time.FixedZone("Europe/Berlin", 0) // days stay those of the other cases
	for _, c := range []struct {
		name     string
		change   func(*Input)
		check    string
		severity Severity
		sentence string
	}{
		{"every day has rows", func(*Input) {}, CheckMissingDays, "", ""},
		{"no exposures on the second day", func(in *Input) {
			in.Days[1].Data.Exposures.SinceStart = in.Days[0].Data.Exposures.SinceStart
		}, CheckMissingDays, Warning, "There are no exposures for 2026-01-06: check"},
		{"no conversions on the first day", func(in *Input) {
			in.Days[0].Data.Conversions = TableRead{Rows: 500}
		}, CheckMissingDays, Warning, "There are no conversions for 2026-01-05: check"},
		{"each table lacks a day, and both another", func(in *Input) {
			in.Days[0].Data.Exposures.SinceStart = 0
			in.Days[1].Data.Conversions.SinceStart = in.Days[0].Data.Conversions.SinceStart
			in.Days[2].Data = in.Days[1].Data
		}, CheckMissingDays, Warning, "There are neither exposures nor conversions for 2026-01-07; no exposures for 2026-01-05; no conversions for 2026-01-06: check"},
		{"no conversions at all", func(in *Input) {
			for i := range in.Days {
				in.Days[i].Data.Conversions = TableRead{}
			}
		}, CheckMissingDays, Warning, "2026-01-05, 2026-01-06, 2026-01-07"},
		{"no exposures once enrolment is over", func(in *Input) {
			in.End = at(2, 0)
			in.Days[2].Data.Exposures.SinceStart = in.Days[1].Data.Exposures.SinceStart
		}, CheckMissingDays, "", ""},
		{"a summary has no rows", func(in *Input) {
			in.Summarized = true
			for i := range in.Days {
				in.Days[i].Data = DataRead{}
			}
		}, CheckMissingDays, "", ""},

		{"less than a week under way", func(in *Input) { in.End = at(5, 0) }, CheckPartWeeks, Warning, "without Saturday and Sunday"},
		{"less than a week, and over", func(in *Input) { in.End = at(3, 0) }, CheckPartWeeks, Info, "without Thursday to Sunday"},
		{"a week and three days", func(in *Input) { in.End = at(10, 0) }, CheckPartWeeks, Info, "Monday to Wednesday count once more"},
		{"whole weeks", func(in *Input) { in.End = at(14, 0) }, CheckPartWeeks, "", ""},
		{"dates of the moment", func(in *Input) { in.End, in.AdHoc = at(10, 0), true }, CheckPartWeeks, "", ""},

		{"data up to the evening", func(in *Input) {
			in.today().Data.Conversions.Last, in.today().Data.Exposures.Last = at(2, 20), at(2, 20)
		}, CheckFreshness, "", ""},
		{"late conversions", func(in *Input) { in.today().Data.Conversions.Last = at(1, 12) }, CheckFreshness, Warning, "conversion is from 2026-01-06 12:00, 36 hours"},
		{"data that have stopped", func(in *Input) {
			in.today().Data.Conversions.Last, in.today().Data.Exposures.Last = at(1, 12), at(-1, 0)
		}, CheckFreshness, Alarm, "exposure is from 2026-01-04 00:00, 96 hours before the end of the day: find out why no more have come"},
		{"a weekend without data", func(in *Input) { in.today().Data.Conversions.Last = at(0, 18) }, CheckFreshness, Warning, "54 hours before the end of the day: check whether data are late"},
		{"late exposures", func(in *Input) { in.today().Data.Exposures.Last = at(1, 12) }, CheckFreshness, Warning, "exposure is from"},
		{"dates are as late as can be", func(in *Input) {
			in.today().Data.Conversions.Dates, in.today().Data.Conversions.Last = true, at(2, 0)
		}, CheckFreshness, "", ""},
		{"late exposures once enrolment is over", func(in *Input) {
			in.End, in.today().Data.Exposures.Last = at(2, 0), at(1, 12)
		}, CheckFreshness, "", ""},
		{"data of old", func(in *Input) { in.AdHoc, in.today().Data.Conversions.Last = true, at(1, 12) }, CheckFreshness, "", ""},

		{"few of another variant", left(LeftUnknownVariant, "huge", 3, 2), CheckUnknownVariants, Info, `"huge" (2 users)`},
		{"many of another variant", left(LeftUnknownVariant, "huge", 30, 20), CheckUnknownVariants, Warning, `"huge" (20 users)`},
		{"one variant with most users among junk", func(in *Input) {
			for _, name := range []string{"1", "2", "3", "4", "5", "6"} {
				left(LeftUnknownVariant, name, 1, 1)(in)
			}
			left(LeftUnknownVariant, "renamed", 30, 20)(in)
		}, CheckUnknownVariants, Warning, `left out: "renamed" (20 users), "1" (1 user), "2" (1 user), "3" (1 user), "4" (1 user), and 2 more.`},
		{"few rows without a user", func(in *Input) {
			d := &in.today().Data
			d.Exposures.SinceStart, d.Exposures.LeftOut = 1000, []LeftOut{NewLeftOut(LeftNoUser, "", 5, 0)}
		}, CheckNullIDs, Info, "5 rows"},
		{"many rows without a user", func(in *Input) {
			in.today().Data.Conversions.LeftOut = []LeftOut{NewLeftOut(LeftNoUser, "", 5, 0)}
		}, CheckNullIDs, Warning, "5 rows"},
		{"exposures before the start", left(LeftBeforeStart, "", 4, 0), CheckOutsideDates, Warning, "4 exposures before the start"},
		{"exposures after the end", left(LeftAfterEnd, "", 1, 0), CheckOutsideDates, Info, "1 exposure at or after the end"},
		{"values that are none", left(LeftNoValue, "", 7, 0), CheckValues, Info, "7 conversions"},
		{"dates", func(in *Input) { in.today().Data.Conversions.Dates = true }, CheckDateOnly, Info, "date of the exposure"},
		{"conversions without a zone", func(in *Input) { in.today().Data.Conversions.WallClock, in.Location = true, berlin }, CheckMissingZone, Warning,
			"Times of conversions have no zone and are read in Europe/Berlin, those of exposures have one: if"},
		{"exposures without a zone", func(in *Input) { in.today().Data.Exposures.WallClock, in.Location = true, berlin }, CheckMissingZone, Warning, "Times of exposures have no zone"},
		{"neither has a zone", func(in *Input) {
			in.today().Data.Exposures.WallClock, in.today().Data.Conversions.WallClock, in.Location = true, true, berlin
		}, CheckMissingZone, "", ""},
		{"conversions without a zone, dates of exposures", func(in *Input) {
			in.today().Data.Conversions.WallClock, in.today().Data.Exposures.Dates, in.Location = true, true, berlin
		}, CheckMissingZone, "", ""},
		{"conversions without a zone in UTC", func(in *Input) { in.today().Data.Conversions.WallClock = true }, CheckMissingZone, "", ""},
		{"users in an arm without traffic", func(in *Input) {
			in.Experiment.Variants[0].Traffic, in.Experiment.Variants[1].Traffic = experiment.Whole, 0
		}, CheckZeroWeight, Alarm, "big has 300 users"},
		{"somebody converted", func(*Input) {}, CheckNoConversions, "", ""},
		{"nobody converted", func(in *Input) {
			for v := range in.today().Metrics[0][0] {
				in.today().Metrics[0][0][v].Converted = 0
			}
		}, CheckNoConversions, Warning, `for revenue, event "purchase": check the name of the event, filters and window of the metric, and whether users have the same ids in both tables.`},
		{"nobody of few converted", func(in *Input) {
			for v := range in.today().Metrics[0][0] {
				in.today().Metrics[0][0][v] = Arm{Moments: newStream(10, 4, 5).more(49)}
			}
		}, CheckNoConversions, "", ""},
		{"a denominator that nobody has", over(experiment.Column{Event: "vist", Aggregate: experiment.AggregateCount}), CheckNoConversions, Warning, `for revenue, event "vist": check the name of the event, filters and window of the metric.`},
		{"a denominator of values, all of them 0", over(experiment.Column{Event: "refund", Aggregate: experiment.AggregateSum}), CheckNoConversions, "", ""},
		{"a summary has no events", func(in *Input) {
			in.Summarized = true
			for v := range in.today().Metrics[0][0] {
				in.today().Metrics[0][0][v].Converted = -1
			}
		}, CheckNoConversions, "", ""},
		{"one user in an arm without traffic", func(in *Input) {
			in.Experiment.Variants[0].Traffic, in.Experiment.Variants[1].Traffic = experiment.Whole, 0
			in.today().Users = []int64{30_000, 1}
		}, CheckZeroWeight, Alarm, "big has 1 user"},
		{"a segment column of too many values", func(in *Input) {
			in.today().Segments = []DaySegments{{Column: "device"}, {Column: "city"}}
		}, CheckSegmentValues, Warning, "Nothing is broken down by device, city: "},
		{"no users yet in any segment", func(in *Input) {
			in.today().Segments, in.today().Users = []DaySegments{{Column: "device"}}, []int64{0, 0}
		}, CheckSegmentValues, "", ""},
		{"enough users", func(*Input) {}, CheckFewUsers, "", ""},
		{"few users", func(in *Input) {
			in.today().Metrics[0][0][1].Moments = newStream(10, 4, 5).more(99)
		}, CheckFewUsers, Info, "99 users"},
		{"just enough users", func(in *Input) {
			in.today().Metrics[0][0][1].Moments = newStream(10, 4, 5).more(100)
		}, CheckFewUsers, "", ""},
		{"nobody yet", func(in *Input) {
			in.today().Metrics[0][0][1] = Arm{Moments: newStream(10, 4, 5).more(0)}
		}, CheckFewUsers, "", ""},
		{"few who converted", func(in *Input) {
			in.Experiment.Scorecard.Primary[0].Numerator.Aggregate = experiment.AggregateAny
			in.today().Metrics[0][0][1].Converted = 9
		}, CheckFewUsers, Info, "9 converted of 300"},
		{"few who have anything to count", func(in *Input) {
			in.today().Metrics[0][0][1].Converted = 9
		}, CheckFewUsers, Info, "revenue has 9 converted of 300"},
		{"nearly all have something to count", func(in *Input) {
			in.today().Metrics[0][0][1].Converted = 299
		}, CheckFewUsers, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := testInput(testExperiment(), 8)
			control, big := newStream(10, 4, 1), newStream(10, 4, 2)
			for range 3 {
				in.addDay(control.more(100), big.more(100))
			}
			c.change(&in)
			got, ok := checked(t, in)[c.check]
			if ok != (c.severity != "") || got.Severity != c.severity || !strings.Contains(got.Sentence, c.sentence) {
				t.Errorf("%+v, want %q with %q", got, c.severity, c.sentence)
			}
		})
	}
}

// With many metrics and variants the sentence stays one that people read.
func TestDefinitionSentenceIsShort(t *testing.T) {
	got := definitionSentence([]string{"m, a", "m, b", "m, c", "n, a", "n, b", "n, c", "o, a"})
	if want := "The test of m, a, m, b, m, c, n, a, n, b and 2 more was changed"; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want it to begin with %q", got, want)
	}
}

// A ratio of a few users has next to no variance: that it differs between arms says nothing
// about the assignment.
func TestBalanceLeavesOutRatiosOfFewUsers(t *testing.T) {
	arm := func(buyers int, value float64) moments.Set {
		set := moments.New(2)
		for i := range 200 {
			if i < buyers {
				set.Add(value+float64(i%2), 1)
			} else {
				set.Add(0, 0)
			}
		}
		return set
	}
	for _, x := range []struct {
		treatment, control int
		noted              bool
	}{{1, 1, false}, {1, 40, false}, {40, 9, false}, {10, 10, true}, {40, 40, true}} {
		a := &analyzer{}
		a.addImbalance("order_value", "big", cuped.Ratio(0, 1), arm(x.treatment, 20), arm(x.control, 50))
		if noted := len(a.imbalance) > 0; noted != x.noted {
			t.Errorf("%d and %d buyers: noted %v", x.treatment, x.control, noted)
		}
	}
	a := &analyzer{}
	a.addImbalance("revenue", "big", cuped.Column(0), arm(1, 20), arm(1, 50))
	if len(a.imbalance) == 0 {
		t.Error("a mean is left out")
	}
}

// TestBalanceNamesTheLargestDifference, and counts how many were looked at.
func TestBalanceNamesTheLargestDifference(t *testing.T) {
	difference := func(value float64) cuped.Difference { return cuped.Difference{Value: value, StandardError: 0.5} }
	a := &analyzer{imbalance: []imbalance{
		{"orders", "big", difference(0.1)}, {"revenue", "big", difference(-3)}, {"visits", "big", difference(2)},
	}}
	c, ok := a.balanceCheck(nil)
	p := 3 * math.Erfc(6/math.Sqrt2)
	if !ok || c.Severity != Warning || !strings.Contains(c.Sentence, "on revenue before") || c.Numbers[1].Value.Or(0) != -3 ||
		!(math.Abs(c.Numbers[0].Value.Or(0)-p) <= 1e-9*p) {
		t.Errorf("%+v, want p %v", c, p)
	}
}
