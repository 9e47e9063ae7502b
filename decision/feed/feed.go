package feed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"readout/decision"
	"readout/decision/profiles"
	"readout/experiment"
	"readout/internal/atomicfile"
)

// DefaultPoll is how often the published state is looked at when no watch says that it has
// changed, which network file systems never do.
const DefaultPoll = 5 * time.Second

// A watch waits for more changes until none has come for settle, and at most for settleMost.
const (
	settle     = 50 * time.Millisecond
	settleMost = time.Second
)

// A Feed has the latest good snapshot of a state directory.
type Feed struct {
	// State is the state directory that the batch job publishes to.
	State string
	// Keep is the file in which what is served is kept for the next start; empty for none.
	Keep string
	// Report is told of every load that changed something or failed, one after the other.
	Report func(Event)

	snapshot atomic.Pointer[decision.Snapshot]
	mu       sync.Mutex
	begun    bool
	checksum string // of the published state in the snapshot
	table    *profiles.Table
	tableSum string // of the profiles in the snapshot, empty for none
	failed   string // what failed last, so that it is reported once
}

// An Event is what a load came to.
type Event struct {
	Checksum    string
	Experiments int
	Users       int // with a profile
	// Kept says that the state comes from the copy of what was served before, or that this copy
	// was not taken.
	Kept bool
	// Faults are what is not served, or as before; Left are columns of the profiles that are
	// no attributes.
	Faults []error
	Left   []string
	// Err is why the state was not taken, and Served that what was there before goes on.
	Err    error
	Served bool
	// Watch is why changes are not told of by the file system; they are seen at the next poll.
	Watch error
}

// Snapshot returns the latest good snapshot, nil before the first one.
func (f *Feed) Snapshot() *decision.Snapshot { return f.snapshot.Load() }

// Load takes the published state if it has changed. The first time it begins with the copy of
// what was served before, which stays if there is nothing better.
func (f *Feed) Load() {
	f.mu.Lock()
	defer f.mu.Unlock()
	var kept *Event
	var keptErr error
	if !f.begun {
		f.begun = true
		kept, keptErr = f.restore()
	}
	failed := f.failed
	p, err := experiment.ReadPublished(f.State)
	if err == nil {
		if p.Checksum == f.checksum && profilesOf(p) == f.tableSum && failed == "" && kept == nil {
			return
		}
		var event Event
		f.failed = ""
		if event, err = f.take(p); err == nil {
			f.keep(&event)
			f.report(event)
			return
		}
	}
	if kept != nil {
		f.report(*kept)
	}
	if keptErr != nil {
		f.report(Event{Kept: true, Err: keptErr})
	}
	if f.failed = err.Error(); f.failed != failed {
		f.report(Event{Err: err, Served: f.Snapshot() != nil})
	}
}

// restore serves what was served before the program began; nil if that was not kept.
func (f *Feed) restore() (*Event, error) {
	if f.Keep == "" {
		return nil, nil
	}
	data, err := os.ReadFile(f.Keep)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := experiment.ParsePublished(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Keep, err)
	}
	event, err := f.take(p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Keep, err)
	}
	event.Kept = true
	return &event, nil
}

// profilesOf returns the checksum of the profiles that a published state names.
func profilesOf(p *experiment.Published) string {
	if p.Profiles == nil {
		return ""
	}
	return p.Profiles.Snapshot
}

// take compiles a published state and serves it from now on. When its profiles cannot be
// read those from before stay, and all else is taken; without any it is not taken, since
// audiences would let in whom they should not.
func (f *Feed) take(p *experiment.Published) (Event, error) {
	event := Event{Checksum: p.Checksum}
	table, sum := f.table, f.tableSum
	if wanted := profilesOf(p); wanted == "" {
		table, sum = nil, ""
	} else if wanted != f.tableSum {
		loaded, err := f.load(p)
		switch {
		case err == nil:
			table, sum = loaded, wanted
		case table == nil || p.Checksum == f.checksum:
			return event, err
		default:
			f.failed = err.Error()
			event.Faults = append(event.Faults, fmt.Errorf("profiles from before stay in use: %w", err))
		}
	}
	var known decision.Profiles
	if table != nil {
		known = table
		event.Users, event.Left = table.Users(), table.Left
	}
	snapshot, faults := decision.Compile(p, known, f.snapshot.Load())
	event.Experiments, event.Faults = len(snapshot.All()), append(event.Faults, faults...)
	f.table, f.tableSum, f.checksum = table, sum, p.Checksum
	f.snapshot.Store(snapshot)
	return event, nil
}

// load reads the profiles that a published state names.
func (f *Feed) load(p *experiment.Published) (*profiles.Table, error) {
	paths, err := experiment.ProfileFiles(f.State, p.Profiles.Snapshot)
	if err != nil {
		return nil, err
	}
	return profiles.Load(paths, p.Profiles.ID)
}

// keep copies what is served, with the profiles in use: those that could not be read would
// make the copy of no use.
func (f *Feed) keep(event *Event) {
	if f.Keep == "" {
		return
	}
	served := f.snapshot.Load().Served()
	if profilesOf(served) != f.tableSum {
		inUse := *served.Profiles
		inUse.Snapshot = f.tableSum
		served.Profiles = &inUse
	}
	data, err := served.Encode()
	if err == nil {
		_, err = atomicfile.WriteFile(f.Keep, data)
	}
	if err != nil {
		event.Faults = append(event.Faults, fmt.Errorf("what is served is not kept for the next start: %w", err))
	}
}

func (f *Feed) report(e Event) {
	if f.Report != nil {
		f.Report(e)
	}
}
