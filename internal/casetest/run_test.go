package casetest

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/ingest"
	"readout/ingest/tables"
	"readout/internal/daily"
	"readout/moments"
	"readout/reports"
)

// writeAtMost is the number of users that counts are still written out as rows for; more
// go to the analysis as moments.
const writeAtMost = 500_000

// scorecard makes one card of a case.
func (c *Case) scorecard(t *testing.T, card Card) analysis.Scorecard {
	t.Helper()
	p, e := c.load(t)
	if card.TimeZone != "" {
		zone, err := time.LoadLocation(card.TimeZone)
		if err != nil {
			t.Fatal(err)
		}
		p.Location = zone
	}
	e.Statistics.Method = card.Method
	if card.Method == "" {
		e.Statistics.Method = experiment.MethodFixed
		for _, m := range e.Scorecard.Metrics() {
			m.Lookback = 0
		}
	}
	if card.Summary != "" {
		return c.summarized(t, p, e, card)
	}
	var users int64
	for _, n := range card.Counts {
		users += n.Users
	}
	if users > writeAtMost {
		return analyzeCounts(t, p, e, card.Counts)
	}
	c.writeData(t, p, e, card)
	adhoc := daily.AdHoc{
		Project: p, Engine: ingest.Embedded{Store: tables.LocalStore{}}, Experiment: e,
		Control: experiment.Control, Start: e.Schedule.Start, End: e.Schedule.End,
	}
	if card.Through != "" {
		day, err := daily.ParseDay(card.Through, p.Location)
		if err != nil {
			t.Fatal(err)
		}
		adhoc.Through = day
	}
	got, err := adhoc.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// summarized makes a card of aggregates per look.
func (c *Case) summarized(t *testing.T, p *experiment.Project, e *experiment.Experiment, card Card) analysis.Scorecard {
	t.Helper()
	data, err := c.files.ReadFile(card.Summary)
	if err != nil {
		t.Fatal(err)
	}
	summary, err := daily.ReadSummary(bytes.NewReader(data), card.Summary, p.Location)
	if err != nil {
		t.Fatal(err)
	}
	job := daily.Summarized{
		Summary: summary, Experiment: e, Control: experiment.Control, Location: p.Location,
		Start: e.Schedule.Start, End: e.Schedule.End,
	}
	if card.Through != "" {
		if job.Through, err = daily.ParseDay(card.Through, p.Location); err != nil {
			t.Fatal(err)
		}
	}
	got, err := job.Run()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// writeData writes the data of a card where the project will look for them.
func (c *Case) writeData(t *testing.T, p *experiment.Project, e *experiment.Experiment, card Card) {
	t.Helper()
	var exposures, conversions table
	if card.Counts != nil {
		exposures, conversions = countRows(e, card.Counts)
	} else {
		exposures = c.table(t, card.Exposures, "exposures.csv")
		conversions = c.table(t, card.Conversions, "conversions.csv")
	}
	exposures.add("experiment", e.Name)
	dir := t.TempDir()
	p.Data.Exposures.Path = filepath.Join(dir, p.Data.Exposures.Path)
	p.Data.Conversions.Path = filepath.Join(dir, p.Data.Conversions.Path)
	exposures.write(t, p.Data.Exposures.Path)
	conversions.write(t, p.Data.Conversions.Path)
}

func (c *Case) table(t *testing.T, name, otherwise string) table {
	t.Helper()
	if name == "" {
		name = otherwise
	}
	data, err := c.files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return parseTable(t, name, data)
}

// countRows makes rows of counts: every user is exposed at the start, and those who
// convert do so an hour later, with the event of the first metric.
func countRows(e *experiment.Experiment, counts map[string]Count) (exposures, conversions table) {
	exposures.columns = []string{"user_id", "variant", "timestamp"}
	conversions.columns = []string{"user_id", "event", "timestamp", "value"}
	exposed := e.Schedule.Start.UTC().Format(time.RFC3339)
	converted := e.Schedule.Start.UTC().Add(time.Hour).Format(time.RFC3339)
	for _, v := range e.Variants {
		for i := range counts[v.Name].Users {
			user := v.Name + "-" + strconv.FormatInt(i, 10)
			exposures.rows = append(exposures.rows, []string{user, v.Name, exposed})
			if i < counts[v.Name].Converted {
				event := e.Scorecard.Primary[0].Numerator.Event
				conversions.rows = append(conversions.rows, []string{user, event, converted, "1"})
			}
		}
	}
	return exposures, conversions
}

// analyzeCounts hands counts to the analysis as the moments of its first metric.
func analyzeCounts(t *testing.T, p *experiment.Project, e *experiment.Experiment, counts map[string]Count) analysis.Scorecard {
	t.Helper()
	day := daily.DayOf(e.Schedule.End.Add(-1), p.Location)
	in := analysis.Day{Date: day.Date, Through: day.Through, Several: make([]int64, len(e.Variants))}
	var arms []analysis.Arm
	for _, v := range e.Variants {
		n := counts[v.Name]
		in.Users = append(in.Users, n.Users)
		arms = append(arms, analysis.Arm{Moments: zeroOrOne(n), Converted: n.Converted})
	}
	for range e.Scorecard.Metrics() {
		in.Metrics = append(in.Metrics, [][]analysis.Arm{arms})
	}
	card, _, err := analysis.Analyze(analysis.Input{
		Organization: p.Organization, Project: p.Name, Experiment: e, Control: experiment.Control,
		Location: p.Location, Start: e.Schedule.Start, End: e.Schedule.End,
		Days: []analysis.Day{in}, AdHoc: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return card
}

// zeroOrOne returns the moments of a column that is 1 for the users who converted.
func zeroOrOne(n Count) moments.Set {
	s := moments.New(1)
	if n.Users > 0 {
		rate := float64(n.Converted) / float64(n.Users)
		s.N, s.Mean[0], s.C[0] = n.Users, rate, float64(n.Converted)*(1-rate)
	}
	return s
}

// checkCard compares a scorecard and its report with what is expected of them.
func checkCard(t *testing.T, tolerance float64, want Card, got analysis.Scorecard) {
	t.Helper()
	text := cardJSON(t, got)
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	for _, difference := range subset(want.Card, value, tolerance) {
		t.Error(difference)
	}
	report := reportText(t, got)
	for _, s := range want.Report {
		if !strings.Contains(report, s) {
			t.Errorf("the report does not say %q:\n%s", s, report)
		}
	}
	for _, s := range want.Never {
		if strings.Contains(report, s) || strings.Contains(text, s) {
			t.Errorf("the scorecard or its report says %q", s)
		}
	}
}

// checkAgreement checks what holds on every scorecard of one look: the flag, the p-value,
// both intervals unless they are marked as not adjusted, the verdict, the sentence and the
// record say the same, and what is missing has a reason.
func checkAgreement(t *testing.T, card analysis.Scorecard) {
	t.Helper()
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			p, ok := c.P.Get()
			if !ok {
				if c.Reason == "" || c.Significant {
					t.Errorf("metric %s, %s: no p-value, reason %q, significant %v", m.Name, c.Variant, c.Reason, c.Significant)
				}
				continue
			}
			alpha := c.Alpha.Or(0)
			says := []bool{c.Significant, p < alpha, excludesZero(c.Lo, c.Hi)}
			if !c.LiftUnbounded && c.LiftReason == "" {
				says = append(says, excludesZero(c.LiftLo, c.LiftHi))
			}
			if c.IntervalUnadjusted {
				says = []bool{c.Significant, c.PAdjusted.Or(1) < alpha}
			}
			says = append(says, c.Verdict == analysis.Better || c.Verdict == analysis.Worse,
				strings.Contains(c.Sentence, " is better") || strings.Contains(c.Sentence, " is worse"), c.Record != nil)
			if len(slices.Compact(slices.Clone(says))) != 1 {
				t.Errorf("metric %s, %s: flag, p-value, intervals, verdict %q, sentence %q, record: significant says %v",
					m.Name, c.Variant, c.Verdict, c.Sentence, says)
			}
		}
	}
}

// excludesZero reports whether an interval with two ends excludes 0.
func excludesZero(lo, hi analysis.Number) bool {
	l, okLo := lo.Get()
	h, okHi := hi.Get()
	return okLo && okHi && (l > 0 || h < 0)
}

func cardJSON(t *testing.T, card analysis.Scorecard) string {
	t.Helper()
	data, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func reportText(t *testing.T, card analysis.Scorecard) string {
	t.Helper()
	var b strings.Builder
	if err := reports.Text(&b, []analysis.Scorecard{card}, reports.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
