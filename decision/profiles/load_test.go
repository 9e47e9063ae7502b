package profiles

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"readout/decision"
)

// load reads files of testdata.
func load(t testing.TB, names ...string) *Table {
	t.Helper()
	for i := range names {
		names[i] = filepath.Join("testdata", names[i])
	}
	table, err := Load(names, "user_id")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// write returns the path of a new file with rows.
func write[T any](t testing.TB, rows []T, options ...parquet.WriterOption) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profiles.parquet")
	if err := parquet.WriteFile(path, rows, options...); err != nil {
		t.Fatal(err)
	}
	return path
}

// texts returns attributes as kind and text.
func texts(attributes decision.Attributes) map[string]string {
	if attributes == nil {
		return nil
	}
	out := make(map[string]string)
	for name, v := range attributes {
		out[name] = fmt.Sprintf("%s %s", v.Kind(), v)
	}
	return out
}

func TestPyarrow(t *testing.T) {
	table := load(t, "pyarrow.parquet")
	for id, want := range map[string]map[string]string{
		// The last row of an id counts.
		"a": {
			"country": "text CH", "age": "number 42", "visits": "number 9223372036854775807", "big": "number 9.223372036854776e+18",
			"small": "number 8", "score": "number 0.2", "half": "number 2.5", "vip": "bool false", "born": "text 1985-02-28",
			"seen": "text 2026-01-05T12:30:00.25Z", "token": "text more",
		},
		// What is null, not a number or not UTF-8 is absent.
		"b": {
			"age": "number -1", "visits": "number 0", "big": "number 7", "small": "number 7", "vip": "bool false",
			"born": "text 1985-02-28", "seen": "text 2026-01-05T12:30:00.25Z",
		},
		"ü":       {"country": "text AT", "score": " ", "half": "number 1.5", "born": "text 1985-02-28", "seen": "text 2026-01-05T12:30:00.25Z"},
		"":        nil,
		"nobody":  nil,
		"A":       nil,
		"a\x00":   nil,
		"user_id": nil,
	} {
		if diff := cmp.Diff(want, texts(table.Attributes(id))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", id, diff)
		}
	}
	if table.Users() != 3 || table.Repeated != 1 {
		t.Errorf("%d users, %d repeated", table.Users(), table.Repeated)
	}
	var left []string
	for _, text := range table.Left {
		name, _, _ := strings.Cut(text, ":")
		left = append(left, name)
	}
	if want := []string{"address", "clock", "nothing", "price", "tags"}; !slices.Equal(left, want) {
		t.Errorf("left %q, want %v", table.Left, want)
	}
}

