package daily_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/daily"
	"readout/reports"
)

const summaryHeader = "look,variant,metric,n,mean,variance\n"

// analyseSummary analyses a summary of the metric m in variants a (control) and b.
func analyseSummary(csv string, change func(*daily.Summarized)) (analysis.Scorecard, error) {
	s, err := daily.ReadSummary(strings.NewReader(csv), "s.csv", time.UTC)
	if err != nil {
		return analysis.Scorecard{}, err
	}
	e := &experiment.Experiment{
		Statistics: experiment.DefaultStatistics(), SeveralVariants: experiment.SeveralFirst,
		Variants: []experiment.Variant{{Name: "a", Traffic: experiment.Whole / 2}, {Name: "b", Traffic: experiment.Whole / 2}},
	}
	e.Scorecard.Primary = []*experiment.Metric{{
		Name:      "m",
		Numerator: experiment.Column{Event: "m", Aggregate: experiment.AggregateSum, Window: experiment.Window{Open: true}},
		Goal:      experiment.GoalIncrease, Sides: experiment.SidesTwo, Immature: experiment.ImmatureExclude,
	}}
	job := daily.Summarized{Summary: s, Experiment: e, Control: "a", Location: time.UTC}
	if change != nil {
		change(&job)
	}
	return job.Run()
}

func fixedMethod(s *daily.Summarized) { s.Experiment.Statistics.Method = experiment.MethodFixed }

func TestSummaryFaults(t *testing.T) {
	const good = "1,a,m,10,1,2\n1,b,m,10,1,2\n"
	for _, c := range []struct{ name, csv, want string }{
		{"empty", "", "s.csv: the file is empty"},
		{"no rows", summaryHeader, "s.csv: there are no rows"},
		{"no column", "look,variant,n,mean\n", "s.csv:1: no column metric, variance: want a header"},
		{"column twice", "look," + summaryHeader, `s.csv:1: column "look" is there twice`},
		{"fields", summaryHeader + "1,a\n", "s.csv:2: not CSV: wrong number of fields"},
		{"quote", summaryHeader + "1,a\",m,1,1,1\n", "s.csv:2: not CSV: "},
		{"no variant", summaryHeader + "1,,m,10,1,2\n", `s.csv:2: variant: want a name of 1 to 200 bytes in UTF-8, got ""`},
		{"long name", summaryHeader + "1," + strings.Repeat("v", 201) + ",m,10,1,2\n", "s.csv:2: variant: want a name"},
		{"not UTF-8", summaryHeader + "1,\xff,m,10,1,2\n", "s.csv:2: variant: want a name"},
		{"look 0", summaryHeader + "0,a,m,10,1,2\n", `s.csv:2: look: want a number from 1 to 36500, got "0"`},
		{"look", summaryHeader + "x,a,m,10,1,2\n", `s.csv:2: look: want a whole number, a date or a time, got "x"`},
		{"looks mixed", summaryHeader + good + "2026-01-01,a,m,10,1,2\n", `s.csv:4: look: "2026-01-01" after "1" in s.csv:2: write`},
		{"n", summaryHeader + "1,a,m,10.5,1,2\n", `s.csv:2: n: want a whole number of users, got "10.5"`},
		{"n below 0", summaryHeader + "1,a,m,-1,1,2\n", `s.csv:2: n: want`},
		{"n inf", summaryHeader + "1,a,m,Inf,1,2\n", `s.csv:2: n: want`},
		{"n huge", summaryHeader + "1,a,m,1e300,1,2\n", `s.csv:2: n: want`},
		{"mean", summaryHeader + "1,a,m,10,NaN,2\n", `s.csv:2: mean: want a number, got "NaN"`},
		{"variance", summaryHeader + good + "2,a,m,10,1,x\n", `s.csv:4: variance: want a number of 0 or more, got "x"`},
		{"variance below 0", summaryHeader + "1,a,m,10,1,-1\n", `s.csv:2: variance: want a number of 0 or more, got "-1"`},
		{"variance inf", summaryHeader + "1,a,m,10,1,+Inf\n", `s.csv:2: variance: want`},
		{"overflow", summaryHeader + "1,a,m,10,1,1e308\n", `s.csv:2: variance: 1e+308 of 10 users is too large`},
		{"twice", summaryHeader + good + "1,a,m,11,1,2\n", `s.csv:4: look 1 of variant "a" and metric "m" is there already, in s.csv:2`},
		{"n falls", summaryHeader + "2,a,m,9,1,2\n2,b,m,10,1,2\n" + good, "s.csv:2: n: 9 users, fewer than the 10 at look 1 (s.csv:4): rows are cumulative"},
		{"arm gone", summaryHeader + good + "2,b,m,12,1,2\n", `s.csv:4: look 2 of metric "m" has no row for variant "a", which was there at look 1 (s.csv:2)`},
		{"n falls more than a little", summaryHeader + "1,a,m,1000,1,2\n1,b,m,1000,1,2\n2,a,m,989,1,2\n2,b,m,1100,1,2\n", "s.csv:4: n: 989 users, fewer than the 1000 at look 1"},
		{"n falls bit by bit", summaryHeader + "1,a,m,1000,1,2\n1,b,m,1000,1,2\n2,a,m,994,1,2\n2,b,m,1100,1,2\n3,a,m,988,1,2\n3,b,m,1200,1,2\n", "s.csv:6: n: 988 users, fewer than the 1000 at look 1"},
		{"variance of two", summaryHeader + "1,a,m,2,1,\n", `s.csv:2: variance: want a number of 0 or more, got ""`},
		{"mean of one", summaryHeader + "1,a,m,1,,\n", `s.csv:2: mean: want a number, got ""`},
		{"other metric", summaryHeader + "1,a,k,12,1,2\n", "s.csv: no look is left to analyse"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := analyseSummary(c.csv, nil)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got error %v, want %s", err, c.want)
			}
		})
	}
}

