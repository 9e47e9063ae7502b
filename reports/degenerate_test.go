package reports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/moments"
)

// usersOf returns the moments of users, each with a value per column.
func usersOf(columns int, users ...[]float64) moments.Set {
	s := moments.New(columns)
	for _, u := range users {
		s.Add(u...)
	}
	return s
}

// valuesOf returns the moments of users with one number each.
func valuesOf(values ...float64) moments.Set {
	s := moments.New(1)
	for _, v := range values {
		s.Add(v)
	}
	return s
}

// sameValues are single values that are all equal, one per user.
type sameValues int

func (n sameValues) Len() int { return int(n) }

func (n sameValues) Quantiles(p ...float64) []float64 { return slices.Repeat([]float64{7}, len(p)) }

func (n sameValues) AtMost(float64) moments.Set {
	s := moments.New(2)
	for range n {
		s.Add(1, 1)
	}
	return s
}

// degenerate is an input from which something cannot be computed.
type degenerate struct {
	name string
	// metric changes the mean per user that is compared, and statistics how it is tested.
	metric     func(*experiment.Metric)
	statistics func(*experiment.Statistics)
	// days are control and treatment, day by day. Without them the metric was not computed.
	days [][2]analysis.Arm
	caps []analysis.Cap
	// several are users seen in both variants and left out, per variant.
	several int64

	// missing are the columns of the tables that must be empty for the treatment, and
	// reason is what every report says about it.
	missing []string
	reason  string
	// column is that of the tables in which the reason stands, or the sentence with it.
	column string
}

// noTest are the columns that are empty where there is no test.
var noTest = []string{"effect_se", "df", "lo", "hi", "lift_lo", "lift_hi", "z", "critical", "p", "ln_p"}

// armsOf is a day of two arms.
func armsOf(control, treatment moments.Set) [2]analysis.Arm {
	return [2]analysis.Arm{{Moments: control}, {Moments: treatment}}
}

// some are users of whom everything can be computed.
func some() moments.Set { return valuesOf(1, 2, 4, 3, 2, 5) }