// The bytes of an interval can be UTF-8 by chance, and are no text even so.
func TestIntervalIsNoAttribute(t *testing.T) {
	schema := parquet.NewSchema("profiles", parquet.Group{"gap": parquet.IntervalNode(), "user_id": parquet.String()})
	var file bytes.Buffer
	w := parquet.NewWriter(&file, schema)
	gap := parquet.FixedLenByteArrayValue(make([]byte, 12)).Level(0, 0, 0)
	if _, err := w.WriteRows([]parquet.Row{{gap, parquet.ValueOf("a").Level(0, 0, 1)}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "profiles.parquet")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := Load([]string{path}, "user_id")
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(table.Attributes("a")); len(got) > 0 || !slices.Equal(table.Left, []string{"gap: type INTERVAL"}) {
		t.Errorf("attributes %v, left %q", got, table.Left)
	}
}

// What was written as 0.1 is compared as 0.1, and not as what 32 bits hold of it.
func TestFloat32(t *testing.T) {
	type row struct {
		ID       string  `parquet:"user_id"`
		Discount float32 `parquet:"discount"`
	}
	table, err := Load([]string{write(t, []row{{"a", 0.1}, {"b", 2.5}})}, "user_id")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"a": "number 0.1", "b": "number 2.5"} {
		if got := texts(table.Attributes(id))["discount"]; got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

func TestDuckDB(t *testing.T) {
	table := load(t, "duckdb.parquet")
	const id = "ffffffff-ffff-4fff-bfff-ffffffffffff"
	want := map[string]string{"spelled": "text " + id, "level": "number 255", "huge": "number 255", "vip": "bool true", "seen": "text 2026-01-05T12:30:00Z"}
	if diff := cmp.Diff(want, texts(table.Attributes(id))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	table = load(t, "duckdb_int.parquet")
	for i, id := range []string{"9007199254740993", "9007199254740994", "9007199254740995"} {
		if got := table.Attributes(id)["level"].String(); got != fmt.Sprint(i) {
			t.Errorf("%s has level %q", id, got)
		}
	}
}

// TestRanges: unsigned numbers beyond those with a sign, as ids too, and instants in all units.
func TestRanges(t *testing.T) {
	type row struct {
		UserID uint64 `parquet:"user_id"`
		Small  uint32 `parquet:"small"`
		Millis int64  `parquet:"millis,timestamp(millisecond)"`
		Micros int64  `parquet:"micros,timestamp(microsecond)"`
		Nanos  int64  `parquet:"nanos,timestamp(nanosecond)"`
	}
	const second = 1767616200
	table, err := Load([]string{write(t, []row{
		{math.MaxUint64, math.MaxUint32, second * 1e3, second * 1e6, second*1e9 + 1},
		{math.MaxInt64 + 1, 7, -1, -1, -1},
	})}, "user_id")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]map[string]string{
		"18446744073709551615": {
			"small": "number 4294967295", "millis": "text 2026-01-05T12:30:00Z",
			"micros": "text 2026-01-05T12:30:00Z", "nanos": "text 2026-01-05T12:30:00.000000001Z",
		},
		"9223372036854775808": {
			"small": "number 7", "millis": "text 1969-12-31T23:59:59.999Z",
			"micros": "text 1969-12-31T23:59:59.999999Z", "nanos": "text 1969-12-31T23:59:59.999999999Z",
		},
		"-1": nil,
	} {
		if diff := cmp.Diff(want, texts(table.Attributes(id))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// What is too long to be an attribute is absent, and so is a user whose id is.
func TestLongTexts(t *testing.T) {
	type row struct {
		UserID string `parquet:"user_id"`
		Plan   string `parquet:"plan"`
		Note   string `parquet:"note"`
	}
	most := strings.Repeat("x", 4096)
	path := write(t, []row{{"a", "pro", most}, {"b", "free", most + "x"}, {most + "x", "free", ""}})
	table, err := Load([]string{path}, "user_id")
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(table.Attributes("a")); got["note"] != "text "+most {
		t.Errorf("the longest text: %d bytes", len(got["note"]))
	}
	if diff := cmp.Diff(map[string]string{"plan": "text free"}, texts(table.Attributes("b"))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if table.Users() != 2 {
		t.Errorf("%d users", table.Users())
	}
}

func TestSeveralFiles(t *testing.T) {
	type one struct {
		UserID string `parquet:"user_id"`
		Plan   string `parquet:"plan"`
	}
	type two struct {
		Age    int64  `parquet:"age"`
		UserID string `parquet:"user_id"`
	}
	table, err := Load([]string{write(t, []one{{"u", "free"}, {"v", "pro"}}), write(t, []two{{41, "u"}, {7, "w"}})}, "user_id")
	if err != nil {
		t.Fatal(err)
	}
	// A row stands for all that is known of a user.
	for id, want := range map[string]map[string]string{"u": {"age": "number 41"}, "v": {"plan": "text pro"}, "w": {"age": "number 7"}} {
		if diff := cmp.Diff(want, texts(table.Attributes(id))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	type named struct {
		ID string `parquet:"id"`
	}
	type floats struct {
		UserID float64 `parquet:"user_id"`
	}
	type lists struct {
		UserID []string `parquet:"user_id,list"`
	}
	text := filepath.Join(t.TempDir(), "text.parquet")
	if err := os.WriteFile(text, []byte("user_id,plan\nu,pro\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{filepath.Join("testdata", "lz4.parquet"), "LZ4_RAW is not read here"},
		{write(t, []named{{"u"}}), "there is no column user_id"},
		{write(t, []floats{{1}}), "column user_id has type DOUBLE"},
		{write(t, []lists{{[]string{"u"}}}), "column user_id has nested"},
		{text, "text.parquet"},
		{filepath.Join(t.TempDir(), "gone.parquet"), "no such file"},
	} {
		if _, err := Load([]string{c.path}, "user_id"); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), filepath.Base(c.path)) {
			t.Errorf("%s: %v, want %q", c.path, err, c.want)
		}
	}
}

// TestDamagedFiles flips bytes and cuts files off: there is an error or a table, never a panic.
func TestDamagedFiles(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "duckdb.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "damaged.parquet")
	refused := 0
	try := func(data []byte) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if table, err := Load([]string{path}, "user_id"); err != nil {
			refused++
		} else {
			table.Attributes("u")
		}
	}
	for i := 0; i < len(whole); i += 3 {
		damaged := slices.Clone(whole)
		damaged[i] ^= []byte{0xff, 0x01, 0x80}[i/3%3]
		try(damaged)
	}
	for i := 0; i < len(whole); i += 29 {
		try(whole[:i])
	}
	// The library panics at these.
	whole, err = os.ReadFile(filepath.Join("testdata", "pyarrow.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{82, 274, 1644} {
		damaged := slices.Clone(whole)
		damaged[i] ^= 0x55
		try(damaged)
		if _, err := Load([]string{path}, "user_id"); err == nil || !strings.Contains(err.Error(), "the file is damaged") {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	if refused < 400/29 {
		t.Errorf("only %d damaged files were refused", refused)
	}
}

// TestLargePages: pages that would take too much memory are an error before they are decoded,
// as their headers say, compressed or not.
func TestLargePages(t *testing.T) {
	type row struct {
		UserID string `parquet:"user_id"`
		Plan   string `parquet:"plan,dict"`
		Note   string `parquet:"note,optional"`
	}
	const n, length = 2000, 1000
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{fmt.Sprint("u", i), "free", strings.Repeat("x", length)}
	}
	f := func(name string, limit int64, refused bool, options ...parquet.WriterOption) {
		t.Helper()
		path := write(t, rows, append(options, parquet.Compression(&parquet.Zstd))...)
		if info, err := os.Stat(path); err != nil || info.Size() > n*length/10 {
			t.Fatalf("%s: %d bytes, error %v", name, info.Size(), err)
		}
		table, err := loadWithin(limit, fewRows, []string{path}, "user_id")
		switch {
		case refused && (err == nil || !strings.Contains(err.Error(), path+": the pages of row group 0 that are read at once take 2 MiB decompressed, at most 1 are allowed")):
			t.Errorf("%s: error %v", name, err)
		case !refused && (err != nil || table.Users() != n):
			t.Errorf("%s: error %v", name, err)
		}
	}
	large := parquet.PageBufferSize(16 << 20)
	f("one page", 1<<20, true, large)
	f("one page of the first version", 1<<20, true, large, parquet.DataPageVersion(1))
	f("one page and room for it", 4<<20, false, large)
	f("small pages", 1<<20, false, parquet.PageBufferSize(64<<10))
}

// TestLargePagesTogether: pages of several columns are in memory at once, and a page together with
// the dictionary of its values.
func TestLargePagesTogether(t *testing.T) {
	type plain struct {
		UserID string `parquet:"user_id"`
		Note   string `parquet:"note"`
		Second string `parquet:"second"`
	}
	type dictionary struct {
		UserID string `parquet:"user_id"`
		Word   string `parquet:"word,dict"`
	}
	const n, length = 700, 1000
	large, text := parquet.PageBufferSize(16<<20), strings.Repeat("x", length)
	columns, words := make([]plain, n), make([]dictionary, n)
	for i := range n {
		columns[i] = plain{fmt.Sprint("u", i), text, text}
		words[i] = dictionary{fmt.Sprint("u", i), fmt.Sprint(text, i)}
	}
	for name, c := range map[string]struct {
		path  string
		limit int64
		err   string
	}{
		"two columns":              {write(t, columns, large), 1 << 20, "the pages of row group 0 that are read at once take 2 MiB"},
		"two columns, room":        {write(t, columns, large), 2 << 20, ""},
		"dictionary of all values": {write(t, words, large), n * length, "the pages of row group 0 that are read at once take 1 MiB"},
		"dictionary, room":         {write(t, words, large), 1 << 20, ""},
	} {
		table, err := loadWithin(c.limit, fewRows, []string{c.path}, "user_id")
		switch {
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: error %v, want %q", name, err, c.err)
		case c.err == "" && (err != nil || table.Users() != n):
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestHostileMetadata: a few bytes that ask the library for all memory, or for the whole stack, are a
// damaged file and not the end of the service.
func TestHostileMetadata(t *testing.T) {
	type row struct {
		UserID string `parquet:"user_id"`
	}
	whole, err := os.ReadFile(write(t, []row{{"u"}}))
	if err != nil {
		t.Fatal(err)
	}
	tail := binary.LittleEndian.Uint32(whole[len(whole)-8:])
	footer := whole[len(whole)-8-int(tail) : len(whole)-8]
	// Field 2, a list of two billion structures; and field 10 in field 10 in field 10.
	hugeList, deep := append([]byte{0x15, 2, 0x19, 0xfc}, 0xff, 0xff, 0xff, 0xff, 7, 0), bytes.Repeat([]byte{0xac}, 5_000_000)
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &meta); err != nil {
		t.Fatal(err)
	}
	chunk := &meta.RowGroups[0].Columns[0].MetaData
	encoded := func() []byte {
		data, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	behind := func(pages []byte) []byte {
		chunk.DataPageOffset, chunk.DictionaryPageOffset, chunk.TotalCompressedSize = 4, 0, int64(len(pages))
		return encoded()
	}
	f := func(name, want string, pages, footer []byte, length int) {
		t.Helper()
		data := slices.Concat([]byte("PAR1"), pages, footer, binary.LittleEndian.AppendUint32(nil, uint32(length)), []byte("PAR1"))
		path := filepath.Join(t.TempDir(), "p.parquet")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load([]string{path}, "user_id"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %.200v, want %s", name, err, want)
		}
	}
	f("a huge list", "its footer cannot be read", nil, hugeList, len(hugeList))
	f("a deep footer", "its footer cannot be read", nil, deep, len(deep))
	f("a long footer", "the file is damaged: it says that its footer has 4294967295 bytes, of ", nil, footer, math.MaxUint32)
	f("a deep page header", "column user_id: a page is damaged: no page header at byte 4", deep, behind(deep), len(behind(deep)))
	f("a huge list in a page header", "no page header at byte 4", hugeList, behind(hugeList), len(behind(hugeList)))
	behind(deep)
	chunk.TotalCompressedSize, chunk.NumValues = math.MaxInt64, 0
	f("a chunk without end or values", "no page header at byte 4", deep, encoded(), len(encoded()))
	one := meta.Schema[0]
	meta.Schema = append(slices.Repeat([]format.SchemaElement{one}, 100_000), meta.Schema[1])
	f("deep columns", "columns are nested deeper than 64 levels", nil, encoded(), len(encoded()))
}

// TestManyRowsInFewBytes: rows that are all the same take memory each, and next to nothing in the
// files.
func TestManyRowsInFewBytes(t *testing.T) {
	type row struct {
		UserID string `parquet:"user_id,dict"`
	}
	same, others := make([]row, 200_000), make([]row, 10_000)
	for i := range same {
		same[i].UserID = "u"
	}
	for i := range others {
		others[i].UserID = fmt.Sprint("u", i)
	}
	small, usual := write(t, same), write(t, others)
	f := func(few int64, want string, paths ...string) {
		t.Helper()
		_, err := loadWithin(maxPages, few, paths, "user_id")
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%d files, few are %d: error %v, want %q", len(paths), few, err, want)
		}
	}
	f(200_000, "", small)
	f(199_999, "profiles have 200000 rows in ", small)
	f(399_999, "profiles have 400000 rows in ", small, small)
	f(0, "", usual)
	// Where the others have bytes there may be some like these.
	f(0, "", small, usual)
}

// TestNoRows: a file without rows is a table of nobody.
func TestNoRows(t *testing.T) {
	type row struct {
		UserID string `parquet:"user_id"`
		Plan   string `parquet:"plan"`
	}
	table, err := Load([]string{write(t, []row(nil)), write(t, []row{{UserID: "u", Plan: "pro"}})}, "user_id")
	if err != nil || table.Users() != 1 || table.Attributes("u")["plan"].String() != "pro" {
		t.Errorf("%v", err)
	}
}

// person is a row as shops have it: texts that repeat, a text of the user's own, numbers.
type person struct {
	UserID  string  `parquet:"user_id"`
	Country string  `parquet:"country,dict"`
	Plan    string  `parquet:"plan,dict"`
	City    string  `parquet:"city,dict"`
	Age     int32   `parquet:"age"`
	Spent   float64 `parquet:"spent"`
	Vip     bool    `parquet:"vip"`
}

func people(n int) []person {
	rows := make([]person, n)
	for i := range rows {
		rows[i] = person{fmt.Sprintf("user-%08d", i), fmt.Sprint("C", i%60), fmt.Sprint("P", i%3), fmt.Sprint("city-", i%5000), int32(i % 90), math.Sqrt(float64(i)), i%7 == 0}
	}
	return rows
}

// heap returns the bytes of the heap in use.
func heap() uint64 {
	// What is pooled goes with the second collection.
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMemoryPerUser: a user with six attributes costs well below 100 bytes.
func TestMemoryPerUser(t *testing.T) {
	const n = 100_000
	path := write(t, people(n))
	before := heap()
	table, err := Load([]string{path}, "user_id")
	if err != nil {
		t.Fatal(err)
	}
	perUser := float64(heap()-before) / n
	t.Logf("%.0f bytes per user", perUser)
	if perUser > 100 {
		t.Errorf("%.0f bytes per user, want at most 100", perUser)
	}
	if got := table.Attributes("user-00099999"); len(got) != 6 || got["city"].String() != "city-4999" || table.Users() != n {
		t.Errorf("%v", texts(got))
	}
}

func BenchmarkAttributes(b *testing.B) {
	table, err := Load([]string{write(b, people(100_000))}, "user_id")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if table.Attributes("user-00050000") == nil {
			b.Fatal("nobody")
		}
	}
}
