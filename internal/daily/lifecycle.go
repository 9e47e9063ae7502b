package daily

import (
	"fmt"
	"os"
	"path/filepath"

	"readout/experiment"
)

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
