package exposurelog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"readout/decision"
	"readout/internal/exposure"
)

// Defaults of a log.
const (
	DefaultRows  = 100_000
	DefaultEvery = 5 * time.Minute
)

// A Log writes the exposures of a store.
type Log struct {
	Store decision.Store
	// Target is asked before every batch where and in which form exposures are written now.
	Target func() (Target, error)
	// Rows is how many exposures a file has at most, and how many queued ones are written
	// before the time has come. 0 means DefaultRows.
	Rows int

	// went says that the batch before was written and done, so that no earlier try of the next
	// one can have left anything behind.
	went bool
}

// A Target is a folder of exposures.
type Target struct {
	Dir     string
	Columns exposure.Columns
	// Location is the zone of the dates in folder names.
	Location *time.Location
}

// Flush writes everything that is queued when it begins, and returns the number of rows and of
// files. What is queued meanwhile is left to the next one: under steady load there would be no
// end of small files. It is for one goroutine.
func (l *Log) Flush(ctx context.Context) (rows, files int, err error) {
	queued, err := l.Store.Queued(ctx)
	if err != nil {
		return 0, 0, err
	}
	for rows < queued {
		target, err := l.Target()
		if err != nil {
			return rows, files, fmt.Errorf("exposures stay queued: %w", err)
		}
		name, batch, err := l.Store.Batch(ctx, cmp.Or(l.Rows, DefaultRows))
		if err != nil || name == "" {
			return rows, files, err
		}
		again := !l.went
		l.went = false
		n, err := target.write(name, batch, again)
		if err != nil {
			return rows, files, fmt.Errorf("exposures stay queued: %w", err)
		}
		if err := l.Store.Done(ctx, name); err != nil {
			return rows, files, err
		}
		l.went = true
		rows, files = rows+len(batch), files+n
	}
	return rows, files, nil
}

// write writes a batch, a file per date. Again says that it may have been tried before.
func (t Target) write(name string, batch []decision.Exposure, again bool) (files int, err error) {
	if part := partName(name); filepath.Base(part) != part {
		// Others may write to a store that is shared.
		return 0, fmt.Errorf("the batch has the name %q, which is none that a store gives", name)
	}
	dates := make(map[string][]exposure.Row)
	for i := range batch {
		folder := "date=" + batch[i].Time.In(t.Location).Format(time.DateOnly)
		dates[folder] = append(dates[folder], t.row(&batch[i]))
	}
	if again {
		if err := t.clean(name, dates); err != nil {
			return 0, err
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(dates)) {
		path := filepath.Join(t.Dir, folder, partName(name))
		_, err := exposure.WriteFile(path, t.Columns, func(w *exposure.Writer) error {
			return w.Write(dates[folder]...)
		})
		if err != nil {
			return files, err
		}
		files++
	}
	return files, nil
}

func partName(batch string) string { return "part-" + batch + ".parquet" }

// clean removes what an earlier try to write the batch left behind that this one does not
// write over: unfinished files, and files of other dates when the time zone has changed.
func (t Target) clean(batch string, dates map[string][]exposure.Row) error {
	part := partName(batch)
	folders, err := os.ReadDir(t.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, folder := range folders {
		if !folder.IsDir() || !strings.HasPrefix(folder.Name(), "date=") {
			continue
		}
		dir := filepath.Join(t.Dir, folder.Name())
		files, readErr := os.ReadDir(dir)
		err = errors.Join(err, readErr)
		for _, file := range files {
			_, current := dates[folder.Name()]
			if strings.HasPrefix(file.Name(), "."+part+".") || file.Name() == part && !current {
				err = errors.Join(err, os.Remove(filepath.Join(dir, file.Name())))
			}
		}
	}
	return err
}

// row returns the row of an exposure with the columns that there are now. Segments that were
// not published when it was made are null. Texts that a profile has and that are not UTF-8
// must not keep the rest in the queue.
func (t Target) row(e *decision.Exposure) exposure.Row {
	row := e.Row
	row.Segments = make([]string, len(t.Columns.Segments))
	for i, name := range t.Columns.Segments {
		if j := slices.Index(e.Columns, name); j >= 0 {
			row.Segments[i] = strings.ToValidUTF8(e.Segments[j], "\uFFFD")
		}
	}
	return row
}
