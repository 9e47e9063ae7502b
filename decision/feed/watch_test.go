package feed

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"readout/experiment"
)

// follow runs a feed until the test ends.
func (f *fixture) follow(poll time.Duration) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx, poll)
	}()
	f.t.Cleanup(func() {
		stop()
		<-done
	})
}

// becomes waits until a title is served.
func (f *fixture) becomes(title string) {
	f.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); f.title() != title; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("serves %q, want %q; %+v", f.title(), title, f.reported())
		}
	}
}

// TestWatchRename: a rename is seen by the watch alone, long before the next poll.
func TestWatchRename(t *testing.T) {
	f := newFixture(t, t.TempDir())
	f.publish(state("one", nil))
	f.follow(time.Hour)
	f.becomes("one")
	for _, title := range []string{"two", "three"} {
		f.publish(state(title, nil))
		f.becomes(title)
	}
}

// TestWatchLinkSwap: a ConfigMap is a link ..data to a folder, which is swapped as a whole.
func TestWatchLinkSwap(t *testing.T) {
	f := newFixture(t, t.TempDir())
	swap := func(title string) {
		t.Helper()
		folder := filepath.Join(f.State, ".."+title)
		write(t, filepath.Join(folder, "published.json"), encode(t, state(title, nil)))
		link := filepath.Join(f.State, "..data_tmp")
		if err := os.Symlink(".."+title, link); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link, filepath.Join(f.State, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	swap("one")
	if err := os.Symlink(filepath.Join("..data", "published.json"), experiment.PublishedPath(f.State)); err != nil {
		t.Fatal(err)
	}
	f.follow(time.Hour)
	f.becomes("one")
	swap("two")
	f.becomes("two")
	swap("three")
	f.becomes("three")
}

// TestWatchDirectoryRemovedAndBack: the poll finds the new directory, and from then on the
// watch tells again.
func TestWatchDirectoryRemovedAndBack(t *testing.T) {
	f := newFixture(t, t.TempDir())
	f.publish(state("one", nil))
	f.follow(20 * time.Millisecond)
	f.becomes("one")
	if err := os.RemoveAll(f.State); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	if f.title() != "one" {
		t.Error("the last good state does not go on")
	}
	f.publish(state("two", nil))
	f.becomes("two")
	// Replaced by another directory in one step.
	other := f.State + "-next"
	write(t, filepath.Join(other, "published.json"), encode(t, state("three", nil)))
	if err := os.Rename(f.State, f.State+"-old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, f.State); err != nil {
		t.Fatal(err)
	}
	f.becomes("three")
}

// TestWatchFollowsTheDirectory: the watch goes where the name goes.
func TestWatchFollowsTheDirectory(t *testing.T) {
	f := newFixture(t, t.TempDir())
	w := f.newWatch()
	defer w.close()
	told := func() bool {
		select {
		case e := <-w.events:
			w.saw(e)
			return true
		case <-time.After(2 * time.Second):
			return false
		}
	}
	drain := func() {
		for {
			select {
			case e := <-w.events:
				w.saw(e)
			case <-time.After(50 * time.Millisecond):
				return
			}
		}
	}
	w.follow(f.State)
	if w.at != nil {
		t.Error("a directory that is not there is watched")
	}
	for range 3 {
		f.publish(state("one", nil))
		w.follow(f.State)
		f.publish(state("two", nil))
		if !told() {
			t.Fatal("a rename was not told of")
		}
		drain()
		if err := os.RemoveAll(f.State); err != nil {
			t.Fatal(err)
		}
		drain()
	}
}

// TestWatchFault: it is reported, and the poll goes on.
func TestWatchFault(t *testing.T) {
	f := newFixture(t, t.TempDir())
	faults := make(chan error)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.loop(ctx, 10*time.Millisecond, &watch{errors: faults})
	}()
	overflow := errors.New("queue or buffer overflow")
	faults <- overflow
	f.publish(state("one", nil))
	f.becomes("one")
	stop()
	<-done
	for _, e := range f.reported() {
		if e.Watch == overflow {
			return
		}
	}
	t.Error("the fault was not reported")
}

// TestSettleEnds: changes without a pause do not hold up the load.
func TestSettleEnds(t *testing.T) {
	f := newFixture(t, t.TempDir())
	f.publish(state("one", nil))
	w := f.newWatch()
	defer w.close()
	w.follow(f.State)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		for ctx.Err() == nil {
			_ = os.WriteFile(filepath.Join(f.State, "noise"), []byte("x"), 0o644)
			time.Sleep(time.Millisecond)
		}
	}()
	begin := time.Now()
	w.settle(ctx)
	if took := time.Since(begin); took > 5*settleMost {
		t.Errorf("settled after %v", took)
	}
}
