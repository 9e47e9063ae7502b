package daily

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"readout/internal/atomicfile"
	"readout/reports"
)

// correctedFile, below the state directory, says from when on scorecards are to be made again,
// since files of past days have come, changed or gone. It is there until they are: the engine
// tells it once.
const correctedFile = "corrected"

// corrected returns from when on scorecards are to be made again: as this run's engine has told, or
// as one did whose run did not come to its end. It is zero if none are.
func (r *Runner) corrected(told time.Time) (time.Time, error) {
	path := filepath.Join(r.State, correctedFile)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, fmt.Errorf("read when past days were corrected: %w", err)
	}
	// One that is damaged is no reason to stop: the file is not needed to go on.
	before, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(text)))
	if err == nil && (told.IsZero() || before.Before(told)) {
		return before, nil
	}
	if told.IsZero() {
		return time.Time{}, nil
	}
	_, err = atomicfile.WriteFile(path, []byte(told.Format(time.RFC3339Nano)+"\n"))
	return told, err
}

// uncorrect forgets what corrected has returned.
func (r *Runner) uncorrect() error {
	err := os.Remove(filepath.Join(r.State, correctedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// again adds to the days that tasks want those of the given ones that have a scorecard which rows
// after an instant may change.
func (r *Runner) again(tasks []task, all []Day, since time.Time) {
	for i := range tasks {
		t := &tasks[i]
		for _, d := range all {
			if !t.days[d.Date] && d.Through.After(since) && t.idle(d) == "" && reports.HasDay(r.State, t.experiment.Name, d.Date) {
				t.days[d.Date], t.corrected[d.Date] = true, true
			}
		}
	}
}
