package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"readout/analysis"
	"readout/internal/atomicfile"
)

// The scorecard of a day lies in its own directory,
//
//	<state>/scorecards/<experiment>/date=YYYY-MM-DD/scorecard.json, scorecard.parquet, …
//
// whose files always belong together. WriteDay fills a directory beside it, whose name
// begins with a dot, and gives it the name of the day; a day that exists is set aside
// first and removed last. A process that is killed leaves the old day or the new one; in
// the instant between the two renames the day is only set aside, where ReadDay finds it
// and from where Recover and the next WriteDay bring it back.
const (
	scorecardsDir = "scorecards"
	baseName      = "scorecard"
	datePrefix    = "date="
	newSuffix     = ".new"
	asideSuffix   = ".aside"
)

// experimentName is what may stand in a path: the characters that names of experiments
// are made of.
var experimentName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)

// dayDir returns the directory of an experiment's day below the state directory. It fails
// on an experiment whose name does not consist of letters, digits, - and _, and on a date
// that is none.
func dayDir(state, experiment, date string) (string, error) {
	if !experimentName.MatchString(experiment) {
		return "", fmt.Errorf("scorecard directory: experiment %q: want letters, digits, - and _", experiment)
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return "", fmt.Errorf("scorecard directory of %s: date %q: want YYYY-MM-DD", experiment, date)
	}
	return filepath.Join(state, scorecardsDir, experiment, datePrefix+date), nil
}

// WriteDay stores the scorecard in the directory of its day as JSON, as Parquet and in the
// given formats, in place of what is there. Either all files change or none; when all hold
// what they should already, nothing is written and changed is false.
//
// One process at a time may write to a state directory: hold its lock.
func WriteDay(state string, card analysis.Scorecard, extra ...Format) (changed bool, err error) {
	dir, err := dayDir(state, card.Experiment, card.Date)
	if err != nil {
		return false, err
	}
	files, err := dayFiles(card, extra)
	if err != nil {
		return false, fmt.Errorf("store scorecard %s: %w", dir, err)
	}
	if err := recoverDay(dir); err != nil {
		return false, fmt.Errorf("store scorecard %s: %w", dir, err)
	}
	same, err := holds(dir, files)
	if err != nil {
		return false, fmt.Errorf("store scorecard %s: %w", dir, err)
	}
	if same {
		return false, nil
	}
	if err := replaceDay(dir, files); err != nil {
		return false, fmt.Errorf("store scorecard %s: %w", dir, errors.Join(err, recoverDay(dir)))
	}
	return true, nil
}

// dayFiles returns the files of a day, JSON first.
func dayFiles(card analysis.Scorecard, extra []Format) ([]atomicfile.File, error) {
	cards := []analysis.Scorecard{card}
	// Most formats are made of it: it is made once.
	record, err := arrowRecord(cards)
	if err != nil {
		return nil, err
	}
	defer record.Release()
	var files []atomicfile.File
	for _, f := range append([]Format{jsonFormat(), parquetFormat()}, extra...) {
		name := baseName + f.Extension
		if slices.ContainsFunc(files, func(have atomicfile.File) bool { return have.Name == name }) {
			continue
		}
		var b bytes.Buffer
		if f.writeRecord != nil {
			err = f.writeRecord(&b, record)
		} else {
			err = f.Write(&b, cards)
		}
		if err != nil {
			return nil, err
		}
		files = append(files, atomicfile.File{Name: name, Data: b.Bytes()})
	}
	return files, nil
}

// holds reports whether dir holds these files with this content and no others.
func holds(dir string, files []atomicfile.File) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(entries) != len(files) {
		return false, nil
	}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if !bytes.Equal(data, f.Data) {
			return false, nil
		}
	}
	return true, nil
}

// beside returns the hidden name of a day's directory that ends in suffix.
func beside(dir, suffix string) string {
	return filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+suffix)
}

// replaceDay makes a directory of the files and gives it the name dir.
func replaceDay(dir string, files []atomicfile.File) error {
	fresh, aside := beside(dir, newSuffix), beside(dir, asideSuffix)
	if err := atomicfile.WriteDir(fresh, files...); err != nil {
		return err
	}
	if err := os.Rename(dir, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		return err
	}
	if err := atomicfile.SyncDir(filepath.Dir(dir)); err != nil {
		return err
	}
	return os.RemoveAll(aside)
}

