package exposure_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/parquet-go/parquet-go"

	"readout/internal/exposure"
)

// A file of two exposures with one segment column, and how another program reads it.
func ExampleWriteFile() {
	dir, err := os.MkdirTemp("", "exposures")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "date=2026-01-05", "part-0.parquet")
	columns := exposure.Columns{User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp", Segments: []string{"country"}}
	noon := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	write := func(w *exposure.Writer) error {
		return w.Write(
			exposure.Row{User: "u-1", Experiment: "checkout-button", Variant: "big", Time: noon, Segments: []string{"de"}},
			exposure.Row{User: "u-2", Experiment: "checkout-button", Variant: "control", Time: noon.Add(time.Second), Segments: []string{""}},
		)
	}
	for range 2 {
		changed, err := exposure.WriteFile(path, columns, write)
		fmt.Println(changed, err)
	}

	type row struct {
		User       string    `parquet:"user_id"`
		Experiment string    `parquet:"experiment"`
		Variant    string    `parquet:"variant"`
		Time       time.Time `parquet:"timestamp,timestamp(microsecond)"`
		Country    *string   `parquet:"country,optional"`
	}
	rows, err := parquet.ReadFile[row](path)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range rows {
		fmt.Println(r.User, r.Experiment, r.Variant, r.Time.UTC().Format(time.TimeOnly), r.Country != nil)
	}
	// Output:
	// true <nil>
	// false <nil>
	// u-1 checkout-button big 12:00:00 true
	// u-2 checkout-button control 12:00:01 false
}
