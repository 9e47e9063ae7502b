package main

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readout/internal/daily"
)

// Who comes while a run is at work is told to wait for it.
func TestLockedStateSaysWhatToDo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	if status := run(t.Context(), []string{"init", dir}, io.Discard, io.Discard, time.Now); status != exitOK {
		t.Fatalf("init: exit status %d", status)
	}
	lock, err := daily.LockState(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}()
	for _, command := range []string{"run", "publish", "report"} {
		var errs bytes.Buffer
		status := run(t.Context(), []string{command, "--project", dir}, io.Discard, &errs, time.Now)
		const want = "locked by another process: a run, a move or a publish is at work, try again when it is done\n"
		if status != exitFailed || !strings.HasSuffix(errs.String(), want) {
			t.Errorf("%s: exit status %d, said %q", command, status, errs.String())
		}
	}
}
