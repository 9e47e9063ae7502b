package casetest

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"readout/experiment"
)

// casesGlob finds all cases.
const casesGlob = "../../testdata/cases/*.txtar"

// Case is one archive. Its comment says what users ran into and what is right. Beside
// expected.json it holds the files of a project with one experiment, whose data are the
// CSV files of the archive, written as Parquet (table_test.go) before the case is run. A
// case of numbers alone has no project.
type Case struct {
	Name  string
	files fstest.MapFS

	// What follows is expected.json.

	// Kind groups the cases: identity, time, statistics and so on.
	Kind string `json:"kind"`
	// Tolerance is the relative error that numbers may have.
	Tolerance float64 `json:"tolerance"`
	// Errors are the messages for a project that must not load.
	Errors []string `json:"errors"`
	// Cards are scorecards that are made of the data.
	Cards []Card `json:"cards"`
	// Daily says that the experiment is also run by the daily job, day by day and in other
	// orders, and that Cards are those days, in order.
	Daily bool `json:"daily"`
	// Idle is the reason why a daily run of the day after the last card has nothing to do.
	Idle string `json:"idle"`
	// Bounds, Widths and Sizes are numbers that need no data: see numbers_test.go.
	Bounds []Bounds `json:"bounds"`
	Widths []Widths `json:"widths"`
	Sizes  []Size   `json:"sizes"`
}

// Card is one scorecard: how it is made and what must be on it.
type Card struct {
	// Name tells the cards of a case apart.
	Name string `json:"name"`
	// Exposures and Conversions are the CSV files; default exposures.csv and conversions.csv.
	Exposures   string `json:"exposures"`
	Conversions string `json:"conversions"`
	// Counts stands for both files where only numbers per variant are known.
	Counts map[string]Count `json:"counts"`
	// Summary names a CSV file of aggregates per look, which stands for both files too. Its
	// looks are numbered by the days of the experiment.
	Summary string `json:"summary"`
	// TimeZone replaces the project's.
	TimeZone string `json:"time_zone"`
	// Through is the last day of data, default the last there is.
	Through string `json:"through"`
	// Method replaces the default, which is one look at all the data without covariates.
	Method experiment.Method `json:"method"`

	// Card is the part of the scorecard's JSON that is checked: see subset_test.go.
	Card any `json:"card"`
	// Report is what the report for the terminal must say, Never what neither it nor the
	// JSON may say.
	Report []string `json:"report"`
	Never  []string `json:"never"`
}

// Count is the users of a variant and how many of them converted.
type Count struct {
	Users     int64 `json:"users"`
	Converted int64 `json:"converted"`
}

// loadCases reads all cases.
func loadCases(t *testing.T) []*Case {
	t.Helper()
	paths, err := filepath.Glob(casesGlob)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases at %s: %v", casesGlob, err)
	}
	var cases []*Case
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c := &Case{Name: strings.TrimSuffix(filepath.Base(path), ".txtar"), files: fstest.MapFS{}}
		for _, f := range archive.Files {
			c.files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
		expected, err := c.files.ReadFile("expected.json")
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		decoder := json.NewDecoder(bytes.NewReader(expected))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(c); err != nil {
			t.Fatalf("%s: expected.json: %v", path, err)
		}
		if c.Kind == "" || len(c.Cards)+len(c.Errors)+len(c.Bounds)+len(c.Widths)+len(c.Sizes) == 0 {
			t.Fatalf("%s: expected.json checks nothing", path)
		}
		cases = append(cases, c)
	}
	return cases
}

// load returns the case's project and its experiment.
func (c *Case) load(t *testing.T) (*experiment.Project, *experiment.Experiment) {
	t.Helper()
	p, err := experiment.LoadFS(c.files)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Experiments) != 1 {
		t.Fatalf("%d experiments, want one", len(p.Experiments))
	}
	return p, p.Experiments[0]
}
