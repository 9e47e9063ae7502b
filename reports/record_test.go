package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"readout/analysis"
)

// cells returns the values of a record by row and column name; null is absent.
func cells(t testing.TB, record arrow.Record) []map[string]any {
	t.Helper()
	out := make([]map[string]any, record.NumRows())
	for i := range out {
		out[i] = make(map[string]any)
		for j, values := range record.Columns() {
			if values.IsNull(i) {
				continue
			}
			name := record.ColumnName(j)
			switch v := values.(type) {
			case *array.String:
				out[i][name] = v.Value(i)
			case *array.Int64:
				out[i][name] = v.Value(i)
			case *array.Float64:
				out[i][name] = v.Value(i)
			case *array.Boolean:
				out[i][name] = v.Value(i)
			case *array.Date32:
				out[i][name] = int32(v.Value(i))
			case *array.Timestamp:
				out[i][name] = int64(v.Value(i))
			default:
				t.Fatalf("column %s: %T", name, v)
			}
		}
	}
	return out
}

// parquetCells reads a Parquet file with another library than the one that wrote it.
func parquetCells(t testing.TB, data []byte) []map[string]any {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := []map[string]any{}
	for _, group := range file.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 10)
		for {
			n, err := rows.ReadRows(buffer)
			for _, read := range buffer[:n] {
				line := make(map[string]any)
				for _, v := range read {
					name := file.Schema().Columns()[v.Column()][0]
					switch {
					case v.IsNull():
					case v.Kind() == parquet.ByteArray:
						line[name] = string(v.ByteArray())
					case v.Kind() == parquet.Int64:
						line[name] = v.Int64()
					case v.Kind() == parquet.Int32:
						line[name] = v.Int32()
					case v.Kind() == parquet.Double:
						line[name] = v.Double()
					case v.Kind() == parquet.Boolean:
						line[name] = v.Boolean()
					default:
						t.Fatalf("column %s: %v", name, v.Kind())
					}
				}
				out = append(out, line)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func arrowCells(t testing.TB, data []byte) []map[string]any {
	t.Helper()
	file, err := ipc.NewFileReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	record, err := file.Record(0)
	if err != nil {
		t.Fatal(err)
	}
	return cells(t, record)
}

// checkReadBack fails when what Parquet and Arrow readers see is not the record.
func checkReadBack(t testing.TB, cards []analysis.Scorecard) {
	t.Helper()
	record, err := arrowRecord(cards)
	if err != nil {
		t.Fatal(err)
	}
	defer record.Release()
	want := cells(t, record)
	if diff := cmp.Diff(want, parquetCells(t, write(t, parquetFormat(), cards...))); diff != "" {
		t.Errorf("Parquet (-record +read):\n%s", diff)
	}
	if diff := cmp.Diff(want, arrowCells(t, write(t, arrowFormat(), cards...))); diff != "" {
		t.Errorf("Arrow (-record +read):\n%s", diff)
	}
}

func TestReadBack(t *testing.T) {
	for name, card := range samples() {
		t.Run(name, func(t *testing.T) { checkReadBack(t, []analysis.Scorecard{card}) })
	}
	t.Run("none", func(t *testing.T) { checkReadBack(t, nil) })
	t.Run("several", func(t *testing.T) { checkReadBack(t, []analysis.Scorecard{full(), empty(), full()}) })
}

func TestRecordRows(t *testing.T) {
	record, err := arrowRecord([]analysis.Scorecard{full()})
	if err != nil {
		t.Fatal(err)
	}
	defer record.Release()
	got := cells(t, record)
	if want := 2*len(full().Metrics) + 10; len(got) != want {
		t.Fatalf("%d rows, want %d: every metric in every variant, and by segment", len(got), want)
	}
	f := func(line int, want map[string]any) {
		t.Helper()
		for name, value := range want {
			if diff := cmp.Diff(value, got[line][name]); diff != "" {
				t.Errorf("row %d, %s (-want +got):\n%s", line, name, diff)
			}
		}
	}
	f(0, map[string]any{"metric": "purchased", "role": "primary", "variant": "control", "control": true, "users": int64(100023), "metric_users": int64(61002),
		"conversions": int64(6093), "date": int32(20473), "through": int64(1768953600000000), "effect": nil, "verdict": nil, "reason": nil})
	f(1, map[string]any{"variant": "big", "control": false, "effect": 0.003512, "effect_se": 0.001589, "df": 121871.2, "raw_effect": 0.003442, "lo": -0.000671,
		"p": 0.04996, "look": int64(9), "look_today": true, "significant": false, "verdict": "not yet", "variance_kept": 0.842, "q": nil})
	f(4, map[string]any{"metric": "refunds", "variant": "control", "metric_users": nil, "mean": nil, "reason": "column refund is missing in the conversions"})
	f(7, map[string]any{"lift_unbounded": true, "lift_lo": nil, "lift_reason": "the control mean is not clearly different from 0", "ln_p": -2.17e8})
	f(9, map[string]any{"reason": "one user has no variance; big has one user: there is no standard error", "p": nil, "denominator_total": 1.0})
}

func TestRecordOfRandomScorecards(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cards := few(rt, "cards", randomCard)
		checkReadBack(t, cards)
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// A scorecard without variants still shows its metric.
func TestRowsWithoutVariants(t *testing.T) {
	card := base()
	card.Variants = nil
	card.Metrics = []analysis.MetricResult{broken()}
	got := rows(&card, &card.Metrics[0])
	if len(got) != 1 || got[0].variant.Name != "" {
		t.Errorf("rows = %+v, want one", got)
	}
}

// The columns are a contract with people's queries.
func TestRecordSchema(t *testing.T) {
	record, err := arrowRecord(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer record.Release()
	var b strings.Builder
	for _, field := range record.Schema().Fields() {
		null := "required"
		if field.Nullable {
			null = "nullable"
		}
		fmt.Fprintf(&b, "%s %s %s\n", field.Name, field.Type, null)
	}
	golden(t, "schema.txt", []byte(b.String()))
}

// Bytes that are not UTF-8 are replaced: readers refuse a file with them.
func TestRecordHoldsUTF8(t *testing.T) {
	card := full()
	card.Title, card.Variants[0].Name = "bad \xff title", "bad \xfe name"
	record, err := arrowRecord([]analysis.Scorecard{card})
	if err != nil {
		t.Fatal(err)
	}
	defer record.Release()
	got := cells(t, record)[0]
	if got["title"] != "bad \ufffd title" || got["variant"] != "bad \ufffd name" {
		t.Errorf("title %q, variant %q", got["title"], got["variant"])
	}
}