func degenerates() []degenerate {
	one := func(c, t moments.Set) [][2]analysis.Arm { return [][2]analysis.Arm{armsOf(c, t)} }
	ratio := func(m *experiment.Metric) { d := m.Numerator; m.Denominator = &d }
	quantile := func(m *experiment.Metric) { m.Quantile, m.Numerator.Aggregate = 0.5, "" }
	sequential := func(s *experiment.Statistics) { s.Method = experiment.MethodSequential }
	cuped := func(s *experiment.Statistics) { s.Method = experiment.MethodSequentialCUPED }
	alwaysValid := func(s *experiment.Statistics) {
		s.Method, s.Procedure = experiment.MethodSequential, experiment.ProcedureAlwaysValid
	}
	quantiles := func(control, treatment analysis.SingleValues) [][2]analysis.Arm {
		arms := armsOf(some(), some())
		arms[0].Values, arms[1].Values = control, treatment
		return [][2]analysis.Arm{arms}
	}
	empty := moments.New(1)
	return []degenerate{
		{name: "nobody", days: one(empty, empty), missing: append(noTest, "mean", "se", "effect", "lift"), reason: "no users yet", column: "reason"},
		{name: "everybody in several variants", several: 500, days: one(empty, empty), missing: append(noTest, "mean", "se", "effect", "lift"), reason: "no users yet", column: "reason"},
		{name: "empty treatment", days: one(some(), empty), missing: append(noTest, "mean", "se", "effect", "lift"), reason: "no users yet", column: "reason"},
		{name: "empty control", days: one(empty, some()), missing: append(noTest, "effect", "lift"), reason: "no users yet", column: "reason"},
		{name: "one user", days: one(some(), valuesOf(3)), missing: append(noTest, "se"), reason: "only one user, so the variance is not defined", column: "reason"},
		{name: "one user in control", days: one(valuesOf(3), some()), missing: noTest, reason: "control: only one user, so the variance is not defined", column: "reason"},
		{name: "no variation", days: one(valuesOf(2, 2, 2), valuesOf(2, 2, 2)), missing: noTest, reason: "no variation: every user has the same value", column: "reason"},
		{name: "next to no variation", days: one(valuesOf(0, 1e-160), valuesOf(0, 1e-160)), missing: noTest, reason: "next to no variation: the values differ too little to compute with", column: "reason"},
		{name: "an effect beyond measure", days: one(hundred(0), hundred(1e160)), missing: noTest, reason: "next to no variation: the values differ too little to compute with", column: "reason"},
		{name: "control mean next to zero", days: one(valuesOf(0, 3e-308), some()), missing: []string{"lift", "lift_lo", "lift_hi"}, reason: "control is too close to 0", column: "lift_reason"},
		{name: "values too large", days: one(valuesOf(1e300, -1e300), some()), missing: noTest, reason: "control: values are too large to compute with", column: "reason"},
		{name: "zero denominator", metric: ratio, days: one(usersOf(2, []float64{1, 2}, []float64{3, 1}), usersOf(2, []float64{1, 0}, []float64{2, 0})),
			missing: append(noTest, "mean", "se"), reason: "the denominator is 0", column: "reason"},
		{name: "control mean zero", days: one(valuesOf(-1, 1, 0), some()), missing: []string{"lift", "lift_lo", "lift_hi"}, reason: "control is 0", column: "lift_reason"},
		{name: "control mean uncertain", days: one(valuesOf(-1, 1, 0.1), some()), missing: []string{"lift_lo", "lift_hi"},
			reason: "control may as well be 0, so the lift has no limits", column: "lift_reason"},
		{name: "control mean zero at the last look", statistics: alwaysValid,
			days:    [][2]analysis.Arm{armsOf(hundred(0), hundred(0.5)), armsOf(hundred(0), hundred(0.5))},
			missing: []string{"lift", "lift_lo", "lift_hi"}, reason: "control was 0, or too close to it, at the last look", column: "lift_reason"},
		{name: "no history", statistics: cuped, days: one(usersOf(3, []float64{1, 0, 1}, []float64{4, 0, 1}, []float64{2, 0, 1}), usersOf(3, []float64{2, 0, 1}, []float64{5, 0, 1})),
			reason: "no pre-period data"},
		{name: "no look yet", statistics: alwaysValid, days: one(some(), some()), missing: []string{"lo", "hi", "z", "critical", "p"}, reason: "too early", column: "verdict"},
		{name: "no alpha to spend yet", statistics: sequential, days: one(some(), some()), missing: []string{"lo", "hi", "lift_lo", "lift_hi", "critical"}, reason: "too early", column: "verdict"},
		{name: "no values", metric: quantile, days: quantiles(nil, sameValues(0)), missing: append(noTest, "mean", "se", "effect"), reason: "no values yet", column: "reason"},
		{name: "few values", metric: quantile, days: quantiles(sameValues(2), sameValues(2)), missing: append(noTest, "se"), reason: "too few values for an interval around the quantile", column: "reason"},
		{name: "equal values", metric: quantile, days: quantiles(sameValues(500), sameValues(500)), missing: append(noTest, "se"), reason: "no variation around the quantile: too many values are equal", column: "reason"},
		{name: "not computed", missing: append(noTest, "mean", "se", "effect", "lift"), reason: "it was not computed", column: "reason"},
		{name: "cap is zero", caps: []analysis.Cap{{Of: "value", Problem: "the cap is 0 although users have numbers beyond it"}},
			missing: append(noTest, "mean", "se", "effect", "lift"), reason: "the cap is 0 although users have numbers beyond it", column: "reason"},
	}
}

// hundred returns the moments of a hundred users with variance 1.
func hundred(mean float64) moments.Set {
	return moments.Set{N: 100, Mean: []float64{mean}, C: []float64{99}}
}

// card analyses the days of a degenerate input.
func (d degenerate) card(t *testing.T) analysis.Scorecard {
	t.Helper()
	m := &experiment.Metric{
		Name: "revenue", Goal: experiment.GoalIncrease, Sides: experiment.SidesTwo, Immature: experiment.ImmatureInclude,
		Numerator: experiment.Column{Event: "order", Aggregate: experiment.AggregateSum, Window: experiment.Window{Open: true}},
	}
	e := &experiment.Experiment{
		Name: "checkout", Variants: []experiment.Variant{{Name: "control", Traffic: experiment.Whole / 2}, {Name: "big", Traffic: experiment.Whole / 2}},
		Statistics: experiment.DefaultStatistics(), Scorecard: experiment.Scorecard{Primary: []*experiment.Metric{m}},
	}
	e.Statistics.Method = experiment.MethodFixed
	if d.metric != nil {
		d.metric(m)
	}
	if d.statistics != nil {
		d.statistics(&e.Statistics)
	}
	start := day("2026-01-05")
	in := analysis.Input{
		Experiment: e, Control: "control", Location: time.UTC, Start: start, End: start.AddDate(0, 0, 2000),
		MetricHash: map[string]string{"revenue": "x"},
	}
	var card analysis.Scorecard
	for k := range max(1, len(d.days)) {
		today := analysis.Day{
			Date: start.AddDate(0, 0, k).Format(time.DateOnly), Through: start.AddDate(0, 0, k+1),
			Users: []int64{1, 1}, Several: []int64{d.several, 2 * d.several}, Metrics: [][][]analysis.Arm{nil}, Caps: [][]analysis.Cap{d.caps},
		}
		if k < len(d.days) {
			today.Metrics[0] = [][]analysis.Arm{d.days[k][:]}
			for i, arm := range d.days[k] {
				today.Users[i] = arm.Moments.N
			}
		}
		in.Days = append(in.Days, today)
		var looks []analysis.Look
		var err error
		if card, looks, err = analysis.Analyze(in); err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, looks...)
	}
	return card
}