// TestSummaryWelch holds the fixed test against Welch's statistic by hand.
func TestSummaryWelch(t *testing.T) {
	card, err := analyseSummary("\ufeff"+summaryHeader+"7,a,m,4000,10.1,25.5\n7,b,m,4010.0,10.5,26\n", fixedMethod)
	if err != nil {
		t.Fatal(err)
	}
	c := card.Metrics[0].Comparisons[0]
	if se := math.Sqrt(25.5/4000 + 26.0/4010); !(math.Abs(c.Effect.SE.Or(0)-se) <= 1e-14) || !(math.Abs(c.Effect.Value.Or(0)-0.4) <= 1e-14) {
		t.Errorf("effect %v ± %v, want 0.4 ± %v", c.Effect.Value, c.Effect.SE, se)
	}
	if card.Date != "2000-01-07" || card.Variants[1].Users != 4010 {
		t.Errorf("date %s, users %d", card.Date, card.Variants[1].Users)
	}
}

// TestSummaryRowsLeftAside: those of other variants and metrics, and of looks after the last one wanted, change
// nothing.
func TestSummaryRowsLeftAside(t *testing.T) {
	const used = "1,a,m,4000,10,25\n1,b,m,4000,10.1,25\n2,a,m,8000,10,25\n2,b,m,8000,10.1,25\n"
	analyse := func(rows string) string {
		t.Helper()
		return cardText(t, func() (analysis.Scorecard, error) {
			return analyseSummary(summaryHeader+rows, func(s *daily.Summarized) {
				s.Through = daily.DayOf(time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC), time.UTC)
			})
		})
	}
	want := analyse(used)
	if got := analyse(used + "1,c,m,9,1,2\n1,a,k,9,1,2\n3,a,m,9000,10,25\n3,b,m,9000,20,25\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	_, err := analyseSummary(summaryHeader+used, func(s *daily.Summarized) {
		other := *s.Experiment.Scorecard.Primary[0]
		other.Name = "k"
		s.Experiment.Scorecard.Primary = append(s.Experiment.Scorecard.Primary, &other)
	})
	if err == nil || !strings.HasPrefix(err.Error(), `s.csv: metric "k" has no row at the last look, 2: `) {
		t.Errorf("a metric without rows: %v", err)
	}
	// A hundredth may be taken out afterwards.
	if _, err := analyseSummary(summaryHeader+"1,a,m,1000,1,2\n1,b,m,1000,1,2\n2,a,m,990,1,2\n2,b,m,1100,1,2\n", nil); err != nil {
		t.Error(err)
	}
}

