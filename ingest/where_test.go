package ingest_test

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"readout/experiment"
	"readout/ingest"
	"readout/ingest/tables"
)

// typedRow is a conversion with columns of the types that filters compare.
type typedRow struct {
	User     string    `parquet:"user_id"`
	Event    string    `parquet:"event,dict"`
	Time     time.Time `parquet:"timestamp,timestamp(microsecond)"`
	Plan     *string   `parquet:"plan,optional,dict"`
	Page     string    `parquet:"page"`
	Items    *int64    `parquet:"items,optional"`
	Serial   int64     `parquet:"serial"`
	Unsigned uint64    `parquet:"unsigned"`
	Amount   *float64  `parquet:"amount,optional"`
	Price    int64     `parquet:"price,decimal(2:18)"`
	Gift     *bool     `parquet:"gift,optional"`
	Day      int32     `parquet:"day,date"`
}

func typedRows() []typedRow {
	hour := func(h int) time.Time { return monday.Add(time.Duration(h) * time.Hour) }
	const large = 9007199254740992 // 2⁵³
	return []typedRow{
		{"1", "buy", hour(1), of("pro"), "https://shop.example/a?x=1", of[int64](1), large, 1<<63 + 1, of(1.0), 100, of(true), 19723},
		{"1", "buy", hour(2), of("1"), "https://shop.example/b", of[int64](2), large + 1, 7, of(2.5), 250, of(false), 19724},
		{"2", "buy", hour(3), of(""), "http://other.example/a", of[int64](3), large + 2, 8, nil, 199, nil, 19725},
		{"2", "buy", hour(4), nil, "", nil, -5, 9, of(-1.0), -1, of(true), 19726},
	}
}

// typedQuery counts the rows that pass the filters.
func typedQuery(t *testing.T, where ...experiment.Filter) (ingest.Embedded, ingest.Query) {
	t.Helper()
	dir := t.TempDir()
	if err := writeParquet(filepath.Join(dir, "exposures.parquet"),
		exposureRow{of("1"), "a", monday}, exposureRow{of("2"), "a", monday}); err != nil {
		t.Fatal(err)
	}
	if err := writeParquet(filepath.Join(dir, "year=2024", "conversions.parquet"), typedRows()...); err != nil {
		t.Fatal(err)
	}
	return ingest.Embedded{Store: tables.LocalStore{Dir: dir}, Workers: 1}, ingest.Query{
		Exposures:   ingest.ExposureTable{Path: "exposures.parquet", User: "user_id", Variant: "variant", Time: "timestamp"},
		Conversions: ingest.ConversionTable{Path: "year=2024", User: "user_id", Event: "event", Time: "timestamp"},
		Looks:       []time.Time{monday.AddDate(0, 0, 1)},
		Experiments: []ingest.Experiment{{Name: "e", Variants: []string{"a"}, Metrics: []ingest.Metric{
			{Name: "rows", Value: ingest.Column{Event: "buy", Aggregate: ingest.Count, Where: where}},
		}}},
	}
}

// filterOf reads a filter from words: a number, true, false, or a text.
func filterOf(column string, op experiment.Operator, values ...string) experiment.Filter {
	f := experiment.Filter{Column: column, Operator: op}
	for _, v := range values {
		kind := experiment.ScalarText
		if _, err := strconv.ParseFloat(v, 64); err == nil {
			kind = experiment.ScalarNumber
		} else if v == "true" || v == "false" {
			kind = experiment.ScalarBool
		}
		f.Values = append(f.Values, experiment.Scalar{Kind: kind, Text: strings.Trim(v, `"`)})
	}
	return f
}

func TestWhereComparesByType(t *testing.T) {
	f := func(rows float64, where ...experiment.Filter) {
		t.Helper()
		engine, q := typedQuery(t, where...)
		r, err := engine.Run(context.Background(), q, nil)
		if err != nil {
			t.Errorf("%v: %v", where, err)
			return
		}
		look := r.Experiments[0].Looks[0]
		if got := 2 * look.Metrics[0][0][0].Moments.Mean[0]; got != rows || look.Left.ConversionRows != int64(rows) {
			t.Errorf("%v: %v rows counted, %d wanted by the metric; want %v", where, got, look.Left.ConversionRows, rows)
		}
	}
	is, isNot, in, notIn := experiment.OpIs, experiment.OpIsNot, experiment.OpIn, experiment.OpNotIn
	f(1, filterOf("plan", is, "pro"))
	f(3, filterOf("plan", isNot, "pro"))
	f(1, filterOf("plan", is, `"1"`))
	f(2, filterOf("plan", in, "pro", `"1"`, "basic"))
	f(2, filterOf("plan", notIn, "pro", `"1"`))
	f(3, filterOf("plan", experiment.OpExists, "true"))
	f(1, filterOf("plan", experiment.OpExists, "false"))
	f(2, filterOf("page", experiment.OpStartsWith, "https://shop.example/"))
	f(1, filterOf("page", experiment.OpEndsWith, "/b"))
	f(1, filterOf("page", experiment.OpContains, "?x="))
	f(2, filterOf("page", experiment.OpMatches, `^https?://[a-z]+\.example/a`))
	f(1, filterOf("items", is, "1.0"))
	f(1, filterOf("items", is, "1e0"))
	f(0, filterOf("items", is, "1.5"))
	f(2, filterOf("items", experiment.OpAtLeast, "1.5"))
	f(2, filterOf("items", experiment.OpLessThan, "3"))
	f(3, filterOf("items", experiment.OpAtMost, "3"))
	f(1, filterOf("items", experiment.OpMoreThan, "2"))
	f(2, filterOf("items", notIn, "1", "2"))
	f(1, filterOf("serial", is, "9007199254740993"))
	f(1, filterOf("serial", experiment.OpMoreThan, "9007199254740993"))
	f(1, filterOf("unsigned", is, "9223372036854775809"))
	f(1, filterOf("amount", is, "2.50"))
	f(1, filterOf("amount", experiment.OpLessThan, "0"))
	f(1, filterOf("amount", experiment.OpExists, "false"))
	f(1, filterOf("price", is, "1"))
	f(1, filterOf("price", is, "1.99"))
	f(2, filterOf("gift", is, "true"))
	f(2, filterOf("gift", isNot, "true"))
	f(1, filterOf("day", is, "2024-01-02"))
	f(4, filterOf("year", is, "2024"))
	f(4, filterOf("year", is, `"2024"`))
	f(0, filterOf("year", experiment.OpMoreThan, "2024"))
	f(0, filterOf("year", isNot, "2024"))
	f(1, filterOf("page", experiment.OpStartsWith, "https"), filterOf("items", experiment.OpAtLeast, "2"), filterOf("gift", is, "false"))
}

