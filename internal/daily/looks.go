package daily

import (
	"bytes"
	"encoding/json"
	"fmt"

	"readout/analysis"
	"readout/internal/atomicfile"
)

// looksLog is the append-only log of looks.
type looksLog struct {
	path  string
	looks map[string][]analysis.Look
}

// readLooks reads the looks log; one that does not exist is empty.
func readLooks(path string) (*looksLog, error) {
	data, err := atomicfile.ReadLines(path)
	if err != nil {
		return nil, fmt.Errorf("read looks log: %w", err)
	}
	log := &looksLog{path: path, looks: make(map[string][]analysis.Look)}
	for n := 1; len(data) > 0; n++ {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		var l analysis.Look
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l); err != nil {
			return nil, fmt.Errorf("%s:%d: not a look: %w", path, n, err)
		}
		if err := l.Check(); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		log.looks[l.Experiment] = append(log.looks[l.Experiment], l)
	}
	return log, nil
}

// of returns the looks of one experiment.
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
	}
	return nil
}
