package daily

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"readout/internal/atomicfile"
)

// filesFile, below the state directory, says from which files of data scorecards were made.
const filesFile = "files.json"

// filesRead is what filesFile holds. It is replaced once the engine has answered, and the scorecards
// that have to be made again are in it until they are: a run that is killed at any time leaves
// them to the next.
type filesRead struct {
	// Counted is the first date of which the rows of files are counted.
	Counted string              `json:"counted"`
	Files   map[string]fileRead `json:"files"` // by table and path, with a space between
	// Again says from when on the scorecards of an experiment are to be made again.
	Again map[string]time.Time `json:"again,omitempty"`
}

// fileRead is a file as it was read.
type fileRead struct {
	Version string           `json:"version"`
	First   time.Time        `json:"first"`
	Last    time.Time        `json:"last"`
	Rows    map[string]int64 `json:"rows"` // by date
}

// readFiles returns what was read by the runs before; nil if nobody knows. One that is damaged is
// no reason to stop: the file is not needed to go on.
func readFiles(state string) (*filesRead, error) {
	path := filepath.Join(state, filesFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read which files were read: %w", err)
	}
	f := new(filesRead)
	if json.Unmarshal(text, f) != nil {
		return nil, nil
	}
	return f, nil
}

// again notes that scorecards are to be made again from an instant on, unless it is zero.
func (f *filesRead) again(experiment string, since time.Time) {
	if !since.IsZero() {
		f.Again[experiment] = since
	}
}

// tableDate is a date in one of the tables.
type tableDate struct{ table, date string }

// rows returns how many rows there are of a date.
func (f *filesRead) rows(of tableDate) (rows int64) {
	for name, file := range f.Files {
		if strings.HasPrefix(name, of.table+" ") {
			rows += file.Rows[of.date]
		}
	}
	return rows
}

// write replaces the file.
func (f *filesRead) write(state string) error {
	text, err := json.Marshal(f)
	if err == nil {
		_, err = atomicfile.WriteFile(filepath.Join(state, filesFile), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write which files were read: %w", err)
	}
	return nil
}

// filesOf returns what an answer says of files with rows from an instant on. Rows are counted from
// the first whole day on after the first instant of the question: what comes before is not told
// by days.
func filesOf(a answer, from time.Time, zone *time.Location) *filesRead {
	counted := a.looks[0]
	for _, t := range a.readAt {
		counted = earlier(counted, t)
	}
	first := DayOf(counted, zone)
	if first.Start.Before(counted) {
		first = first.Next(zone)
	}
	f := &filesRead{Counted: first.Date, Files: make(map[string]fileRead), Again: make(map[string]time.Time)}
	for _, file := range a.result.Files {
		if file.Last.Before(from) {
			continue
		}
		rows := make(map[string]int64)
		for _, r := range file.Rows {
			if d := DayOf(r.Before.Add(-1), zone); d.Date >= f.Counted {
				rows[d.Date] += r.Rows
			}
		}
		f.Files[file.Table+" "+file.Path] = fileRead{file.Version, file.First, file.Last, rows}
	}
	return f
}