// recoverDay finishes what a killed process has begun: an unfinished directory goes, and a
// day that was set aside comes back unless its replacement is in place.
func recoverDay(dir string) error {
	if err := os.RemoveAll(beside(dir, newSuffix)); err != nil {
		return err
	}
	aside := beside(dir, asideSuffix)
	_, err := os.Lstat(dir)
	switch {
	case err == nil:
		return os.RemoveAll(aside)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.Rename(aside, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Recover finishes, for all days below the state directory, what a killed process has
// begun. Call it while holding the lock of the state directory, before anything else reads
// the days.
func Recover(state string) error {
	root := filepath.Join(state, scorecardsDir)
	experiments, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("recover scorecards: %w", err)
	}
	for _, e := range experiments {
		if !e.IsDir() {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(root, e.Name()))
		if err != nil {
			return fmt.Errorf("recover scorecards: %w", err)
		}
		for _, entry := range entries {
			name, hidden := strings.CutPrefix(entry.Name(), ".")
			day := strings.TrimSuffix(strings.TrimSuffix(name, newSuffix), asideSuffix)
			if !hidden || day == name || !strings.HasPrefix(day, datePrefix) {
				continue
			}
			if err := recoverDay(filepath.Join(root, e.Name(), day)); err != nil {
				return fmt.Errorf("recover scorecards: %w", err)
			}
		}
	}
	return nil
}

// Days returns the dates of an experiment's stored scorecards, the earliest first.
func Days(state, experiment string) ([]string, error) {
	dir, err := dayDir(state, experiment, "2000-01-01")
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list scorecards of %s: %w", experiment, err)
	}
	var days []string
	for _, e := range entries {
		date, found := strings.CutPrefix(e.Name(), datePrefix)
		if _, err := time.Parse(time.DateOnly, date); found && err == nil && e.IsDir() {
			days = append(days, date)
		}
	}
	return days, nil
}

// HasDay reports whether the scorecard of an experiment's day is stored in the form that ReadDay
// reads, unlike one of which only tables for other programs are left. One that may not be looked
// at counts as there.
func HasDay(state, experiment, date string) bool {
	dir, err := dayDir(state, experiment, date)
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(dir, baseName+".json"))
	return err == nil || errors.Is(err, fs.ErrPermission)
}

// ReadDay reads the stored scorecard of an experiment's day. The error is fs.ErrNotExist
// when there is none.
func ReadDay(state, experiment, date string) (analysis.Scorecard, error) {
	return readDay(state, experiment, date, nil)
}

// readDay is ReadDay with stored scorecards at hand, which need not be decoded. One that
// holds a byte that is not UTF-8 is: its stored form has another character there.
func readDay(state, experiment, date string, atHand []analysis.Scorecard) (analysis.Scorecard, error) {
	dir, err := dayDir(state, experiment, date)
	if err != nil {
		return analysis.Scorecard{}, err
	}
	path := filepath.Join(dir, baseName+".json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		aside, asideErr := os.ReadFile(filepath.Join(beside(dir, asideSuffix), baseName+".json"))
		if asideErr == nil {
			data, err = aside, nil
		} else {
			// The day may have been put in place between the two reads.
			data, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return analysis.Scorecard{}, fmt.Errorf("read scorecard of %s on %s: %w", experiment, date, err)
	}
	for i := range atHand {
		if c := &atHand[i]; c.Experiment == experiment && c.Date == date && !bytes.Contains(data, []byte(escapedReplacement)) {
			return *c, nil
		}
	}
	cards, err := readJSON(bytes.NewReader(data))
	if err != nil {
		return analysis.Scorecard{}, fmt.Errorf("%s: %w", path, err)
	}
	if len(cards) != 1 || cards[0].Experiment != experiment || cards[0].Date != date {
		return analysis.Scorecard{}, fmt.Errorf("%s: want one scorecard, of %s on %s", path, experiment, date)
	}
	return cards[0], nil
}
