package benchdata

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/snappy"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"readout/internal/parallel"
)

// Files are laid out much as pyarrow does: a row group holds up to rowGroupRows, pages are of
// pageBytes, and every column begins with a dictionary, which it gives up for plain values
// after the page in which that has reached dictionaryBytes. User ids and times do so early.
const (
	rowGroupRows    = 1 << 20
	pageBytes       = 1 << 20
	dictionaryBytes = 1 << 20
)

// done marks a directory that is complete; what it says must change with what is written.
const (
	done    = "_SUCCESS"
	version = "benchdata 1\n"
)

// Write writes exposures/ and conversions/ under dir, with one folder per day. It returns
// at once where dir holds them already. A directory appears whole or not at all.
func Write(ctx context.Context, dir string, size Size, format Format) error {
	if text, err := os.ReadFile(filepath.Join(dir, done)); err == nil && string(text) == version {
		return nil
	}
	partial := dir + ".partial"
	if err := errors.Join(os.RemoveAll(dir), os.RemoveAll(partial)); err != nil {
		return err
	}
	if err := writeDays(ctx, partial, size, format); err != nil {
		return errors.Join(fmt.Errorf("write benchmark data: %w", err), os.RemoveAll(partial))
	}
	if err := os.WriteFile(filepath.Join(partial, done), []byte(version), 0o644); err != nil {
		return err
	}
	return os.Rename(partial, dir)
}

// writeDays writes the files of all days, one processor a file.
func writeDays(ctx context.Context, dir string, size Size, format Format) error {
	type file struct {
		table string
		day   int
	}
	var files []file
	for day := range Days {
		if day >= LeadDays {
			files = append(files, file{"exposures", day})
		}
		files = append(files, file{"conversions", day})
	}
	failed := parallel.Each(len(files), func(i int) error {
		if ctx.Err() != nil {
			return nil
		}
		path := filepath.Join(dir, files[i].table, Folder(files[i].day), "part-0.parquet")
		if format == Int64 {
			return writeDay(path, files[i].table, files[i].day, size, format, numberID)
		}
		return writeDay(path, files[i].table, files[i].day, size, format, textID)
	})
	return errors.Join(ctx.Err(), errors.Join(failed...))
}

// Folder returns the name of a day's folder.
func Folder(day int) string { return "date=" + First().AddDate(0, 0, day).Format(time.DateOnly) }

// exposureRow and conversionRow are the columns of the two tables; what is zero is null.
type exposureRow[ID any] struct {
	User       ID     `parquet:"user_id,optional,dict"`
	Experiment string `parquet:"experiment,optional,dict"`
	Variant    string `parquet:"variant,optional,dict"`
	Time       int64  `parquet:"timestamp,optional,dict,timestamp(microsecond)"`
}

type conversionRow[ID any] struct {
	User  ID      `parquet:"user_id,optional,dict"`
	Event string  `parquet:"event,optional,dict"`
	Time  int64   `parquet:"timestamp,optional,dict,timestamp(microsecond)"`
	Value float64 `parquet:"value,optional,dict"`
}

// writeDay writes the rows of a table that arrive on a day.
func writeDay[ID any](path, table string, day int, size Size, format Format, id func(user int) ID) error {
	if table == "conversions" {
		return writeFile(path, format, func(put func(conversionRow[ID])) {
			conversionsOn(day, size, func(c conversion) {
				row := conversionRow[ID]{Event: c.event, Time: instant(c.time), Value: c.value}
				if c.user != null {
					row.User = id(c.user)
				}
				put(row)
			})
		})
	}
	return writeFile(path, format, func(put func(exposureRow[ID])) {
		for _, e := range exposuresOn(day, size) {
			row := exposureRow[ID]{Experiment: Experiment(int(e.experiment)), Time: instant(e.time)}
			if e.user != null {
				row.User = id(int(e.user))
			}
			if e.arm != null {
				row.Variant = Variants(int(e.experiment))[e.arm]
			}
			put(row)
		}
	})
}

// instant returns a time of a row as it stands in a file.
func instant(time int64) int64 {
	if time == null {
		return 0
	}
	return First().UnixMicro() + time
}

// writeFile writes the rows that rows puts.
func writeFile[Row any](path string, format Format, rows func(put func(Row))) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	var codec compress.Codec = &snappy.Codec{}
	if format == Zstd {
		codec = &zstd.Codec{}
	}
	w := parquet.NewGenericWriter[Row](f, parquet.Compression(codec), parquet.DataPageVersion(1),
		parquet.MaxRowsPerRowGroup(rowGroupRows), parquet.PageBufferSize(pageBytes), parquet.DictionaryMaxBytes(dictionaryBytes))
	batch := make([]Row, 0, 4096)
	var failed error
	flush := func() {
		if failed == nil {
			_, failed = w.Write(batch)
		}
		batch = batch[:0]
	}
	rows(func(row Row) {
		if batch = append(batch, row); len(batch) == cap(batch) {
			flush()
		}
	})
	flush()
	return errors.Join(failed, w.Close(), f.Close())
}
