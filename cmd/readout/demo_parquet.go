package main

import (
	"cmp"
	"io"
	"path/filepath"
	"slices"

	"github.com/parquet-go/parquet-go"

	"readout/internal/atomicfile"
	"readout/internal/exposure"
)

// sort puts the rows of each day in order of time.
func (s *demoShop) sort() {
	for _, rows := range s.exposures {
		slices.SortStableFunc(rows, func(a, b exposure.Row) int { return a.Time.Compare(b.Time) })
	}
	for _, rows := range s.conversions {
		slices.SortStableFunc(rows, func(a, b demoConversion) int { return cmp.Compare(a.Time, b.Time) })
	}
}

// write writes one file per table and day. Days before the first exposure have none.
func (s *demoShop) write(dir string) error {
	columns := exposure.Columns{
		User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp",
		Segments: []string{"country", "device"},
	}
	for day := range s.days() {
		if rows := s.exposures[day]; len(rows) > 0 {
			_, err := exposure.WriteFile(s.part(dir, "exposures", day), columns, func(w *exposure.Writer) error {
				return w.Write(rows...)
			})
			if err != nil {
				return err
			}
		}
		if err := writeConversions(s.part(dir, "conversions", day), s.conversions[day]); err != nil {
			return err
		}
	}
	return nil
}

// part returns the path of a day's file.
func (s *demoShop) part(dir, table string, day int) string {
	date := s.history.AddDate(0, 0, day).Format("2006-01-02")
	return filepath.Join(dir, table, "date="+date, "part-0.parquet")
}

// writeConversions writes a file of conversions.
func writeConversions(path string, rows []demoConversion) error {
	_, err := atomicfile.Replace(path, func(out io.Writer) error {
		w := parquet.NewGenericWriter[demoConversion](out, &parquet.WriterConfig{
			CreatedBy: "readout demo", Compression: &parquet.Zstd, DataPageVersion: 1,
		})
		if _, err := w.Write(rows); err != nil {
			return err
		}
		return w.Close()
	})
	return err
}
