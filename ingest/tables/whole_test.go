package tables

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// tableRow has a column of every kind, with nulls.
type tableRow struct {
	Name   *string    `parquet:"name,dict"`
	Number *int32     `parquet:"number"`
	Whole  int64      `parquet:"whole"`
	Date   int32      `parquet:"date,date"`
	At     *time.Time `parquet:"at,timestamp(millisecond)"`
}

// tableOf returns a file with a row group per slice of rows.
func tableOf(t *testing.T, groups ...[]tableRow) []byte {
	t.Helper()
	var file bytes.Buffer
	w := parquet.NewGenericWriter[tableRow](&file)
	for _, rows := range groups {
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func readWhole(file []byte, maxRows int, columns ...Column) (*Whole, error) {
	return ReadWhole(bytes.NewReader(file), int64(len(file)), "things", "f.parquet", columns, time.UTC, maxRows)
}

func TestReadWhole(t *testing.T) {
	name, number, at := "x", int32(-7), time.Date(2026, 1, 5, 1, 2, 3, 4_000_000, time.UTC)
	file := tableOf(t,
		[]tableRow{{&name, &number, 1, 20458, &at}, {nil, nil, 2, 0, nil}},
		[]tableRow{{&name, nil, 3, 0, &at}},
	)
	table, err := readWhole(file, 3,
		Column{Name: "name"}, Column{Name: "number", Kind: Number},
		Column{Name: "whole", Kind: TextOrTime}, Column{Name: "date", Kind: TextOrTime},
		Column{Name: "at", Kind: TextOrTime}, Column{Name: "other", Optional: true},
	)
	if err != nil {
		t.Fatal(err)
	}
	type cell struct {
		Text   string
		Number float64
		Time   time.Time
		OK     [3]bool
	}
	rows := make([][]cell, table.Rows)
	for i := range rows {
		for _, column := range []string{"name", "number", "whole", "date", "at", "other"} {
			var c cell
			c.Text, c.OK[0] = table.Text(column, i)
			c.Number, c.OK[1] = table.Number(column, i)
			c.Time, c.OK[2] = table.Time(column, i)
			rows[i] = append(rows[i], c)
		}
	}
	text := func(s string) cell { return cell{Text: s, OK: [3]bool{true, false, false}} }
	instant := cell{Time: at, OK: [3]bool{false, false, true}}
	want := [][]cell{
		{text("x"), {Number: -7, OK: [3]bool{false, true, false}}, text("1"), text("2026-01-05"), instant, {}},
		{{}, {}, text("2"), text("1970-01-01"), {}, {}},
		{text("x"), {}, text("3"), text("1970-01-01"), instant, {}},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if !table.Has("name") || table.Has("other") {
		t.Errorf("has name %v, other %v", table.Has("name"), table.Has("other"))
	}
}

func TestReadWholeFaults(t *testing.T) {
	file := tableOf(t, make([]tableRow, 2))
	for _, c := range []struct {
		name    string
		file    []byte
		maxRows int
		column  Column
		want    string
	}{
		{"rows", file, 1, Column{Name: "name"}, "read things f.parquet: it has 2 rows, more than 1"},
		{"missing", file, 2, Column{Name: "names"}, `read things f.parquet: column "names": missing, did you mean "name"?`},
		{"date for a number", file, 2, Column{Name: "date", Kind: Number}, `read things f.parquet: column "date": found date, want a number`},
		{"time for a text", file, 2, Column{Name: "at"}, `read things f.parquet: column "at": found timestamp in units of 1ms, want a string`},
		{"no file", nil, 2, Column{Name: "at"}, "read things f.parquet: the file is empty (0 bytes)"},
	} {
		if _, err := readWhole(c.file, c.maxRows, c.column); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %s", c.name, err, c.want)
		}
	}
}

// TestReadWholeDamage holds that no damaged byte makes a panic.
func TestReadWholeDamage(t *testing.T) {
	name, at := "some name", time.Unix(0, 0)
	file := tableOf(t, []tableRow{{&name, nil, 1, 2, &at}, {nil, nil, 1, 2, &at}})
	for i := range file {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			damaged := bytes.Clone(file)
			damaged[i] ^= flip
			_, _ = readWhole(damaged, 1000, Column{Name: "name"}, Column{Name: "number", Kind: Number},
				Column{Name: "whole", Kind: Number}, Column{Name: "at", Kind: TextOrTime})
		}
	}
}
