package tables

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// readRow is a row as tests compare it.
type readRow struct {
	User  UserID
	Time  int64
	Value string // NaN equals itself as text
	Text  string
}

const testSeed = 11

func id(text string) UserID { return HashID([]byte(text), testSeed) }

// testSpec wants user_id, timestamp, value and variant.
func testSpec() (*Spec, *dictionary) {
	codes := new(dictionary)
	return &Spec{
		Table: "exposures", User: "user_id", Time: "timestamp", Value: "value", ValueNeeded: true,
		Location: time.UTC, Seed: testSeed, Text: []TextColumn{{Name: "variant", Codes: codes}},
	}, codes
}

// diffRows says where the rows begin to differ; empty if they do not.
func diffRows(want, got []readRow) string {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			return fmt.Sprintf("row %d: read %+v, want %+v", i, got[i], want[i])
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("read %d rows, want %d", len(got), len(want))
	}
	return ""
}

func readRows(file []byte, spec *Spec, codes *dictionary) ([]readRow, error) {
	return readPath("f.parquet", file, spec, codes)
}

func readPath(path string, file []byte, spec *Spec, codes *dictionary) ([]readRow, error) {
	store := memoryStore{path: file}
	var rows []readRow
	err := eachBatch(context.Background(), store, store.file(path), spec, func(b *Batch) {
		for i := range b.N {
			row := readRow{User: b.User[i], Time: b.Time[i]}
			if b.Value != nil {
				row.Value = fmt.Sprint(b.Value[i])
			}
			if len(b.Text) > 0 {
				row.Text = codes.text(b.Text[0][i])
			}
			rows = append(rows, row)
		}
	})
	return rows, err
}

// plainRow is what the library's writer writes in many ways.
type plainRow struct {
	User      string   `parquet:"user_id"`
	Variant   *string  `parquet:"variant,optional"`
	Timestamp int64    `parquet:"timestamp,timestamp(microsecond)"`
	Value     *float64 `parquet:"value,optional"`
	Other     []string `parquet:"other,list"`
}

func plainRows(n int) (rows []plainRow, want []readRow) {
	for i := range n {
		variant, value := []string{"control", "treatment", ""}[i%3], float64(i)/4
		row := plainRow{User: fmt.Sprintf("user-%d", i%97), Variant: &variant, Timestamp: 1_700_000_000_000_000 + int64(i), Value: &value, Other: make([]string, i%3)}
		w := readRow{User: id(row.User), Time: row.Timestamp, Value: fmt.Sprint(value), Text: variant}
		if i%7 == 3 {
			row.Variant, w.Text = nil, nullText
		}
		if i%11 < 3 {
			row.Value, w.Value = nil, "NaN"
		}
		rows, want = append(rows, row), append(want, w)
	}
	return rows, want
}

func TestReadWhatTheLibraryWrites(t *testing.T) {
	rows, want := plainRows(5000)
	codecs := map[string]compress.Codec{
		"none": &parquet.Uncompressed, "snappy": &parquet.Snappy, "gzip": &parquet.Gzip,
		"brotli": &parquet.Brotli, "zstd": &parquet.Zstd, "lz4raw": &parquet.Lz4Raw,
	}
	encodings := map[string]encoding.Encoding{
		"plain": &parquet.Plain, "dictionary": &parquet.RLEDictionary,
		"delta length": &parquet.DeltaLengthByteArray, "delta": &parquet.DeltaByteArray,
	}
	for codecName, codec := range codecs {
		for encodingName, enc := range encodings {
			for _, version := range []int{1, 2} {
				t.Run(fmt.Sprintf("%s/%s/v%d", codecName, encodingName, version), func(t *testing.T) {
					file := writeRows(t, rows, parquet.Compression(codec), parquet.DataPageVersion(version),
						parquet.DefaultEncodingFor(parquet.ByteArray, enc), parquet.PageBufferSize(1500), parquet.MaxRowsPerRowGroup(1900))
					spec, codes := testSpec()
					got, err := readRows(file, spec, codes)
					if err != nil {
						t.Fatal(err)
					}
					if diff := diffRows(want, got); diff != "" {
						t.Error(diff)
					}
				})
			}
		}
	}
}