// csvCells returns the cells of a CSV report by row and column; empty ones are absent.
func csvCells(t testing.TB, data []byte) []map[string]any {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for _, record := range records[1:] {
		row := make(map[string]any)
		for i, cell := range record {
			if cell != "" {
				row[records[0][i]] = cell
			}
		}
		out = append(out, row)
	}
	return out
}

// TestDegenerateInputs: what cannot be computed is not defined in every report, and every
// report says why.
func TestDegenerateInputs(t *testing.T) {
	for _, d := range degenerates() {
		t.Run(d.name, func(t *testing.T) {
			card := d.card(t)
			for _, f := range Formats() {
				out := write(t, f, card)
				if found := notShown(out); found != "" && (f.Name == "text" || f.Name == "json" || f.Name == "csv") {
					t.Errorf("%s: holds %s:\n%s", f.Name, found, out)
				}
				var tables []map[string]any
				switch f.Name {
				case "text", "json":
					if !strings.Contains(string(out), d.reason) {
						t.Errorf("%s does not say %q:\n%s", f.Name, d.reason, out)
					}
					continue
				case "csv":
					tables = csvCells(t, out)
				case "parquet":
					tables = parquetCells(t, out)
				case "arrow":
					tables = arrowCells(t, out)
				}
				row := tables[slices.IndexFunc(tables, func(row map[string]any) bool { return row["variant"] == "big" })]
				for _, column := range d.missing {
					if v, ok := row[column]; ok {
						t.Errorf("%s: %s is %v", f.Name, column, v)
					}
				}
				if d.column != "" && !strings.Contains(fmt.Sprint(row[d.column]), d.reason) {
					t.Errorf("%s: %s is %v, want %q", f.Name, d.column, row[d.column], d.reason)
				}
			}
			s := Site{At: card.Through}
			page := textIn(t, pageOf(t, &s, Page{Card: &card}))
			if found := notShown([]byte(page)); found != "" {
				t.Errorf("the page holds %s:\n%s", found, page)
			}
			if !regexp.MustCompile(`(?i)` + regexp.QuoteMeta(d.reason)).MatchString(page) {
				t.Errorf("the page does not say %q:\n%s", d.reason, page)
			}
			var narrow bytes.Buffer
			if err := Text(&narrow, []analysis.Scorecard{card}, TextOptions{Width: 60}); err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(strings.Fields(narrow.String()), " "); !strings.Contains(text, d.reason) {
				t.Errorf("on a narrow terminal %q is not said:\n%s", d.reason, narrow.String())
			}
		})
	}
}

// A scorecard of no metrics, or none at all, is said to be so.
func TestReportsOfNothing(t *testing.T) {
	card := empty()
	for _, c := range []struct{ name, want string }{{"text", "No data yet"}, {"json", `"metrics": []`}} {
		f, err := FormatNamed(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if out := string(write(t, f, card)); !strings.Contains(out, c.want) {
			t.Errorf("%s does not say %q:\n%s", c.name, c.want, out)
		}
	}
	_, _, err := analysis.Analyze(analysis.Input{Experiment: &experiment.Experiment{}, Location: time.UTC})
	if want := "there is no day of data to analyse"; err == nil || err.Error() != want {
		t.Errorf("no day: %v, want %s", err, want)
	}
	s := Site{At: card.Through}
	page := textIn(t, pageOf(t, &s, Page{Experiment: "checkout"}))
	if want := "no scorecard"; !strings.Contains(strings.ToLower(page), want) {
		t.Errorf("the page of an experiment without a day does not say %q:\n%s", want, page)
	}
}