// TestSummaryClock holds when looks are: numbers are days, dates end with the day, times
// are instants, and start and end are those asked for.
func TestSummaryClock(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name, first, last string
		change            func(*daily.Summarized)
		date              string
		time              float64
	}{
		{"numbers", "1", "4", nil, "2000-01-04", 1},
		{"numbers from a start", "1", "4", func(s *daily.Summarized) { s.Start, s.End = day(5), day(15) }, "2026-01-08", 0.4},
		{"dates", "2026-01-05", "2026-01-08", nil, "2026-01-08", 1},
		{"dates with an end", "2026-01-05", "2026-01-06", func(s *daily.Summarized) { s.End = day(15) }, "2026-01-06", 0.2},
		{"times", "2026-01-05T06:00:00Z", "2026-01-06T00:00:00Z", func(s *daily.Summarized) { s.End = day(9) }, "2026-01-05", 0.25},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows := c.last + ",a,m,400,1,2\n" + c.last + ",b,m,400,1.1,2\n" + c.first + ",a,m,100,1,2\n" + c.first + ",b,m,100,1.2,2\n"
			card, err := analyseSummary(summaryHeader+rows, c.change)
			if err != nil {
				t.Fatal(err)
			}
			got := card.Metrics[0].Comparisons[0]
			if card.Date != c.date || !(math.Abs(got.Time.Or(-1)-c.time) <= 1e-12) || got.Look != 2 || !got.Approximate {
				t.Errorf("date %s, time %v, look %d, approximate %v; want %s, %v, 2, true",
					card.Date, got.Time, got.Look, got.Approximate, c.date, c.time)
			}
		})
	}
}

// TestSummaryStart holds that no look lies before the start that is asked for.
func TestSummaryStart(t *testing.T) {
	const rows = summaryHeader + "2026-01-05,a,m,10,1,2\n2026-01-05,b,m,10,1,2\n2026-01-08,a,m,20,1,2\n2026-01-08,b,m,20,1,2\n"
	for start, want := range map[int]string{5: "", 6: "look 2026-01-05 is not after the start", 9: "the last look ends before the start"} {
		_, err := analyseSummary(rows, func(s *daily.Summarized) { s.Start = time.Date(2026, 1, start, 0, 0, 0, 0, time.UTC) })
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("start on the %dth: error %v, want %q", start, err, want)
		}
	}
}

// TestSummaryTooFew holds that arms of no and of one user have no result, and a reason.
func TestSummaryTooFew(t *testing.T) {
	for _, c := range []struct{ name, row string }{
		{"no users", "1,b,m,0,NaN,\n"},
		{"one user", "1,b,m,1,3,NaN\n"},
	} {
		for _, method := range []func(*daily.Summarized){fixedMethod, nil, alwaysValid} {
			card, err := analyseSummary(summaryHeader+"1,a,m,1000,1,2\n"+c.row, method)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			got := card.Metrics[0].Comparisons[0]
			if _, ok := got.P.Get(); ok || got.Verdict != analysis.CannotSay && got.Verdict != analysis.TooEarly || got.Reason == "" {
				t.Errorf("%s by %s: p %v, verdict %q, reason %q", c.name, card.Plan.Method, got.P, got.Verdict, got.Reason)
			}
			if v := card.Metrics[0].Variants[1]; v.Reason == "" || v.SE != (analysis.Number{}) {
				t.Errorf("%s by %s: variant %+v", c.name, card.Plan.Method, v)
			}
		}
	}
}

func alwaysValid(s *daily.Summarized) {
	s.Experiment.Statistics.Procedure = experiment.ProcedureAlwaysValid
}

// TestSummaryArmThatComesLater holds that a variant without a row at an early look has no look
// there, and that the others have theirs.
func TestSummaryArmThatComesLater(t *testing.T) {
	const rows = summaryHeader + "1,a,m,100,1,2\n1,b,m,100,1,2\n2,a,m,200,1,2\n2,b,m,200,1,2\n2,c,m,150,1,3\n"
	card, err := analyseSummary(rows, func(s *daily.Summarized) {
		s.Experiment.Variants = append(s.Experiment.Variants, experiment.Variant{Name: "c", Traffic: experiment.Whole / 2})
	})
	if err != nil {
		t.Fatal(err)
	}
	looks := make(map[string][]string)
	for _, c := range card.Metrics[0].Comparisons {
		for _, l := range c.Looks {
			looks[c.Variant] = append(looks[c.Variant], l.Date)
		}
	}
	if diff := cmp.Diff(map[string][]string{"b": {"2000-01-01", "2000-01-02"}, "c": {"2000-01-02"}}, looks); diff != "" {
		t.Errorf("looks (-want +got):\n%s", diff)
	}
}

