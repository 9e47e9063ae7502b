package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"readout/internal/atomicfile"
)

// maxLogLine is the longest line that a lifecycle log may hold, in bytes.
const maxLogLine = 1 << 20

// An Entry is one line of the lifecycle log: a transition, or another fact,
// with the status before and after.
type Entry struct {
	Experiment string     `json:"experiment"`
	At         time.Time  `json:"at"` // instant of the fact, UTC; of a transition by time the scheduled one
	Action     Action     `json:"action"`
	From       Status     `json:"from"`
	To         Status     `json:"to"`
	Start      *time.Time `json:"start,omitempty"`   // with schedule and start
	End        *time.Time `json:"end,omitempty"`     // with schedule, start, stop and extend
	Variant    string     `json:"variant,omitempty"` // with stop-variant and decide
	// With schedule, start and publish: what the YAML says, as far as it is compared later.
	Definition *Definition `json:"definition,omitempty"`
	// With publish: the fields that differ from those recorded before.
	Changed []string `json:"changed,omitempty"`
	Why     string   `json:"why,omitempty"`
	By      string   `json:"by"`
}

// A Log is the lifecycle log of a project. The zero value is an empty one.
type Log struct {
	entries []Entry
	states  map[string]State
}

// ReadLog reads a lifecycle log. A log that does not exist is empty, and a
// last line without a newline is ignored: a crash cut it before it counted.
// Any other fault is an [Error] with file and line.
func ReadLog(path string) (*Log, error) {
	data, err := atomicfile.ReadLines(path)
	if err != nil {
		return nil, fmt.Errorf("read lifecycle log: %w", err)
	}
	return ParseLog(path, data)
}

// ParseLog is ReadLog for bytes. The name is used in errors.
func ParseLog(name string, data []byte) (*Log, error) {
	log := &Log{states: make(map[string]State)}
	for line := 1; ; line++ {
		text, rest, complete := bytes.Cut(data, []byte("\n"))
		if !complete {
			return log, nil
		}
		data = rest
		entry, err := parseEntry(text)
		if err == nil {
			err = log.add(entry)
		}
		if err != nil {
			return nil, Error{File: name, Line: line, Message: err.Error()}
		}
	}
}

// parseEntry reads one line.
func parseEntry(line []byte) (Entry, error) {
	if len(line) > maxLogLine {
		return Entry{}, fmt.Errorf("line of %d bytes, at most %d are allowed", len(line), maxLogLine)
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	var entry Entry
	if err := decoder.Decode(&entry); err != nil {
		return Entry{}, fmt.Errorf("not an entry of the lifecycle log: %w", err)
	}
	if len(bytes.TrimSpace(line[decoder.InputOffset():])) > 0 {
		return Entry{}, errors.New("not an entry of the lifecycle log: text after the entry")
	}
	if err := CheckName(entry.Experiment); err != nil {
		return Entry{}, fmt.Errorf("experiment %q: %w", clip(entry.Experiment), err)
	}
	return entry, nil
}

// add appends an entry in memory, if it is legal.
func (l *Log) add(entry Entry) error {
	state, err := l.recorded(entry.Experiment).apply(entry)
	if err != nil {
		return err
	}
	l.entries = append(l.entries, entry)
	l.states[entry.Experiment] = state
	return nil
}

// recorded returns the state of an experiment by the log alone.
func (l *Log) recorded(name string) State {
	if state, ok := l.states[name]; ok {
		return state
	}
	return State{Experiment: name, Status: Draft}
}

// Recorded returns the state of an experiment by the log alone, and false when
// the log does not know it.
func (l *Log) Recorded(name string) (State, bool) {
	state, ok := l.states[name]
	return state, ok
}

// State returns the state of an experiment. A Draft has the schedule of its
// YAML, all others the one in the log.
func (l *Log) State(e *Experiment) State {
	state := l.recorded(e.Name)
	if state.Status == Draft {
		state.Start, state.End, state.FirstEnd = e.Schedule.Start, e.Schedule.End, e.Schedule.End
	}
	return state
}

// Entries returns the entries of one experiment in the order of the log.
func (l *Log) Entries(experiment string) []Entry {
	var entries []Entry
	for _, entry := range l.entries {
		if entry.Experiment == experiment {
			entries = append(entries, entry)
		}
	}
	return entries
}

// Experiments returns the names of all experiments in the log, sorted.
func (l *Log) Experiments() []string {
	return sortedKeys(l.states)
}

// Append writes entries to the log at path, durably, and then holds them in
// memory too. It refuses all of them when one is not legal. The caller holds
// the lock of the state directory.
func (l *Log) Append(path string, entries ...Entry) error {
	next := &Log{entries: slices.Clone(l.entries), states: make(map[string]State, len(l.states))}
	maps.Copy(next.states, l.states)
	var lines [][]byte
	for _, entry := range entries {
		line, err := json.Marshal(entry)
		if err != nil {
			return fmt.Errorf("append to lifecycle log: %w", err)
		}
		if len(line) > maxLogLine {
			return fmt.Errorf("append to lifecycle log: entry of %d bytes, at most %d are allowed", len(line), maxLogLine)
		}
		if err := next.add(entry); err != nil {
			return fmt.Errorf("append to lifecycle log: %w", err)
		}
		lines = append(lines, line)
	}
	if err := atomicfile.AppendLines(path, lines...); err != nil {
		return err
	}
	*l = *next
	return nil
}
