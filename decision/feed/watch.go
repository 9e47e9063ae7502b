package feed

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Run loads whenever the published state changes, until ctx is done. It watches the state
// directory, where the file system tells of changes, and looks every poll anyway: renames,
// links that are swapped and network file systems are all the same to it.
func (f *Feed) Run(ctx context.Context, poll time.Duration) {
	if poll <= 0 {
		poll = DefaultPoll
	}
	w := f.newWatch()
	defer w.close()
	f.loop(ctx, poll, w)
}

func (f *Feed) loop(ctx context.Context, poll time.Duration, w *watch) {
	ticks := time.NewTicker(poll)
	defer ticks.Stop()
	for {
		w.follow(f.State)
		f.Load()
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		case e := <-w.events:
			w.saw(e)
			w.settle(ctx)
		case err := <-w.errors:
			f.report(Event{Watch: err})
		}
	}
}

// watch tells of changes in a directory. Where there is none it never tells.
type watch struct {
	watcher *fsnotify.Watcher
	events  <-chan fsnotify.Event
	errors  <-chan error
	// dir is watched; at tells it from another one that comes in its place.
	dir string
	at  os.FileInfo
}

func (f *Feed) newWatch() *watch {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		f.report(Event{Watch: err})
		return &watch{}
	}
	return &watch{watcher: watcher, events: watcher.Events, errors: watcher.Errors}
}

func (w *watch) close() {
	if w.watcher != nil {
		w.watcher.Close()
	}
}

// follow watches the directory that has the name now, if there is one.
func (w *watch) follow(dir string) {
	if w.watcher == nil {
		return
	}
	w.dir = filepath.Clean(dir)
	info, err := os.Stat(w.dir)
	if err == nil && w.at != nil && os.SameFile(w.at, info) {
		return
	}
	if w.at != nil {
		w.at = nil
		// The watch may have gone with the directory.
		_ = w.watcher.Remove(w.dir)
	}
	if err == nil && w.watcher.Add(w.dir) == nil {
		w.at = info
	}
}

// saw forgets the directory when a change says that it went: what comes in its place may be
// told from it by nothing.
func (w *watch) saw(e fsnotify.Event) {
	if w.at != nil && (e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)) && filepath.Clean(e.Name) == w.dir {
		w.at = nil
		_ = w.watcher.Remove(w.dir)
	}
}

// settle waits until no change has come for a moment.
func (w *watch) settle(ctx context.Context) {
	most := time.After(settleMost)
	for {
		select {
		case <-ctx.Done():
			return
		case <-most:
			return
		case e := <-w.events:
			w.saw(e)
		case <-time.After(settle):
			return
		}
	}
}