// TestSummaryUsersFall holds that a look at which users are a little fewer is left out by the
// sequential methods, with a warning, and that looks go on when they are more again.
func TestSummaryUsersFall(t *testing.T) {
	rows := summaryHeader
	for k, n := range []int{1000, 2000, 1990, 1995, 2500} {
		rows += fmt.Sprintf("%d,a,m,%d,1,2\n%d,b,m,%d,1,2\n", k+1, 1000*(k+1), k+1, n)
	}
	for _, method := range []func(*daily.Summarized){nil, alwaysValid} {
		card, err := analyseSummary(rows, method)
		if err != nil {
			t.Fatal(err)
		}
		c := card.Metrics[0].Comparisons[0]
		var dates []string
		for _, l := range c.Looks {
			dates = append(dates, l.Date)
		}
		if diff := cmp.Diff([]string{"2000-01-01", "2000-01-02", "2000-01-05"}, dates); diff != "" {
			t.Errorf("%s: looks (-want +got):\n%s", card.Plan.Procedure, diff)
		}
		i := slices.IndexFunc(card.Checks, func(c analysis.Check) bool { return c.Name == "users_fall" })
		if i < 0 || card.Checks[i].Severity != analysis.Warning || card.Checks[i].Numbers[0].Value != analysis.Defined(2) {
			t.Errorf("%s: checks %+v", card.Plan.Procedure, card.Checks)
		}
	}
}

// TestSummaryPlannedUsers holds that an always-valid test is tuned to the users that are
// planned, or else to those of the first look, as if they came evenly.
func TestSummaryPlannedUsers(t *testing.T) {
	const rows = summaryHeader + "1,a,m,400,1,2\n1,b,m,400,1.1,2\n2,a,m,500,1,2\n2,b,m,500,1.1,2\n"
	critical := func(planned int64) float64 {
		card, err := analyseSummary(rows, func(s *daily.Summarized) { alwaysValid(s); s.PlannedUsers = planned })
		if err != nil {
			t.Fatal(err)
		}
		return card.Metrics[0].Comparisons[0].Critical.Or(0)
	}
	if evenly, same, other := critical(0), critical(1600), critical(1000); evenly != same || other >= evenly {
		t.Errorf("critical values %v without a plan, %v for 1600 users, %v for 1000", evenly, same, other)
	}
}

// TestSummaryUnknown holds that what a summary cannot tell is unknown, not 0.
func TestSummaryUnknown(t *testing.T) {
	card, err := analyseSummary(summaryHeader+"1,a,m,90,1,2\n1,b,m,90,1,2\n", fixedMethod)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range card.Metrics[0].Variants {
		if _, known := v.Conversions.Get(); known {
			t.Errorf("%s: %d conversions", v.Variant, v.Conversions)
		}
	}
	if data, err := json.Marshal(card.Data); err != nil || string(data) != `{"summary_rows":2,"left_out":[]}` {
		t.Errorf("data %s, %v", data, err)
	}
	for _, c := range card.Checks {
		for _, n := range c.Numbers {
			if n.Name == "conversions" {
				t.Errorf("check %s has conversions %v", c.Name, n.Value)
			}
		}
	}
}

// FuzzReadSummary holds that any bytes give an error or a scorecard that can be written, by every
// method, and never a panic.
func FuzzReadSummary(f *testing.F) {
	f.Add(summaryHeader+"1,a,m,10,1,2\n1,b,m,10,1,2\n", uint8(0))
	f.Add("experiment,"+summaryHeader+"e,2026-01-01,a,m,1e3,-1,0\n", uint8(1))
	for method := range uint8(3) {
		f.Add(summaryHeader+"1,a,m,1,1e308,0\n1,b,m,9007199254740992,-1e308,1e290\n", method)
		f.Add(summaryHeader+"1,a,m,100,0.01,0.0099\n1,b,m,100,0.02,0.0196\n5,a,m,1000,0.01,0.0099\n5,b,m,1000,0.03,0.0291\n7,a,m,995,0.01,0.01\n7,b,m,1e5,0.03,1e-300\n", method)
	}
	f.Fuzz(func(t *testing.T, csv string, method uint8) {
		card, err := analyseSummary(csv, []func(*daily.Summarized){fixedMethod, nil, alwaysValid}[method%3])
		if err == nil {
			writable(t, card)
		}
	})
}

// writable holds that every format can write a scorecard.
func writable(t *testing.T, card analysis.Scorecard) {
	t.Helper()
	for _, format := range reports.Formats() {
		var out bytes.Buffer
		if err := format.Write(&out, []analysis.Scorecard{card}); err != nil || out.Len() == 0 {
			t.Errorf("%s: %d bytes, %v", format.Name, out.Len(), err)
		}
	}
}
