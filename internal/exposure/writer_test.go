package exposure

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

var columns = Columns{
	User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp",
	Segments: []string{"device", "country"},
}

// writeRows writes a file of rows and returns its path.
func writeRows(t *testing.T, c Columns, rows ...Row) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "date=2026-01-05", "part-0.parquet")
	changed, err := WriteFile(path, c, func(w *Writer) error { return w.Write(rows...) })
	if err != nil || !changed {
		t.Fatalf("WriteFile: changed %v, error %v", changed, err)
	}
	return path
}

// open reads a file back with the library.
func open(t *testing.T, path string) *parquet.File {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// texts returns all rows of a file as text, null for null.
func texts(t *testing.T, f *parquet.File) [][]string {
	t.Helper()
	var out [][]string
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		buffer := make([]parquet.Row, 100)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				var line []string
				for _, v := range row {
					line = append(line, v.String())
				}
				out = append(out, line)
			}
			if err != nil {
				break
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestWriteFile(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	path := writeRows(t, columns,
		Row{"u1", "checkout", "control", time.Date(2026, 1, 5, 0, 30, 0, 1_999, berlin), []string{"mobile", "DE"}},
		Row{"9007199254740993", "checkout", "big", time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), []string{"", "AT"}},
		Row{"", "ranking", "control", time.Unix(0, 0), []string{"", ""}},
	)
	want := [][]string{
		{"u1", "checkout", "control", "1767569400000001", "mobile", "DE"},
		{"9007199254740993", "checkout", "big", "-1000000", "<null>", "AT"},
		{"", "ranking", "control", "0", "<null>", "<null>"},
	}
	if diff := cmp.Diff(want, texts(t, open(t, path))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestSchema(t *testing.T) {
	f := open(t, writeRows(t, columns, Row{"u", "e", "v", time.Unix(0, 0), []string{"a", "b"}}))
	const want = `message exposures {
	required binary user_id (STRING);
	required binary experiment (STRING);
	required binary variant (STRING);
	required int64 timestamp (TIMESTAMP(isAdjustedToUTC=true,unit=MICROS));
	optional binary device (STRING);
	optional binary country (STRING);
}`
	if diff := cmp.Diff(want, f.Schema().String()); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	if got := f.Metadata().CreatedBy; got != "readout" {
		t.Errorf("created by %q", got)
	}
	for i, chunk := range f.Metadata().RowGroups[0].Columns {
		m := chunk.MetaData
		if m.Codec != format.Zstd {
			t.Errorf("column %v is compressed with %v", m.PathInSchema, m.Codec)
		}
		if dictionary := m.DictionaryPageOffset != 0; dictionary != (i != 0 && i != 3) {
			t.Errorf("column %v: dictionary %v", m.PathInSchema, dictionary)
		}
	}
}

// A flipped bit in a page must not go unnoticed: pages carry checksums.
func TestChecksums(t *testing.T) {
	path := writeRows(t, columns, Row{strings.Repeat("user", 50), "e", "v", time.Unix(0, 0), []string{"a", "b"}})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := open(t, path).Metadata().RowGroups[0].Columns[0].MetaData
	data[end.DataPageOffset+end.TotalCompressedSize-1] ^= 1
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	pages := f.RowGroups()[0].ColumnChunks()[0].Pages()
	defer pages.Close()
	if _, err := pages.ReadPage(); !errors.Is(err, parquet.ErrCorrupted) {
		t.Errorf("reading a damaged page: %v, want %v", err, parquet.ErrCorrupted)
	}
}

func TestRowGroups(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.parquet")
	const n = groupRows + 10
	_, err := WriteFile(path, Columns{User: "u", Experiment: "e", Variant: "v", Time: "t"}, func(w *Writer) error {
		for i := range n {
			if err := w.Write(Row{User: fmt.Sprint(i), Experiment: "e", Variant: "v", Time: time.UnixMicro(int64(i))}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	if len(f.RowGroups()) != 2 || f.NumRows() != n || f.RowGroups()[0].NumRows() != groupRows {
		t.Errorf("%d rows in %d groups", f.NumRows(), len(f.RowGroups()))
	}
	got := texts(t, f)
	for i := range n {
		if want := fmt.Sprint(i); got[i][0] != want || got[i][3] != want {
			t.Fatalf("row %d is %v", i, got[i])
		}
	}
}

func TestSameRowsSameBytes(t *testing.T) {
	var rows []Row
	for i := range 3000 {
		rows = append(rows, Row{fmt.Sprint("user-", i*7919%3001), "e", fmt.Sprint("v", i%3), time.Unix(int64(i), 0), []string{"", fmt.Sprint(i % 5)}})
	}
	path := writeRows(t, columns, rows...)
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := WriteFile(path, columns, func(w *Writer) error {
		for _, r := range rows {
			if err := w.Write(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || changed {
		t.Errorf("writing the same again: changed %v, error %v", changed, err)
	}
	second, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("the same rows gave other bytes")
	}
}

func TestNoRows(t *testing.T) {
	if f := open(t, writeRows(t, columns)); f.NumRows() != 0 || len(f.Schema().Columns()) != 6 {
		t.Errorf("%d rows, columns %v", f.NumRows(), f.Schema().Columns())
	}
}

func TestFaults(t *testing.T) {
	good := Row{"u", "e", "v", time.Unix(0, 0), []string{"a", "b"}}
	with := func(change func(*Row)) Row {
		r := good
		change(&r)
		return r
	}
	two := columns
	two.Time = "variant"
	none := columns
	none.Segments = []string{""}
	bytesName := columns
	bytesName.User = "\xff"
	boom := errors.New("boom")
	cases := []struct {
		name    string
		columns Columns
		rows    []Row
		err     error
		want    string
	}{
		{"segments missing", columns, []Row{with(func(r *Row) { r.Segments = nil })}, nil, `row of user "u" has 0 segments, want 2`},
		{"user is not text", columns, []Row{good, with(func(r *Row) { r.User = "a\xff" })}, nil, `column user_id: "a\xff" is not UTF-8`},
		{"segment is not text", columns, []Row{with(func(r *Row) { r.Segments = []string{"a", "\xff"} })}, nil, `column country: "\xff" is not UTF-8`},
		{"column twice", two, nil, nil, `column "variant" is there twice`},
		{"column without name", none, nil, nil, "a column has no name"},
		{"column name is not text", bytesName, nil, nil, `column "\xff": the name is not UTF-8`},
		{"source fails", columns, []Row{good}, boom, "boom"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f.parquet")
			if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
				t.Fatal(err)
			}
			changed, err := WriteFile(path, c.columns, func(w *Writer) error { return errors.Join(w.Write(c.rows...), c.err) })
			if err == nil || changed || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("changed %v, error %v, want one with %q and the path", changed, err, c.want)
			}
			if c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("error %v does not wrap %v", err, c.err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 1 {
				t.Errorf("directory holds %v, error %v", entries, err)
			}
			if old, err := os.ReadFile(path); err != nil || string(old) != "old" {
				t.Errorf("the file holds %q, error %v", old, err)
			}
		})
	}
}