func TestWhereRefusesOtherTypes(t *testing.T) {
	f := func(want string, where experiment.Filter) {
		t.Helper()
		engine, q := typedQuery(t, where)
		_, err := engine.Run(context.Background(), q, nil)
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", where, err, want)
		}
	}
	f(`column "items": found int64, where: is compares it with the text 1: write 1 without quotes, or cast the column where the file is written`,
		filterOf("items", experiment.OpIs, `"1"`))
	f(`column "plan": found string, where: is compares it with the number 1: write "1" in quotes, or cast the column where the file is written`,
		filterOf("plan", experiment.OpIs, "1"))
	f(`column "gift": found boolean, where: is compares it with the number 1: compare it with a bool`,
		filterOf("gift", experiment.OpIs, "1"))
	f(`column "gift": found boolean, where: is compares it with the text true: write true without quotes, or cast the column where the file is written`,
		filterOf("gift", experiment.OpIs, `"true"`))
	f(`column "items": found int64, where: is compares it with the text many: compare it with a number`,
		filterOf("items", experiment.OpIs, "many"))
	f(`column "items": found int64, where: contains compares it with the text 1: cast the column to text where the file is written`,
		filterOf("items", experiment.OpContains, `"1"`))
	f(`column "plan": found string, where: at_least compares it with the number 1: cast the column to numbers where the file is written`,
		filterOf("plan", experiment.OpAtLeast, "1"))
	f(`column "timestamp": found timestamp in units of 1µs, want a string, a number, a boolean, a date or a UUID`,
		filterOf("timestamp", experiment.OpExists, "true"))
	f(`metric "rows": where: column "plan": is compares with 2 values, want one`,
		filterOf("plan", experiment.OpIs, "a", "b"))
	engine, q := typedQuery(t, filterOf("country", experiment.OpIs, "DE"))
	if _, err := engine.Run(context.Background(), q, nil); err == nil || !strings.Contains(err.Error(), `"country"`) {
		t.Errorf("error %v, want one that names the missing column", err)
	}
}

// Filters do not disturb what others count of the same event.
func TestWhereBesideOtherColumns(t *testing.T) {
	engine, q := typedQuery(t, filterOf("plan", experiment.OpIs, "pro"))
	e := &q.Experiments[0]
	e.Metrics = append(e.Metrics,
		ingest.Metric{Name: "all", Value: ingest.Column{Event: "buy", Aggregate: ingest.Count}},
		ingest.Metric{Name: "gifts", Value: ingest.Column{Event: "buy", Aggregate: ingest.Count,
			Where: []experiment.Filter{filterOf("gift", experiment.OpIs, "true")}}})
	r, err := engine.Run(context.Background(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1, 4, 2} {
		if got := 2 * r.Experiments[0].Looks[0].Metrics[i][0][0].Moments.Mean[0]; got != want {
			t.Errorf("%s: %v rows, want %v", e.Metrics[i].Name, got, want)
		}
	}
}

// A column that every row has is of all metrics; that of values, and those of filters, of who reads them.
func TestWants(t *testing.T) {
	table := ingest.ConversionTable{User: "user_id", Event: "event", Time: "timestamp", Value: "value"}
	of := func(column string) []experiment.Filter { return []experiment.Filter{{Column: column}} }
	x := ingest.Experiment{Metrics: []ingest.Metric{
		{Name: "share", Value: ingest.Column{Aggregate: ingest.Any}},
		{Name: "sum", Value: ingest.Column{Aggregate: ingest.Sum}},
		{Name: "filtered", Value: ingest.Column{Aggregate: ingest.Count, Where: of("plan")}},
		{Name: "large", Value: ingest.Column{Aggregate: ingest.Count, Where: of("value")}},
		{Name: "ratio", Value: ingest.Column{Aggregate: ingest.Count}, Denominator: &ingest.Column{Aggregate: ingest.Count, Where: of("plan")}},
		{Name: "late", Value: ingest.Column{Aggregate: ingest.Count, Where: of("timestamp")}},
	}}
	for column, want := range map[string][]string{
		"plan": {"filtered", "ratio"}, "value": {"sum", "large"}, "timestamp": nil, "event": nil, "country": nil,
	} {
		if got := x.Wants(table, column); !slices.Equal(got, want) {
			t.Errorf("%s is wanted by %q, want %q", column, got, want)
		}
	}
}
