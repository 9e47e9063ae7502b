package daily_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"readout/internal/daily"
)

// written returns a Parquet file of the rows.
func written[T any](t testing.TB, rows ...T) string {
	t.Helper()
	var file bytes.Buffer
	w := parquet.NewGenericWriter[T](&file)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// Rows as programs write them, with looks of every type.
type (
	textRow struct {
		Look     string  `parquet:"look"`
		Variant  string  `parquet:"variant,dict"`
		Metric   string  `parquet:"metric,dict"`
		N        int64   `parquet:"n"`
		Mean     float64 `parquet:"mean"`
		Variance float64 `parquet:"variance"`
		Note     string  `parquet:"note"`
	}
	numberRow struct {
		Look     int32    `parquet:"look"`
		Variant  string   `parquet:"variant"`
		Metric   string   `parquet:"metric"`
		N        *float64 `parquet:"n"`
		Mean     *float64 `parquet:"mean"`
		Variance *float32 `parquet:"variance"`
	}
	timeRow struct {
		Look     time.Time `parquet:"look,timestamp(nanosecond)"`
		Variant  string    `parquet:"variant"`
		Metric   string    `parquet:"metric"`
		N        uint32    `parquet:"n"`
		Mean     float64   `parquet:"mean"`
		Variance float64   `parquet:"variance"`
	}
	dateRow struct {
		Look     int32   `parquet:"look,date"`
		Variant  string  `parquet:"variant"`
		Metric   string  `parquet:"metric"`
		N        uint32  `parquet:"n"`
		Mean     float64 `parquet:"mean"`
		Variance float64 `parquet:"variance"`
	}
)

func pointer[T any](v T) *T { return &v }

// TestSummaryFormats holds that the same rows give the same scorecard, from CSV and from
// Parquet with whatever types suit the columns.
func TestSummaryFormats(t *testing.T) {
	const day = 20458 // 2026-01-05
	at := time.Date(2026, 1, 5, 10, 30, 0, 2_000, time.UTC)
	for _, c := range []struct{ name, csv, parquet string }{
		{
			"dates as text", "2026-01-05,a,m,1000,1,2\n2026-01-05,b,m,1000,1.5,2\n2026-01-06,a,m,1200,1,2\n2026-01-06,b,m,1200,1.25,2\n",
			written(t, textRow{"2026-01-05", "a", "m", 1000, 1, 2, ""}, textRow{"2026-01-05", "b", "m", 1000, 1.5, 2, "x"},
				textRow{"2026-01-06", "a", "m", 1200, 1, 2, ""}, textRow{"2026-01-06", "b", "m", 1200, 1.25, 2, ""}),
		},
		{
			"dates", "2026-01-05,a,m,1000,1,2\n2026-01-05,b,m,1000,1.5,2\n",
			written(t, dateRow{day, "a", "m", 1000, 1, 2}, dateRow{day, "b", "m", 1000, 1.5, 2}),
		},
		{
			"times", "2026-01-05T10:30:00.000002Z,a,m,1000,1,2\n2026-01-05T10:30:00.000002Z,b,m,1000,1.5,2\n",
			written(t, timeRow{at, "a", "m", 1000, 1, 2}, timeRow{at, "b", "m", 1000, 1.5, 2}),
		},
		{
			"numbers, and arms with too few users", "3,a,m,1,4,\n3,b,m,0,,\n",
			written(t, numberRow{3, "a", "m", pointer(1.0), pointer(4.0), nil}, numberRow{3, "b", "m", pointer(0.0), nil, nil}),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, err := analyseSummary(summaryHeader+c.csv, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := analyseSummary(c.parquet, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("scorecard (-CSV +Parquet):\n%s", diff)
			}
		})
	}
}

func TestSummaryParquetFaults(t *testing.T) {
	type noVariance struct {
		Look    string  `parquet:"look"`
		Variant string  `parquet:"variant"`
		Metrics string  `parquet:"metrics"`
		N       float64 `parquet:"n"`
		Mean    float64 `parquet:"mean"`
	}
	type textNumbers struct {
		Look     int64   `parquet:"look"`
		Variant  string  `parquet:"variant"`
		Metric   string  `parquet:"metric"`
		N        string  `parquet:"n"`
		Mean     float64 `parquet:"mean"`
		Variance float64 `parquet:"variance"`
	}
	type fractions struct {
		Look     float64 `parquet:"look"`
		Variant  string  `parquet:"variant"`
		Metric   string  `parquet:"metric"`
		N        int64   `parquet:"n"`
		Mean     float64 `parquet:"mean"`
		Variance float64 `parquet:"variance"`
	}
	good := textRow{"1", "a", "m", 1000, 1, 2, ""}
	with := func(change func(*textRow)) string {
		bad := good
		bad.Variant = "b"
		change(&bad)
		return written(t, good, bad)
	}
	many := make([]textRow, 1_000_001)
	for _, c := range []struct{ name, file, want string }{
		{"no rows", written[textRow](t), "s.csv: there are no rows"},
		{"no column", written(t, noVariance{}), `read summary s.csv: column "metric": missing, did you mean "metrics"? the file has look, `},
		{"text for a number", written(t, textNumbers{}), `read summary s.csv: column "n": found string, want a number`},
		{"fractions for looks", written(t, fractions{}), `read summary s.csv: column "look": found double, want a string`},
		{"null", written(t, numberRow{1, "a", "m", nil, nil, nil}), `s.csv: row 1: n: want a whole number of users, got "null or not finite"`},
		{"no name", with(func(r *textRow) { r.Metric = "" }), `s.csv: row 2: metric: want a name of 1 to 200 bytes in UTF-8, got ""`},
		{"look", with(func(r *textRow) { r.Look = "soon" }), `s.csv: row 2: look: want a whole number, a date or a time, got "soon"`},
		{"n below 0", with(func(r *textRow) { r.N = -1 }), `s.csv: row 2: n: want a whole number of users, got "-1"`},
		{"mean", with(func(r *textRow) { r.Mean = math.NaN() }), `s.csv: row 2: mean: want a number, got "null or not finite"`},
		{"variance", with(func(r *textRow) { r.Variance = -2 }), `s.csv: row 2: variance: want a number of 0 or more, got "-2"`},
		{"twice", with(func(r *textRow) { r.Variant = "a" }), `s.csv: row 2: look 1 of variant "a" and metric "m" is there already, in s.csv: row 1`},
		{"cut", with(func(*textRow) {})[:200], "read summary s.csv: the file is cut short"},
		{"too many rows", written(t, many...), "read summary s.csv: it has 1000001 rows, more than 1000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := analyseSummary(c.file, nil)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got error %v, want %s", err, c.want)
			}
		})
	}
}

