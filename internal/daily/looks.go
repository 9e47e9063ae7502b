package daily

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/atomicfile"
	"readout/internal/parallel"
	"readout/reports"
)

// looksLog is the append-only log of looks, as far as some experiments are concerned.
type looksLog struct {
	path  string
	looks map[string][]analysis.Look
	// last is the experiment of the last look.
	last string
}

// readLooks reads the looks of some experiments from the log; one that does not exist is empty.
//
// The log keeps the looks of all experiments that there ever were, and a run is about those that
// are under way: the lines of others are passed over, so that neither time nor memory grows with
// all that was ever decided.
func readLooks(path string, experiments []string) (*looksLog, error) {
	log := &looksLog{path: path, looks: make(map[string][]analysis.Look)}
	wanted := make(map[string]bool)
	for _, name := range experiments {
		wanted[name] = true
	}
	var lines []lookLine
	number := 0
	err := atomicfile.EachLine(path, func(text []byte) error {
		number++
		name, err := experimentOf(text)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", path, number, err)
		}
		if wanted[string(name)] {
			lines = append(lines, lookLine{number: number, text: bytes.Clone(text)})
		}
		if string(name) != log.last {
			log.last = string(name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, err := range parallel.Each(len(lines), func(i int) error { return decodeLook(lines[i].text, &lines[i].look) }) {
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, lines[i].number, err)
		}
	}
	made := make(map[looksOf]int)
	for i := range lines {
		l := &lines[i].look
		of := looksOf{l.Experiment, l.Metric, l.Variant, l.Config}
		if made[of]++; l.Number != made[of] {
			return nil, fmt.Errorf("%s:%d: look %d of experiment %s, metric %s, variant %s, where look %d should be: lines are missing or were moved: restore the log from a backup",
				path, lines[i].number, l.Number, l.Experiment, l.Metric, l.Variant, made[of])
		}
		log.looks[l.Experiment] = append(log.looks[l.Experiment], *l)
	}
	return log, nil
}

// lookLine is a line of the log.
type lookLine struct {
	number int
	text   []byte
	look   analysis.Look
}

// experimentOf returns the experiment of a line of the log. Lines are as [looksLog.append] writes
// them, with the experiment first; others, such as somebody's who edited the log, are decoded.
func experimentOf(line []byte) ([]byte, error) {
	if rest, ok := bytes.CutPrefix(line, []byte(`{"experiment":"`)); ok && bytes.HasSuffix(line, []byte("}")) {
		if name, _, ok := bytes.Cut(rest, []byte(`"`)); ok && !bytes.ContainsRune(name, '\\') {
			return name, nil
		}
	}
	var l analysis.Look
	if err := decodeLook(line, &l); err != nil {
		return nil, err
	}
	return []byte(l.Experiment), nil
}

// looksOf names the looks that are numbered together: those of a comparison by one definition of
// its test.
type looksOf struct{ experiment, metric, variant, config string }

// decodeLook reads a line of the log.
func decodeLook(line []byte, l *analysis.Look) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(l); err != nil {
		return fmt.Errorf("not a look: %w", err)
	}
	if len(bytes.TrimSpace(line[decoder.InputOffset():])) > 0 {
		return errors.New("not a look: text after the look")
	}
	return l.Check()
}

// check fails where a scorecard counts looks of an experiment that the log has not. Forgotten
// looks would be made again, and what they spent be spent twice. A scorecard that cannot be
// read is no witness. A log with looks of its day or later needs none: what is missing before
// others is seen by their numbers, so that only the experiment of the last look may have lost some
// of its looks of a day and kept others.
func (l *looksLog) check(state, name string) error {
	stored, err := reports.Days(state, name)
	if err != nil || len(stored) == 0 {
		return err
	}
	date := stored[len(stored)-1]
	if name != l.last && slices.ContainsFunc(l.of(name), func(look analysis.Look) bool { return look.Date >= date }) {
		return nil
	}
	card, err := reports.ReadDay(state, name, date)
	if err != nil {
		return nil
	}
	type comparison struct{ metric, variant string }
	logged := make(map[comparison]int)
	for _, look := range l.of(name) {
		at := comparison{look.Metric, look.Variant}
		logged[at] = max(logged[at], look.Number)
	}
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			if n := logged[comparison{m.Name, c.Variant}]; n < c.Look {
				return fmt.Errorf("%s has %d of the %d looks that the scorecard of %s on %s counts for metric %s, variant %s: "+
					"restore the log from a backup, or remove the scorecards of %s too to have its looks made anew",
					l.path, n, c.Look, name, date, m.Name, c.Variant, name)
			}
		}
	}
	return nil
}

// checkZone fails where looks of an experiment were made at the ends of other days than those of
// the zone: with days that begin at another hour its test would go on as another one.
func (l *looksLog) checkZone(name string, zone *time.Location) error {
	for _, look := range l.of(name) {
		if d := DayOf(look.At.Add(-1), zone); d.Date != look.Date || !d.Through.Equal(look.At) {
			return experiment.Errors{{File: "readout.yaml", Message: fmt.Sprintf(
				"timezone %s: %s was tested at the ends of days of another zone, such as %s at %s: put that zone back until no experiment of it is under way",
				zone, name, look.Date, look.At.Format(time.RFC3339))}}
		}
	}
	return nil
}

// of returns the looks of one of the experiments.
func (l *looksLog) of(name string) []analysis.Look { return l.looks[name] }

// append adds looks, durably.
func (l *looksLog) append(looks []analysis.Look) error {
	lines := make([][]byte, len(looks))
	for i, look := range looks {
		line, err := json.Marshal(look)
		if err != nil {
			return fmt.Errorf("append to looks log: %w", err)
		}
		lines[i] = line
	}
	if err := atomicfile.AppendLines(l.path, lines...); err != nil {
		return err
	}
	for _, look := range looks {
		l.looks[look.Experiment] = append(l.looks[look.Experiment], look)
		l.last = look.Experiment
	}
	return nil
}
