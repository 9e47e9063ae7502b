package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readout/internal/atomicfile"
	"readout/internal/daily"
)

// lockedProject makes a project whose state is locked, and one Draft in it.
func lockedProject(t *testing.T) (dir string, lock *atomicfile.FileLock) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "shop")
	for _, args := range [][]string{{"init", dir}, {"new", "held", "--project", dir}} {
		if status := run(t.Context(), args, io.Discard, io.Discard, time.Now); status != exitOK {
			t.Fatalf("%v: exit status %d", args, status)
		}
	}
	lock, err := daily.LockState(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	return dir, lock
}

// Who comes while a run is at work is told to wait for it.
func TestLockedStateSaysWhatToDo(t *testing.T) {
	dir, lock := lockedProject(t)
	defer func() {
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}()
	f := func(want string, command ...string) {
		t.Helper()
		var errs bytes.Buffer
		status := run(t.Context(), append(command, "--project", dir), io.Discard, &errs, time.Now)
		if status != exitFailed || !strings.HasSuffix(errs.String(), want+"\n") {
			t.Errorf("%v: exit status %d, said %q", command, status, errs.String())
		}
	}
	for _, command := range [][]string{{"run"}, {"publish"}, {"report"}, {"start", "held", "--by", "ana"}} {
		f("locked by another process: a run, a move or a publish is at work, try again when it is done, or let it wait with --wait 10m", command...)
		f("locked by another process, also after 1ms: a run, a move or a publish is at work, try again when it is done",
			append(command, "--wait", "1ms")...)
	}
}

// Whatever takes the lock waits for it, and goes by the files as they are then.
func TestAllWaitForTheLock(t *testing.T) {
	for _, command := range []string{"run", "publish", "report"} {
		dir, lock := lockedProject(t)
		path := filepath.Join(dir, "experiments", "held.yaml")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		errs := called{do: func() {
			renamed := bytes.Replace(text, []byte("name: held"), []byte("name: renamed"), 1)
			for _, err := range []error{os.WriteFile(path, renamed, 0o644), lock.Release()} {
				if err != nil {
					t.Error(err)
				}
			}
		}}
		status := run(t.Context(), []string{command, "--wait", "1h", "--project", dir}, io.Discard, &errs, time.Now)
		if said, _, _ := strings.Cut(errs.String(), "\n"); status != exitOK || !strings.HasSuffix(said, "locked by another process: waiting for it, 1h0m0s at most") {
			t.Errorf("%s: exit status %d, said %q", command, status, errs.String())
		}
		made := map[string]string{"run": "published.json", "publish": "published.json", "report": filepath.Join("reports", "index.html")}[command]
		if data, err := os.ReadFile(filepath.Join(dir, "state", made)); err != nil || !bytes.Contains(data, []byte("renamed")) {
			t.Errorf("%s: %s does not have the experiment as it was renamed, error %v", command, made, err)
		}
	}
	var errs bytes.Buffer
	if status := run(t.Context(), []string{"report", "--out", "public", "--wait", "1m"}, io.Discard, &errs, time.Now); status != exitUsage {
		t.Errorf("report --out --wait: exit status %d, said %q", status, errs.String())
	}
}

// called is a writer that calls a function at the first thing that is written.
type called struct {
	bytes.Buffer
	do func()
}

func (c *called) Write(p []byte) (int, error) {
	if c.do != nil {
		c.do()
		c.do = nil
	}
	return c.Buffer.Write(p)
}

// A move that waits is made when the lock is free, at the time that it is by then.
func TestMoveWaitsForTheLock(t *testing.T) {
	dir, lock := lockedProject(t)
	asked := time.Now()
	now := asked
	errs := called{do: func() {
		now = asked.Add(time.Minute)
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}}
	status := run(t.Context(), []string{"start", "held", "--by", "ana", "--wait", "1h", "--project", dir},
		io.Discard, &errs, func() time.Time { return now })
	said, _, _ := strings.Cut(errs.String(), "\n")
	if status != exitOK || !strings.HasSuffix(said, "locked by another process: waiting for it, 1h0m0s at most") {
		t.Errorf("exit status %d, said %q", status, errs.String())
	}
	log, err := daily.ReadLifecycle(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	entries := log.Entries("held")
	if len(entries) != 1 || !entries[0].At.Equal(now) {
		t.Errorf("asked at %s, the lock was free at %s, logged %+v", asked, now, entries)
	}
}

// Ctrl-C ends the waiting, and nothing is written: also when the lock is free by then.
func TestMoveStopsWaiting(t *testing.T) {
	dir, lock := lockedProject(t)
	ctx, interrupt := context.WithCancel(t.Context())
	move := func() {
		t.Helper()
		errs := called{do: interrupt}
		status := run(ctx, []string{"start", "held", "--by", "ana", "--wait", "1h", "--project", dir}, io.Discard, &errs, time.Now)
		if status != exitFailed || !strings.HasSuffix(errs.String(), "readout: interrupted, nothing was left half-written\n") {
			t.Errorf("exit status %d, said %q", status, errs.String())
		}
		left, err := os.ReadDir(filepath.Join(dir, "state"))
		if err != nil || len(left) != 1 || left[0].Name() != "lock" {
			t.Errorf("state holds %v, error %v", left, err)
		}
	}
	move()
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	move()
	if lock, err := daily.LockState(filepath.Join(dir, "state")); err != nil {
		t.Error(err)
	} else if err := lock.Release(); err != nil {
		t.Error(err)
	}
}
