package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"readout/ingest"
	"readout/ingest/tables"
)

type exposureRow struct {
	User    *string   `parquet:"user_id,optional"`
	Variant string    `parquet:"variant,dict"`
	Time    time.Time `parquet:"timestamp,timestamp(microsecond)"`
}

type conversionRow struct {
	User  int64     `parquet:"user_id"`
	Event string    `parquet:"event,dict"`
	Time  time.Time `parquet:"timestamp,timestamp(microsecond)"`
	Value *float64  `parquet:"value,optional"`
}

func writeParquet[T any](path string, rows ...T) error {
	var file bytes.Buffer
	w := parquet.NewGenericWriter[T](&file)
	if _, err := w.Write(rows); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, file.Bytes(), 0o666)
}

func of[T any](v T) *T { return &v }

var monday = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// shop writes a small project's data: three users who spend 30 and 0 under control and 7
// under big.
func shop(dir string) (ingest.Query, error) {
	hour := func(h int) time.Time { return monday.Add(time.Duration(h) * time.Hour) }
	err := errors.Join(writeParquet(dir+"/exposures/date=2024-01-01/part-0.parquet",
		exposureRow{of("1"), "control", hour(1)},
		exposureRow{of("2"), "control", hour(2)},
		exposureRow{nil, "control", hour(3)},
		exposureRow{of("3"), "Big", hour(4)},
	), writeParquet(dir+"/exposures/date=2024-01-02/part-0.parquet",
		exposureRow{of("3"), "big", hour(25)},
	), writeParquet(dir+"/conversions/part-0.parquet",
		conversionRow{1, "purchase", hour(1), of(10.0)},
		conversionRow{1, "purchase", hour(5), of(20.0)},
		conversionRow{2, "purchase", hour(1), of(99.0)},
		conversionRow{2, "purchase", hour(6), nil},
		conversionRow{3, "purchase", hour(26), of(7.0)},
		conversionRow{9, "purchase", hour(6), of(1.0)},
		conversionRow{1, "search", hour(6), nil},
	))
	return ingest.Query{
		Exposures:   ingest.ExposureTable{Path: "exposures", User: "user_id", Variant: "variant", Time: "timestamp"},
		Conversions: ingest.ConversionTable{Path: "conversions", User: "user_id", Event: "event", Time: "timestamp", Value: "value"},
		Looks:       []time.Time{monday.AddDate(0, 0, 1), monday.AddDate(0, 0, 2)},
		Experiments: []ingest.Experiment{{
			Name:     "checkout-button",
			Variants: []string{"control", "big"},
			Metrics: []ingest.Metric{
				{Name: "revenue", Value: ingest.Column{Event: "purchase", Aggregate: ingest.Sum}},
				{Name: "purchased", Value: ingest.Column{Event: "purchase"}},
			},
		}},
	}, err
}