func TestReadNumberEncodings(t *testing.T) {
	rows, want := plainRows(3000)
	for name, options := range map[string][]parquet.WriterOption{
		"dictionary": {parquet.DefaultEncodingFor(parquet.Int64, &parquet.RLEDictionary), parquet.DefaultEncodingFor(parquet.Double, &parquet.RLEDictionary)},
		"delta":      {parquet.DefaultEncodingFor(parquet.Int64, &parquet.DeltaBinaryPacked)},
		"split":      {parquet.DefaultEncodingFor(parquet.Int64, &parquet.ByteStreamSplit), parquet.DefaultEncodingFor(parquet.Double, &parquet.ByteStreamSplit)},
	} {
		t.Run(name, func(t *testing.T) {
			spec, codes := testSpec()
			got, err := readRows(writeRows(t, rows, options...), spec, codes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := diffRows(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Pages of 64 KiB that shrink to less than a third are where parquet-go v0.32 loses
// LZ4_RAW.
func TestReadLargeLZ4Pages(t *testing.T) {
	rows, want := plainRows(40_000)
	file := writeRows(t, rows, parquet.Compression(&parquet.Lz4Raw), parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.Plain), parquet.PageBufferSize(256<<10))
	spec, codes := testSpec()
	got, err := readRows(file, spec, codes)
	if err != nil {
		t.Fatal(err)
	}
	if diff := diffRows(want, got); diff != "" {
		t.Error(diff)
	}
}

func wantFault(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, want it to contain %q", err, part)
		}
	}
}

// A dictionary that grows too large makes writers go on without it in mid-chunk.
func TestReadDictionaryThenPlain(t *testing.T) {
	for _, v2 := range []bool{false, true} {
		kind := format.DataPage
		if v2 {
			kind = format.DataPageV2
		}
		c := builtColumn{element: element("variant", format.ByteArray, true, nil), codec: format.Snappy, pages: []builtPage{
			{kind: format.DictionaryPage, rows: 3, encoding: olderDictionary, values: plainTexts("a", "b", "c"), crc: true},
			{kind: kind, rows: 9, nulls: 1, encoding: format.RLEDictionary, levels: packed(1, 1, 1, 0, 1, 1, 1, 1, 1, 1), values: indexes(2, packed(2, 2, 1, 0, 2, 1, 0, 1, 1)), crc: true},
			{kind: kind, rows: 3, encoding: olderDictionary, levels: run(3, 1), values: indexes(2, run(3, 1))},
			{kind: kind, rows: 2, encoding: format.Plain, levels: run(2, 1), values: plainTexts("d", "a"), stillPlain: v2},
			{kind: kind, rows: 2, nulls: 2, encoding: format.RLEDictionary, levels: run(2, 0)},
		}}
		const rows = 16
		ids := make([]string, rows)
		for i := range ids {
			ids[i] = fmt.Sprint(i)
		}
		file := buildFile(t, rows,
			onePage(element("user_id", format.ByteArray, false, nil), rows, plainTexts(ids...)),
			onePage(element("timestamp", format.Int64, false, converted(deprecated.TimestampMicros)), rows, plainInts(make([]int64, rows)...)),
			onePage(element("value", format.Double, false, nil), rows, plainInts(make([]int64, rows)...)), c)
		spec, codes := testSpec()
		got, err := readRows(file, spec, codes)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for i, row := range got {
			if row.User != id(ids[i]) {
				t.Errorf("row %d has another user", i)
			}
			text.WriteString(strings.ReplaceAll(row.Text, nullText, "-"))
		}
		if want := "cb-acbabbbbbda--"; text.String() != want {
			t.Errorf("read %s, want %s", text.String(), want)
		}
	}
}

func TestReadMissingColumns(t *testing.T) {
	rows, want := plainRows(3)
	type noValue struct {
		User      string `parquet:"user_id"`
		Timestamp int64  `parquet:"timestamp,timestamp(microsecond)"`
		Country   string `parquet:"country"`
	}
	bare := writeRows(t, []noValue{{"a", 1, "DE"}})

	spec, codes := testSpec()
	_, err := readRows(bare, spec, codes)
	wantFault(t, err, `read exposures f.parquet: column "value": missing, the file has user_id, timestamp, country`, `column "variant": missing`)

	spec, codes = testSpec()
	spec.ValueNeeded = false
	spec.Text[0].Optional = true
	got, err := readRows(bare, spec, codes)
	if diff := diffRows([]readRow{{User: id("a"), Time: 1, Value: "NaN", Text: nullText}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}

	spec, codes = testSpec()
	spec.User = "userid"
	_, err = readRows(writeRows(t, rows), spec, codes)
	wantFault(t, err, `column "userid": missing, did you mean "user_id"?`)

	spec, codes = testSpec()
	spec.User = "other"
	_, err = readRows(writeRows(t, rows), spec, codes)
	wantFault(t, err, `column "other": found list, want a string`)

	spec, codes = testSpec()
	spec.Value, spec.ValueNeeded = "", false
	got, err = readRows(writeRows(t, rows), spec, codes)
	for i := range want {
		want[i].Value = ""
	}
	if diff := diffRows(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestReadFolderColumns(t *testing.T) {
	type noVariant struct {
		User      string  `parquet:"user_id"`
		Timestamp int64   `parquet:"timestamp,timestamp(microsecond)"`
		Value     float64 `parquet:"value"`
	}
	bare := writeRows(t, []noVariant{{"a", 1, 2}})
	f := func(path string, file []byte, want string) {
		t.Helper()
		spec, codes := testSpec()
		got, err := readPath(path, file, spec, codes)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Text != want {
			t.Errorf("%s: variant %q, want %q", path, got[0].Text, want)
		}
	}
	f("x/variant=big%20one/p.parquet", bare, "big one")
	f("x/variant=__HIVE_DEFAULT_PARTITION__/p.parquet", bare, nullText)
	f("x/variant=a/variant=b/p.parquet", bare, "b")

	type noTime struct {
		User string `parquet:"user_id"`
	}
	spec, codes := testSpec()
	spec.Time, spec.ValueNeeded, spec.Text[0].Optional = "date", false, true
	got, err := readPath("x/date=1970-01-02/p.parquet", writeRows(t, []noTime{{"a"}}), spec, codes)
	if diff := diffRows([]readRow{{User: id("a"), Time: microsPerDay, Value: "NaN", Text: nullText}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}

	store := memoryStore{"x/date=1970-01-02/p.parquet": writeRows(t, []noTime{{"a"}})}
	table, err := Open(t.Context(), store, store.file("x/date=1970-01-02/p.parquet"), spec)
	if err != nil {
		t.Fatal(err)
	}
	if lo, hi, exact, ok := table.TimeRange(0); !ok || !exact || lo != microsPerDay || hi != lo || table.Size(0) <= 0 {
		t.Errorf("time range %d to %d, %v", lo, hi, ok)
	}
	spec.Text[0].Optional = false
	_, err = readPath("x/date=2024-13-02/p.parquet", writeRows(t, []noTime{{"a"}}), spec, codes)
	wantFault(t, err, `column "date": the text "2024-13-02" is no time`, `; column "variant": missing, the file has user_id`)

	rows, _ := plainRows(1)
	f("x/variant=big/p.parquet", writeRows(t, rows), "control")
}

func TestTimeRange(t *testing.T) {
	rows, _ := plainRows(100)
	spec, _ := testSpec()
	open := func(file []byte) *OpenFile {
		t.Helper()
		store := memoryStore{"f.parquet": file}
		table, err := Open(t.Context(), store, store.file("f.parquet"), spec)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	table := open(writeRows(t, rows, parquet.MaxRowsPerRowGroup(60)))
	if table.RowGroups() != 2 || table.NumRows(1) != 40 {
		t.Fatalf("%d row groups", table.RowGroups())
	}
	lo, hi, _, ok := table.TimeRange(1)
	if first := rows[60].Timestamp; !ok || lo != first || hi != first+39 {
		t.Errorf("time range %d to %d, %v; want %d to %d", lo, hi, ok, first, first+39)
	}

	// Without a zone: in Tokyo clocks are 9 hours ahead, and the bounds a day wider.
	spec.Location = time.FixedZone("JST", 9*3600)
	type local struct {
		User      string  `parquet:"user_id"`
		Timestamp int64   `parquet:"timestamp,timestamp(millisecond:local)"`
		Value     float64 `parquet:"value"`
		Variant   string  `parquet:"variant"`
	}
	lo, hi, _, ok = open(writeRows(t, []local{{Timestamp: 5}, {Timestamp: 7}})).TimeRange(0)
	if !ok || lo != 5000-33*3600*1e6 || hi != 7000+15*3600*1e6 {
		t.Errorf("local time range %d to %d, %v", lo, hi, ok)
	}
	type dated struct {
		User      string  `parquet:"user_id"`
		Timestamp int32   `parquet:"timestamp,date"`
		Value     float64 `parquet:"value"`
		Variant   string  `parquet:"variant"`
	}
	lo, hi, _, ok = open(writeRows(t, []dated{{Timestamp: 1}, {Timestamp: 3}})).TimeRange(0)
	if !ok || lo != 15*3600*1e6 || hi != 63*3600*1e6 {
		t.Errorf("range of dates %d to %d, %v", lo, hi, ok)
	}
	spec.Location = time.UTC
	text := open(fileWith(t, onePage(element("timestamp", format.ByteArray, false, nil), 2, plainTexts("2024-01-01", "2024-01-01"))))
	if _, _, _, ok := text.TimeRange(0); ok {
		t.Error("the statistics of text are no range of times")
	}
}

// The smallest integer is how NumPy writes a missing time, in any unit; the next one is a time out
// of range, or in nanoseconds one of 1677. It bounds nothing.
func TestNotATime(t *testing.T) {
	type micros struct {
		User      string  `parquet:"user_id"`
		Timestamp int64   `parquet:"timestamp,timestamp(microsecond)"`
		Value     float64 `parquet:"value"`
		Variant   string  `parquet:"variant"`
	}
	type nanos struct {
		User      string  `parquet:"user_id"`
		Timestamp int64   `parquet:"timestamp,timestamp(nanosecond)"`
		Value     float64 `parquet:"value"`
		Variant   string  `parquet:"variant"`
	}
	spec, codes := testSpec()
	for _, c := range []struct {
		file  []byte
		times []int64
		fault string
	}{
		{writeRows(t, []micros{{Timestamp: math.MinInt64}, {Timestamp: 5}}), []int64{NullTime, 5}, ""},
		{writeRows(t, []nanos{{Timestamp: math.MinInt64}, {Timestamp: 5000}}), []int64{NullTime, 5}, ""},
		{writeRows(t, []micros{{Timestamp: math.MinInt64}, {Timestamp: math.MinInt64 + 1}}), nil, "is outside the years 1 to 9999"},
	} {
		got, err := readRows(c.file, spec, codes)
		if c.fault != "" {
			wantFault(t, err, c.fault)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.times {
			if got[i].Time != want {
				t.Errorf("time %d, want %d", got[i].Time, want)
			}
		}
		store := memoryStore{"f.parquet": c.file}
		table, err := Open(t.Context(), store, store.file("f.parquet"), spec)
		if err != nil {
			t.Fatal(err)
		}
		if lo, hi, _, ok := table.TimeRange(0); ok {
			t.Errorf("time range %d to %d", lo, hi)
		}
	}
}

// Pages of columns that nobody wants are not looked at.
func TestOtherColumnsAreNotRead(t *testing.T) {
	rows, want := plainRows(5000)
	file := writeRows(t, rows, parquet.MaxRowsPerRowGroup(2000))
	spec, codes := testSpec()
	store := memoryStore{"f.parquet": file}
	table, err := Open(t.Context(), store, store.file("f.parquet"), spec)
	if err != nil {
		t.Fatal(err)
	}
	wanted := []int{table.schema.leaves[table.user], table.schema.leaves[table.time], table.schema.leaves[table.value], table.schema.leaves[table.text[0]]}
	others := 0
	for g := range table.meta.RowGroups {
		for i := range table.meta.RowGroups[g].Columns {
			if chunk := &table.meta.RowGroups[g].Columns[i]; !slices.Contains(wanted, i) {
				start := chunkStart(chunk)
				clear(file[start : start+chunk.MetaData.TotalCompressedSize])
				others++
			}
		}
	}
	got, err := readRows(file, spec, codes)
	if diff := diffRows(want, got); err != nil || diff != "" || others == 0 {
		t.Error(err, diff, others)
	}
}

// Row groups of one file are read by several goroutines at once.
func TestReadConcurrently(t *testing.T) {
	rows, want := plainRows(4000)
	spec, codes := testSpec()
	store := memoryStore{"f.parquet": writeRows(t, rows, parquet.MaxRowsPerRowGroup(500), parquet.Compression(&parquet.Zstd))}
	table, err := Open(t.Context(), store, store.file("f.parquet"), spec)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for g := range table.RowGroups() {
		group.Go(func() {
			reader := table.Rows(g)
			defer reader.Close()
			var b Batch
			at := 500 * g
			for {
				more, err := reader.Next(&b)
				if err != nil {
					t.Error(err)
				}
				if !more {
					return
				}
				for i := range b.N {
					if b.User[i] != want[at].User || codes.text(b.Text[0][i]) != want[at].Text {
						t.Errorf("row %d differs", at)
					}
					at++
				}
			}
		})
	}
	group.Wait()
}
