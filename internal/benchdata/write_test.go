package benchdata

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

func size(t *testing.T, name string) Size {
	t.Helper()
	s, err := ParseSize(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// write writes size T to a new directory.
func write(t *testing.T, format Format) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := Write(t.Context(), dir, size(t, "T"), format); err != nil {
		t.Fatal(err)
	}
	return dir
}

// files returns the bytes of all files by path.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all[path], err = os.ReadFile(filepath.Join(dir, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSameBytesForAnyNumberOfProcessors(t *testing.T) {
	one := func(processors int) map[string][]byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		return files(t, write(t, Snappy))
	}
	a, b := one(1), one(3)
	if len(a) != Days+liveDays+1 {
		t.Errorf("%d files, want one per table and day and a mark", len(a))
	}
	if !maps.EqualFunc(a, b, bytes.Equal) {
		t.Error("two runs wrote different bytes")
	}
}

func TestCompleteDataAreLeftAlone(t *testing.T) {
	dir := write(t, Snappy)
	path := filepath.Join(dir, "conversions", Folder(3), "part-0.parquet")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	written := func() int64 {
		t.Helper()
		if err := Write(t.Context(), dir, size(t, "T"), Snappy); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if written() != 0 {
		t.Error("data with a mark were written again")
	}
	if err := os.WriteFile(filepath.Join(dir, done), []byte("another version"), 0o644); err != nil {
		t.Fatal(err)
	}
	if written() == 0 {
		t.Error("data of another version were kept")
	}
}

// cancelledLater is a context that is cancelled once it was asked some times.
type cancelledLater struct {
	context.Context
	left atomic.Int64
}

func (c *cancelledLater) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestNothingIsLeftWhenCancelled(t *testing.T) {
	ctx := &cancelledLater{Context: t.Context()}
	ctx.left.Store(5)
	root := t.TempDir()
	if err := Write(ctx, filepath.Join(root, "data"), size(t, "T"), Snappy); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// rowsOf reads a day's file back.
func rowsOf[Row any](t *testing.T, dir, table string, day int) []Row {
	t.Helper()
	rows, err := parquet.ReadFile[Row](filepath.Join(dir, table, Folder(day), "part-0.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestFormatsHoldTheSameRows compares what does not depend on the format, and which rows
// are of one user.
func TestFormatsHoldTheSameRows(t *testing.T) {
	text, packed, numbers := write(t, Snappy), write(t, Zstd), write(t, Int64)
	for _, day := range []int{0, 30, Days - 1} {
		a := rowsOf[conversionRow[string]](t, text, "conversions", day)
		if diff := cmp.Diff(a, rowsOf[conversionRow[string]](t, packed, "conversions", day)); diff != "" {
			t.Fatal(diff)
		}
		b := rowsOf[conversionRow[int64]](t, numbers, "conversions", day)
		if len(a) != len(b) {
			t.Fatalf("%d and %d rows", len(a), len(b))
		}
		number, back := map[string]int64{"": 0}, map[int64]string{0: ""}
		for i := range a {
			x, y := a[i].User, b[i].User
			if n, ok := number[x]; ok && n != y {
				t.Fatalf("user %q is %d and %d", x, n, y)
			}
			if s, ok := back[y]; ok && s != x {
				t.Fatalf("user %d is %q and %q", y, s, x)
			}
			number[x], back[y] = y, x
			a[i].User, b[i].User = "", 0
			if a[i] != (conversionRow[string]{Event: b[i].Event, Time: b[i].Time, Value: b[i].Value}) {
				t.Fatalf("row %d: %v and %v", i, a[i], b[i])
			}
		}
	}
}

// TestDictionariesGiveWay holds that ids and times begin with a dictionary and go on plain.
func TestDictionariesGiveWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "part-0.parquet")
	err := writeFile(path, Snappy, func(put func(conversionRow[string])) {
		for i := range 200_000 {
			put(conversionRow[string]{User: textID(i), Event: "page_view", Time: int64(i + 1)})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	column := firstColumn(t, path)
	if bytes := column.DataPageOffset - column.DictionaryPageOffset; bytes < dictionaryBytes || bytes > 5*dictionaryBytes/2 {
		t.Errorf("the dictionary has %d bytes in the file, want %d and some of a page", bytes, dictionaryBytes)
	}
	got, err := parquet.ReadFile[conversionRow[string]](path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i].User != textID(i) {
			t.Fatalf("row %d is by %s, want %s", i, got[i].User, textID(i))
		}
	}
}

// firstColumn returns what the footer says about the first column.
func firstColumn(t *testing.T, path string) format.ColumnMetaData {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	p, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return p.Metadata().RowGroups[0].Columns[0].MetaData
}

func TestCodecs(t *testing.T) {
	for codec, want := range map[Format]format.CompressionCodec{Snappy: format.Snappy, Zstd: format.Zstd, Int64: format.Snappy} {
		path := filepath.Join(write(t, codec), "exposures", Folder(LeadDays), "part-0.parquet")
		if got := firstColumn(t, path).Codec; got != want {
			t.Errorf("%s is compressed with %s", codec, got)
		}
	}
}

func TestNames(t *testing.T) {
	for _, s := range Sizes() {
		if got := size(t, s.Name); got != s {
			t.Errorf("%v, want %v", got, s)
		}
	}
	if _, err := ParseSize("XL"); err == nil {
		t.Error("no error for size XL")
	}
	for _, f := range []Format{Snappy, Zstd, Int64} {
		if got, err := ParseFormat(f.String()); err != nil || got != f {
			t.Errorf("%v, %v, want %v", got, err, f)
		}
	}
	if _, err := ParseFormat("lz4"); err == nil {
		t.Error("no error for format lz4")
	}
	if got := Folder(Days - 1); got != "date=2026-02-27" {
		t.Errorf("the last folder is %s", got)
	}
	if got := Variants(2); !slices.Equal(got, []string{"control", "a", "b", "c"}) {
		t.Errorf("variants %v", got)
	}
}
