package crashtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// mount puts a small file system of its own in a directory for the time of a test.
func mount(t *testing.T, dir, options string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, AND NOT PASSED: no file system can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
}

// fill writes a file of so many bytes, or as many as there is room for.
func fill(t *testing.T, path string, size int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); size > 0; size -= len(block) {
		if _, err := f.Write(block); err != nil {
			return
		}
	}
}

// TestDiskFull: on a full disk visitors with an assignment are served and others are refused,
// until there is room again. When it fills up faster than is looked at, the service may end, and
// has lost nothing at the next start.
func TestDiskFull(t *testing.T) {
	needKills(t)
	small := t.TempDir()
	mount(t, small, "size=160m")
	s := newService(t, filepath.Join(small, "decisions"))
	c, b := client(), &book{answers: make(map[string]answer)}
	filler := filepath.Join(small, "filler")
	ask := func(id string, wantRefused bool) {
		t.Helper()
		_, known := b.answers[id]
		a, err := s.ask(context.Background(), c, id, fmt.Sprint("visit ", known), !known)
		if errors.Is(err, errRefused) != wantRefused || err != nil && !wantRefused {
			t.Fatalf("%s: error %v, want refused: %v", id, err, wantRefused)
		}
		if err != nil {
			return
		}
		if before, same := b.note(id, a); !same {
			t.Fatalf("%s was answered %v, and now %v", id, before, a)
		}
	}
	s.publish(t, 0)
	s.start(t)
	// notices waits until the service has seen how full the disk is, which it looks at now and then.
	notices := func(full bool) {
		t.Helper()
		for try := range 40 {
			id := fmt.Sprint("is it full ", full, try)
			a, err := s.ask(context.Background(), c, id, "visit", true)
			if err == nil {
				b.note(id, a)
			} else if !errors.Is(err, errRefused) {
				t.Fatal(err)
			}
			if refused := err != nil; refused == full {
				return
			}
			time.Sleep(250 * time.Millisecond)
		}
		t.Fatalf("after ten seconds the service has not noticed that the disk is full: %v", full)
	}
	ask("before", false)
	fill(t, filler, 110<<20)
	notices(true)
	ask("while full", true)
	ask("before", false)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	notices(false)
	ask("while full", false)

	for round := 1; round <= min(*kills, 5) && !t.Failed(); round++ {
		ctx, stop := context.WithTimeout(context.Background(), 3*time.Second)
		var load sync.WaitGroup
		load.Go(func() { b.load(ctx, t, s, c) })
		time.Sleep(time.Second)
		fill(t, filler, 160<<20)
		load.Wait()
		stop()
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		s.publish(t, round)
		select {
		case err := <-s.exited:
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("the service ended with %v, want status 1", err)
			}
			t.Logf("round %d: the service ended", round)
			s.start(t)
		default:
			s.kill(t)
			s.start(t)
		}
		b.verify(t, s, c, b.since(0))
	}
	s.stop(t)
	files, rows := b.checkLog(t, filepath.Join(s.dir, "exposures"))
	t.Logf("%d visitors answered and all remembered, %d requests refused; %d exposures in %d files", len(b.ids), b.refused.Load(), rows, files)
}

// TestDiskReadOnly: on a disk that cannot be written the service does not start, with status
// 1 and the name of the store.
func TestDiskReadOnly(t *testing.T) {
	needKills(t)
	dir := t.TempDir()
	mount(t, dir, "ro")
	store := filepath.Join(dir, "decisions")
	out, err := exec.Command(program(t), "--no-keys", "--listen", "127.0.0.1:0", "--admin", "", "--state", t.TempDir(), "--store", store).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the service ended with %v, want status 1", err)
	}
	if want := fmt.Sprintf("readout-choose: open decision store %s: ", store); !strings.Contains(string(out), want) || !strings.Contains(string(out), "read-only") {
		t.Errorf("said %q, want %q and why", out, want)
	}
}

// TestTwoServices: a second service on the same store does not start, and says why; the
// first one goes on.
func TestTwoServices(t *testing.T) {
	needKills(t)
	s := newService(t, "")
	s.publish(t, 0)
	s.start(t)
	out, err := exec.Command(program(t), "--no-keys", "--listen", "127.0.0.1:0", "--admin", "", "--state", t.TempDir(), "--store", s.store).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another process has it open") {
		t.Errorf("the second service ended with %v and said %q", err, out)
	}
	if _, err := s.ask(context.Background(), client(), "u", "s", true); err != nil {
		t.Error(err)
	}
	s.stop(t)
}
