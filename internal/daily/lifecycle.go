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
// be served as such. So would those of an old backup be as they were, which is why what was
// published must be in the log.
func ReadLifecycle(state string) (*experiment.Log, error) {
	path := LifecyclePath(state)
	// Before the log, which another process may be about to append to and to publish. What cannot
	// be read is no witness: whoever needs it will say so.
	published, err := experiment.ReadPublished(state)
	if err != nil {
		published = &experiment.Published{}
	}
	log, err := experiment.ReadLog(path)
	if err != nil {
		return nil, err
	}
	if len(log.Experiments()) == 0 {
		if trace := traceOfStart(state, published); trace != "" {
			return nil, fmt.Errorf("%s is missing or empty, but %s: restore it from a backup, or remove all of %s to begin anew", path, trace, state)
		}
		return log, nil
	}
	for i := range published.Experiments {
		if lost := lostOf(log, &published.Experiments[i]); lost != "" {
			return nil, fmt.Errorf("%s lacks entries: %s has %s as %s: restore a newer backup of it, or remove %[2]s where the log is right",
				path, experiment.PublishedPath(state), published.Experiments[i].Name, lost)
		}
	}
	return log, nil
}

// traceOfStart says what in a state directory only an experiment that was moved can have
// left; empty if nothing.
func traceOfStart(state string, published *experiment.Published) string {
	looks := filepath.Join(state, looksFile)
	if info, err := os.Stat(looks); err == nil && info.Size() > 0 {
		return looks + " has looks"
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
	if err := log.Append(LifecyclePath(state), due...); err != nil {
		return nil, err
	}
	return due, nil
}

// lostOf says what was published of an experiment by an entry that the log has not; empty if
// nothing. Entries come before what they publish, and are never taken back.
func lostOf(log *experiment.Log, e *experiment.PublishedExperiment) string {
	s, known := log.Recorded(e.Name)
	switch {
	case e.Status != experiment.Draft && !known:
		return string(e.Status)
	case e.Archived && !s.Archived:
		return "archived"
	case e.Decision != nil && s.Decision == nil:
		return "decided for " + e.Decision.Variant
	case len(e.Stopped) > len(s.Stopped):
		return "without " + e.Stopped[len(e.Stopped)-1].Variant + ", which was stopped"
	}
	return ""
}
