package daily

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"readout/experiment"
)

// LifecyclePath returns where the lifecycle log of a state directory is.
func LifecyclePath(state string) string { return filepath.Join(state, lifecycleFile) }

// ReadLifecycle reads the lifecycle log of a state directory. One that is missing is empty
// in a new state alone: where experiments have started, they would all be Drafts again, and
// be served as such.
func ReadLifecycle(state string) (*experiment.Log, error) {
	path := LifecyclePath(state)
	log, err := experiment.ReadLog(path)
	if err != nil || len(log.Experiments()) > 0 {
		return log, err
	}
	if trace := traceOfStart(state); trace != "" {
		return nil, fmt.Errorf("%s is missing or empty, but %s: restore it from a backup, or remove all of %s to begin anew", path, trace, state)
	}
	return log, nil
}

// traceOfStart says what in a state directory only an experiment that was moved can have
// left; empty if nothing. What cannot be read is no trace: whoever needs it will say so.
func traceOfStart(state string) string {
	looks := filepath.Join(state, looksFile)
	if info, err := os.Stat(looks); err == nil && info.Size() > 0 {
		return looks + " has looks"
	}
	published, err := experiment.ReadPublished(state)
	if err != nil {
		return ""
	}
	for _, e := range published.Experiments {
		if e.Status != experiment.Draft {
			return fmt.Sprintf("%s has %s as %s", experiment.PublishedPath(state), e.Name, e.Status)
		}
	}
	return ""
}

// Advance logs the transitions that time has made by the given instant, for all
// experiments of the project, and returns them. The caller holds the lock of the state.
func Advance(p *experiment.Project, log *experiment.Log, state string, by time.Time) ([]experiment.Entry, error) {
	var due []experiment.Entry
	seen := make(map[string]bool)
	for _, e := range p.Experiments {
		seen[e.Name] = true
		due = append(due, log.State(e).Due(by)...)
	}
	// An experiment whose file has a fault goes on by what is logged.
	for _, name := range log.Experiments() {
		if state, ok := log.Recorded(name); ok && !seen[name] {
			due = append(due, state.Due(by)...)
		}
	}
	if len(due) == 0 {
		return nil, nil
	}
	return due, log.Append(LifecyclePath(state), due...)
}
