//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readout/experiment"
)

// unread runs the program with outputs that nobody reads, and returns its exit status and
// what it said, if somebody reads that.
func unread(t *testing.T, errs bool, args ...string) (status int, said string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	command := &exec.Cmd{Path: self, Args: append([]string{asProgram}, args...), Stdout: write, Stderr: &b}
	if errs {
		command.Stderr = write
	}
	// The status says how it ended.
	_ = command.Run()
	return command.ProcessState.ExitCode(), b.String()
}

// A move of which nobody reads the result is made whole: logged and published.
func TestMovesThatNobodyReads(t *testing.T) {
	for _, errs := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "shop")
		for _, args := range [][]string{
			{"init", dir},
			{"new", "big-button", "--project", dir, "--start", "2026-01-05", "--end", "2026-01-31", "--now", "2026-01-01"},
			{"schedule", "big-button", "--project", dir, "--by", "ana", "--now", "2026-01-01"},
		} {
			var said bytes.Buffer
			if status := run(t.Context(), args, io.Discard, &said, time.Now); status != exitOK {
				t.Fatalf("%s: exit status %d, said %q", strings.Join(args, " "), status, said.String())
			}
		}
		status, said := unread(t, errs, "stop", "big-button", "--project", dir, "--why", "harm", "--by", "ana", "--now", "2026-01-10")
		if status != exitUnread || strings.Contains(said, "print the results") {
			t.Errorf("errors unread %v: exit status %d, said %q", errs, status, said)
		}
		published, err := experiment.ReadPublished(filepath.Join(dir, "state"))
		if err != nil {
			t.Fatal(err)
		}
		if got := published.Experiments[0].Status; got != experiment.ReadyForReview {
			t.Errorf("errors unread %v: published as %s", errs, got)
		}
	}
}

// What else goes wrong counts before that nobody reads the results.
func TestFailuresBesideUnreadResults(t *testing.T) {
	if status, _ := unread(t, false, "help", "run"); status != exitUnread {
		t.Errorf("help: exit status %d", status)
	}
	if status, _ := unread(t, false, "status", "--project", t.TempDir()); status != exitUsage {
		t.Errorf("no project: exit status %d", status)
	}
}