func TestEmbeddedReadsParquet(t *testing.T) {
	dir := t.TempDir()
	q, err := shop(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ingest.Embedded{Store: tables.LocalStore{Dir: dir}}.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantReads := []ingest.TableRead{
		{Files: 1, Rows: 4, First: monday.Add(time.Hour), Last: monday.Add(4 * time.Hour), NoUser: 1},
		{Files: 2, Rows: 5, First: monday.Add(time.Hour), Last: monday.Add(25 * time.Hour), NoUser: 1},
	}
	if diff := cmp.Diff(wantReads, got.Exposures); diff != "" {
		t.Errorf("exposures (- want, + got):\n%s", diff)
	}
	looks := got.Experiments[0].Looks
	wantLeft := ingest.LeftOut{
		ExposureRows: 4, UnknownVariants: []ingest.UnknownVariant{{Name: "Big", Rows: 1, Users: 1}},
		ConversionRows: 6, NeverExposed: 1, BeforeExposure: 1, NoValue: 1,
	}
	if diff := cmp.Diff(wantLeft, looks[1].Left); diff != "" {
		t.Errorf("left out (- want, + got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int64{{2, 0}, {2, 1}}, [][]int64{looks[0].Users, looks[1].Users}); diff != "" {
		t.Errorf("users (- want, + got):\n%s", diff)
	}
	if c := looks[1].Metrics[1][0][0]; c.Converted != 2 || c.Moments.Mean[0] != 1 {
		t.Errorf("purchased: %+v, want both users of control", c)
	}
	if !got.HistoryStart.Equal(monday) {
		t.Errorf("history starts %v, want %v", got.HistoryStart, monday)
	}
}

func TestEmbeddedNamesTheFault(t *testing.T) {
	f := func(damage func(dir string, q *ingest.Query) error, want ...string) {
		t.Helper()
		dir := t.TempDir()
		q, err := shop(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := damage(dir, &q); err != nil {
			t.Fatal(err)
		}
		got, err := ingest.Embedded{Store: tables.LocalStore{Dir: dir}, Workers: 2}.Run(context.Background(), q, nil)
		if got != nil || err == nil {
			t.Errorf("result %v, error %v", got, err)
			return
		}
		missing := slices.DeleteFunc(want, func(part string) bool { return strings.Contains(err.Error(), part) })
		if len(missing) > 0 {
			t.Errorf("error %q does not say %q", err, missing)
		}
	}
	conversions := "conversions/part-0.parquet"
	f(func(dir string, _ *ingest.Query) error { return os.Truncate(filepath.Join(dir, conversions), 200) },
		"conversions", conversions)
	f(func(dir string, _ *ingest.Query) error { return os.RemoveAll(filepath.Join(dir, "exposures")) },
		"exposures", "no such file")
	f(func(_ string, q *ingest.Query) error { q.Conversions.Value = "amount"; return nil },
		conversions, `"amount"`)
	f(func(_ string, q *ingest.Query) error { q.Exposures.Experiment = "experiment"; return nil },
		"exposures/date=2024-01-0", `"experiment"`)
}

func TestEmbeddedReadsSegments(t *testing.T) {
	type row struct {
		User    int64     `parquet:"user_id"`
		Variant string    `parquet:"variant,dict"`
		Time    time.Time `parquet:"timestamp,timestamp(microsecond)"`
		Country *string   `parquet:"country,optional,dict"`
	}
	dir := t.TempDir()
	q, err := shop(dir)
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for i := range int64(250) {
		r := row{User: i, Variant: "control", Time: monday}
		if i < 140 {
			r.Country = of("DE")
		}
		rows = append(rows, r)
	}
	if err := writeParquet(dir+"/segmented/plan=pro/part-0.parquet", rows...); err != nil {
		t.Fatal(err)
	}
	q.Exposures.Path, q.Exposures.Segments = "segmented", []string{"country", "plan"}
	got, err := ingest.Embedded{Store: tables.LocalStore{Dir: dir}}.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, column := range got.Experiments[0].Looks[1].Segments {
		for _, s := range column {
			m := s.Metrics[0][0][0].Moments
			said = append(said, fmt.Sprintf("%q null %v: %d users, %d with %v in all", s.Value, s.Null, s.Users[0], m.N, float64(m.N)*m.Mean[0]))
		}
	}
	want := []string{`"" null true: 110 users, 110 with 0 in all`, `"DE" null false: 140 users, 140 with 137 in all`, `"pro" null false: 250 users, 250 with 137 in all`}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("segments (- want, + got):\n%s", diff)
	}
	// A column that became a segment later is null in files that lack it.
	before := exposureRow{User: of("1000"), Variant: "big", Time: monday}
	if err := writeParquet(dir+"/segmented/date=2024-01-01/part-0.parquet", before); err != nil {
		t.Fatal(err)
	}
	keep := ingest.Embedded{Store: tables.LocalStore{Dir: dir}, Keep: t.TempDir()}
	for _, engine := range []ingest.Embedded{{Store: keep.Store}, keep, keep} {
		got, err = engine.Run(context.Background(), q, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := got.Experiments[0].Looks[1].Segments[0][0]; !n.Null || n.Users[0]+n.Users[1] != 111 {
			t.Errorf("without a country %v: %d users, want 111", n.Null, n.Users)
		}
	}
	// The last one has to have it: else the name is wrong, or a column has been dropped.
	if err := writeParquet(dir+"/segmented/z/part-0.parquet", before); err != nil {
		t.Fatal(err)
	}
	const lacks = `read exposures segmented/z/part-0.parquet: column "country": missing, the file has user_id, variant, timestamp`
	if _, err := (ingest.Embedded{Store: tables.LocalStore{Dir: dir}}).Run(context.Background(), q, nil); err == nil || !strings.Contains(err.Error(), lacks) {
		t.Errorf("error %v, want one with %s", err, lacks)
	}
}

// A column of ids is no column of experiments: not all could be told apart.
func TestInspectTooManyExperiments(t *testing.T) {
	dir := t.TempDir()
	rows := make([]exposureRow, 1<<16)
	for i := range rows {
		rows[i] = exposureRow{of(strconv.Itoa(i)), "control", monday}
	}
	if err := writeParquet(dir+"/exposures.parquet", rows...); err != nil {
		t.Fatal(err)
	}
	table := ingest.ExposureTable{Path: "exposures.parquet", User: "user_id", Experiment: "user_id", Variant: "variant", Time: "timestamp"}
	found, err := ingest.Embedded{Store: tables.LocalStore{Dir: dir}}.Inspect(t.Context(), table, time.UTC, nil)
	if want := `column "user_id" holds more than 65536 different names: is it the column of experiments?`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%d experiments, error %v", len(found.Experiments), err)
	}
}

// What is found does not depend on files or workers. Rows without a user or a time do not count.
func TestInspect(t *testing.T) {
	type row struct {
		User       *string    `parquet:"user_id,optional"`
		Experiment string     `parquet:"experiment"`
		Variant    string     `parquet:"variant"`
		Time       *time.Time `parquet:"timestamp,optional,timestamp(microsecond)"`
	}
	dir := t.TempDir()
	for i, rows := range [][]row{
		{{of("1"), "checkout", "control", &monday}, {of("2"), "checkout", "small", &monday}, {of("2"), "search", "b", &monday}},
		{{of("3"), "checkout", "big", &monday}, {nil, "nobody", "a", &monday}, {of("3"), "never", "a", nil}},
		{{of("4"), "checkout", "control", &monday}, {of("4"), "banner", "a", &monday}},
	} {
		if err := writeParquet(filepath.Join(dir, "exposures", strconv.Itoa(i)+".parquet"), rows...); err != nil {
			t.Fatal(err)
		}
	}
	table := ingest.ExposureTable{Path: "exposures", User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp"}
	want := ingest.Inspection{Experiments: []ingest.Inspected{
		{Name: "banner", Variants: []string{"a"}},
		{Name: "checkout", Variants: []string{"big", "control", "small"}},
		{Name: "search", Variants: []string{"b"}},
	}}
	for workers := range 4 {
		got, err := ingest.Embedded{Store: tables.LocalStore{Dir: dir}, Workers: workers}.Inspect(t.Context(), table, time.UTC, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d workers (- want, + got):\n%s", workers, diff)
		}
	}
}
