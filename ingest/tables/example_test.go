package tables_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/parquet-go/parquet-go"

	"readout/ingest/tables"
)

// The rows of a folder of files, in which the variant is the name of a folder. Users come out as
// hashes of their ids' text, and names as numbers: their places in the list, or OtherCode.
func ExampleOpen() {
	type row struct {
		User int64     `parquet:"uid"`
		Time time.Time `parquet:"shown,timestamp(millisecond)"`
	}
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	noon := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	for i, variant := range []string{"big", "control"} {
		folder := filepath.Join(dir, "exposures", "variant="+variant)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			fmt.Println(err)
			return
		}
		rows := []row{{User: int64(i + 1), Time: noon.Add(time.Duration(i) * time.Hour)}}
		if err := parquet.WriteFile(filepath.Join(folder, "part-0.parquet"), rows); err != nil {
			fmt.Println(err)
			return
		}
	}

	ctx := context.Background()
	store := tables.LocalStore{Dir: dir}
	files, err := store.List(ctx, "exposures")
	if err != nil {
		fmt.Println(err)
		return
	}
	names := []string{"control", "big"}
	spec := &tables.Spec{
		Table: "exposures", User: "uid", Time: "shown", Location: time.UTC, Seed: 7,
		Text: []tables.TextColumn{{Name: "variant", Codes: tables.NewFixedNames(names)}},
	}
	for _, f := range files {
		open, err := tables.Open(ctx, store, f, spec)
		if err != nil {
			fmt.Println(err)
			return
		}
		for group := range open.RowGroups() {
			var b tables.Batch
			rows := open.Rows(group)
			for more, err := rows.Next(&b); more || err != nil; more, err = rows.Next(&b) {
				if err != nil {
					fmt.Println(err)
					return
				}
				for i := range b.N {
					// An id is the same as a number and as text.
					first := b.User[i] == tables.HashID([]byte("1"), spec.Seed)
					fmt.Println(time.UnixMicro(b.Time[i]).UTC().Format(time.RFC3339), names[b.Text[0][i]], first)
				}
			}
			rows.Close()
		}
		open.Close()
	}

	// What a file cannot give is said with what it has.
	spec = &tables.Spec{Table: "exposures", User: "user", Time: "shown", Location: time.UTC}
	_, err = tables.Open(ctx, store, files[0], spec)
	fmt.Println(err)
	// Output:
	// 2026-01-05T12:00:00Z big true
	// 2026-01-05T13:00:00Z control false
	// read exposures exposures/variant=big/part-0.parquet: column "user": missing, the file has uid, shown
}
