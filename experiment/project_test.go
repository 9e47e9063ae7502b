package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

func completeProject(t testing.TB) *Project {
	t.Helper()
	return loadFiles(t, filepath.Join("testdata", "load", "good_complete.txtar"))
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestProjectFields(t *testing.T) {
	p := completeProject(t)
	same(t, "names", []string{"acme", "shop", "Europe/Berlin", "30 3 * * *", "state", "embedded"},
		[]string{p.Organization, p.Name, p.Location.String(), p.Schedule, p.StateDir, p.Engine})
	same(t, "data", Data{
		Exposures:   Exposures{Path: "data/exposures", Columns: DefaultExposureColumns(), Segments: []string{"country", "device"}},
		Conversions: Conversions{Path: "data/conversions", Columns: DefaultConversionColumns()},
		Profiles:    &Profiles{Path: "data/profiles", ID: "user_id", RequestMayOverride: []string{"country"}},
	}, p.Data)
	same(t, "defaults", Defaults{DefaultStatistics(), SeveralExclude, 14 * 24 * time.Hour}, p.Defaults)
	same(t, "holdouts", []Holdout{{"global", Whole / 20}}, p.Holdouts)
	same(t, "templates", []Template{{"button", []byte(`{"size":"small","text":"Buy","style":{"color":"blue","round":true}}`)}}, p.Templates)

	var metrics, experiments []string
	for _, m := range p.Metrics {
		metrics = append(metrics, m.Name)
	}
	for _, e := range p.Experiments {
		experiments = append(experiments, e.Name)
	}
	same(t, "metrics in file order", []string{
		"purchased", "orders", "revenue", "order_value", "returned_d7", "latency_p95", "searches", "clicks_per_search",
	}, metrics)
	same(t, "experiments in name order", []string{"checkout-button", "three", "welcome"}, experiments)
}

func TestMetricFields(t *testing.T) {
	const day = 24 * time.Hour
	p := completeProject(t)
	f := func(name string, kind Kind, want Metric) {
		t.Helper()
		m, ok := p.Metric(name)
		if !ok {
			t.Fatalf("no metric %s", name)
		}
		want.Name, want.File, want.Line = m.Name, m.File, m.Line
		same(t, name, want, *m)
		if m.Kind() != kind {
			t.Errorf("%s is a %s, want %s", name, m.Kind(), kind)
		}
	}
	f("purchased", KindProportion, Metric{
		Numerator: Column{Event: "purchase", Aggregate: AggregateAny, Window: Window{To: 7 * day}},
		Goal:      GoalIncrease, Sides: SidesTwo, Immature: ImmatureExclude, Lookback: 14 * day,
	})
	f("revenue", KindMean, Metric{
		Numerator: Column{Event: "purchase", Aggregate: AggregateSum, Window: Window{To: 7 * day},
			Cap: &Cap{Upper: &CapBound{Percentile: 0.999, IsPercentile: true}}},
		Goal: GoalIncrease, Sides: SidesTwo, Immature: ImmatureExclude, Lookback: 14 * day,
	})
	f("order_value", KindRatio, Metric{
		Numerator:   Column{Event: "purchase", Aggregate: AggregateSum, Window: Window{Open: true}},
		Denominator: &Column{Event: "purchase", Aggregate: AggregateCount, Window: Window{Open: true}},
		Goal:        GoalIncrease, Sides: SidesTwo, Immature: ImmatureExclude, Lookback: 14 * day,
	})
	f("returned_d7", KindProportion, Metric{
		Numerator: Column{Event: "session", Aggregate: AggregateAny, Window: Window{From: 6 * day, To: 8 * day}},
		Goal:      GoalIncrease, Sides: SidesTwo, Immature: ImmatureExclude, Lookback: 14 * day,
	})
	f("latency_p95", KindQuantile, Metric{
		Numerator: Column{Event: "page_load", Window: Window{Open: true}},
		Quantile:  0.95, Goal: GoalDecrease, Sides: SidesTwo, Immature: ImmatureExclude, Lookback: 14 * day,
	})
	f("searches", KindMean, Metric{
		Description: "Searches per user, bots left out.",
		Numerator: Column{Event: "search", Aggregate: AggregateDistinctDays, Window: Window{To: 36 * time.Hour},
			Where: []Filter{
				{"bot", OpIs, []Scalar{{ScalarBool, "false"}}},
				{"results", OpAtLeast, []Scalar{{ScalarNumber, "1"}}},
			},
			Cap: &Cap{Lower: &CapBound{}, Upper: &CapBound{Percentile: 0.99, IsPercentile: true}, ZeroUsers: true}},
		Goal: GoalIncrease, Sides: SidesOne, Immature: ImmatureInclude, Lookback: 28 * day,
	})
	f("clicks_per_search", KindRatio, Metric{
		Numerator:   Column{Event: "click", Aggregate: AggregateCount, Window: Window{To: 3 * day}, Cap: &Cap{Upper: &CapBound{Value: 50}}},
		Denominator: &Column{Event: "search", Aggregate: AggregateCount, Window: Window{To: 5 * day}},
		Goal:        GoalIncrease, Sides: SidesTwo, Immature: ImmatureExclude, Lookback: 14 * day,
	})
	m, _ := p.Metric("clicks_per_search")
	same(t, "the longer window decides who is mature", Window{To: 5 * day}, m.Window())
	m, _ = p.Metric("order_value")
	same(t, "open window", Window{Open: true}, m.Window())
}

func TestExperimentFields(t *testing.T) {
	p := completeProject(t)
	e, _ := p.Experiment("checkout-button")
	metric := func(name string) *Metric {
		m, _ := p.Metric(name)
		return m
	}
	same(t, "experiment", &Experiment{
		File: "experiments/checkout-button.yaml", Line: 1,
		Name: "checkout-button", Title: "Bigger button",
		Hypothesis: "A bigger button makes more people finish the checkout.",
		Owner:      "checkout-team", Type: TypeExperiment, Salt: "checkout-2026",
		Selector: "checkout-button", Groups: []string{"checkout"},
		Variants: []Variant{
			{Name: "control", Line: 8, Traffic: Whole / 2},
			{Name: "big", Line: 9, Traffic: Whole / 2, Template: "button",
				Payload: []byte(`{"size":"large","text":"Hi {{ attribute.user.first_name | default: 'there' }}","style":{"color":"red","round":true}}`)},
		},
		Scorecard: Scorecard{
			Primary:    []*Metric{metric("purchased")},
			Secondary:  []*Metric{metric("revenue"), metric("order_value")},
			Guardrails: []Guardrail{{metric("latency_p95"), 0.02}},
		},
		Statistics: Statistics{
			Method: MethodSequentialCUPED, CUPED: CUPEDInteracted, Procedure: ProcedureGroupSequential,
			Spending: Spending{SpendingKimDeMets, 3}, Futility: FutilityBinding, Correction: CorrectionHolm,
			Confidence: 0.95, Power: 0.8, MDE: 0.02, HasMDE: true,
		},
		SeveralVariants: SeveralFirst,
		Audience: &Condition{Any: []Condition{
			{All: []Condition{
				{Attribute: "country", Operator: OpIn, Values: []Scalar{{ScalarText, "DE"}, {ScalarText, "AT"}}},
				{Attribute: "age", Operator: OpAtLeast, Values: []Scalar{{ScalarNumber, "18"}}},
			}},
			{Attribute: "plan", Operator: OpIs, Values: []Scalar{{ScalarText, "pro"}}},
			{All: []Condition{{Attribute: "age", Operator: OpAtLeast, Values: []Scalar{{ScalarNumber, "18"}}}}},
			{Not: &Condition{Attribute: "email", Operator: OpEndsWith, Values: []Scalar{{ScalarText, "@acme.example"}}}},
		}},
		Pages: Pages{
			Include: []PageRule{{OpStartsWith, "https://shop.example/checkout"}},
			Exclude: []PageRule{{OpContains, "?preview"}},
		},
		Display: DisplayAlways, Devices: DevicesAll, Coverage: Whole,
		Schedule: Schedule{
			Start: at(t, "2026-01-04T23:00:00Z"), End: at(t, "2026-02-01T23:00:00Z"), StartDate: true, EndDate: true,
		},
		Forced:    []Forced{{"big", []string{"qa-1", "9007199254740993"}}},
		Exclusion: &Exclusion{"checkout", Whole / 2},
		Hash:      HashReadout, Excluded: ExcludedStay,
	}, e)

	e, _ = p.Experiment("three")
	same(t, "defaults", []any{"three", "three", "three", SeveralExclude, DefaultStatistics()},
		[]any{e.Title, e.Salt, e.Selector, e.SeveralVariants, e.Statistics})
	same(t, "null is a payload", "null", string(e.Variants[2].Payload))
	same(t, "timestamps are no dates", Schedule{Start: at(t, "2026-01-05T08:00:00Z"), End: at(t, "2026-02-01T17:00:00Z")}, e.Schedule)
	same(t, "treatments", []Variant{e.Variants[1], e.Variants[2]}, e.treatments())

	e, _ = p.Experiment("welcome")
	same(t, "personalization", []Variant{{Name: "hello", Line: 4, Traffic: Whole, Payload: []byte(`"Welcome back"`)}}, e.Variants)
}

// TestFaultsLeaveTheRest loads what has no fault beside what has one.
func TestFaultsLeaveTheRest(t *testing.T) {
	f := func(name string, want ...string) {
		t.Helper()
		archive, err := txtar.ParseFile(filepath.Join("testdata", "load", name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		archive.Files = append(archive.Files, txtar.File{Name: "experiments/z_good.yaml", Data: []byte(
			"name: good\nvariants: {control: {traffic: 50}, big: {traffic: 50}}\nscorecard: {primary: [purchased]}\nschedule: {end: 2026-02-01}\n")})
		p, err := LoadFS(archiveFS(t, archive))
		if err == nil {
			t.Fatal("no error")
		}
		var got []string
		if p != nil {
			for _, e := range p.Experiments {
				got = append(got, e.Name)
			}
		}
		same(t, name, want, got)
	}
	f("bad_traffic", "good")
	f("bad_one_fault_once", "good")
	f("bad_same_name", "good")
	f("bad_types", "good")
	f("bad_readout")
}

// TestLoadDirectory reads a directory, and says so when it is no project.
func TestLoadDirectory(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(dir)
	same(t, "no project", "readout.yaml: not found: this directory is no project, readout init makes one", err.Error())

	base := archiveFS(t, &txtar.Archive{})["readout.yaml"].Data
	// Editors on Windows write a byte order mark and carriage returns.
	windows := "\ufeff" + strings.ReplaceAll(string(base), "\n", "\r\n")
	if err := os.WriteFile(filepath.Join(dir, "readout.yaml"), []byte(windows), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Load(dir)
	if err != nil || len(p.Metrics) != 4 {
		t.Errorf("project %+v, error %v", p, err)
	}
}

// TestUnreadableFiles names the file and the fault of the file system.
func TestUnreadableFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"readout.yaml", "experiments"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Load(dir)
	if err == nil || !strings.HasPrefix(err.Error(), "readout.yaml: ") || strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
}

// TestHostileFiles refuses what would make a parser slow or overflow its stack.
func TestHostileFiles(t *testing.T) {
	f := func(name, data, want string) {
		t.Helper()
		_, err := LoadFS(fstest.MapFS{"readout.yaml": {Data: []byte(data)}})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %.200v, want %s", name, err, want)
		}
	}
	f("too large", strings.Repeat("#", maxFileSize+1), "readout.yaml: file is larger than 1024 KiB")
	f("many keys", strings.Repeat("a: 1\n", 4_000), "readout.yaml:1:1: readout.yaml: unknown key")
	f("many words", strings.Repeat("a: 1\n", 50_000), "readout.yaml: more than 50000 words and signs in one file")
	f("brackets", strings.Repeat("[", 1000), "readout.yaml:1:65: nested deeper than 64 levels")
	f("dashes", strings.Repeat("- ", 1000), "readout.yaml:1:129: nested deeper than 64 levels")
	f("question marks", strings.Repeat("? ", 1000), "readout.yaml:1:")
	f("empty lines", "organization: |\n  acme\n"+strings.Repeat("\n", 1_000_000), "readout.yaml:103:1: more than 100 empty lines in a row")
	f("few empty lines", "organization: |\n  acme\n"+strings.Repeat(" \n", 100), "readout.yaml:1:1: readout.yaml: ")
	f("bytes", "project: \xff\n", "readout.yaml:1:10: not valid UTF-8")
	f("control", "project: ä\x00\n", "readout.yaml:1:11: control character U+0000")
}