// TestSummaryFormatTold holds that a file is told by how it begins, and what is neither by its name.
func TestSummaryFormatTold(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"s.parquet", summaryHeader + "1,a,m,1,1,1\n", "read summary s.parquet: not a Parquet file: it looks like text"},
		{"s.csv", "PAR1,look\n", "read summary s.csv: the file is cut short"},
		{"s.gz", "\x1f\x8b\x08\x00", "s.gz:1: no column look, variant"},
	} {
		_, err := daily.ReadSummary(strings.NewReader(c.file), c.name, time.UTC)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %s", c.name, err, c.want)
		}
	}
}

// FuzzReadSummaryParquet holds that a damaged file gives an error or a scorecard that can be
// written, and never a panic.
func FuzzReadSummaryParquet(f *testing.F) {
	f.Add([]byte(written(f, textRow{"1", "a", "m", 1000, 1, 2, ""}, textRow{"1", "b", "m", 1000, 1.5, 2, ""})))
	f.Add([]byte(written(f, numberRow{3, "a", "m", pointer(1.0), pointer(4.0), nil})))
	f.Add([]byte(written(f, timeRow{time.Unix(0, 0), "a", "m", 1, 1, 2})))
	f.Fuzz(func(t *testing.T, file []byte) {
		if card, err := analyseSummary("PAR1"+string(file[min(len(file), 4):]), fixedMethod); err == nil {
			writable(t, card)
		}
	})
}
