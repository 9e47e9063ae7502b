package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readout/experiment"
)

// A move that is logged and cannot be published says so, and what brings it to the service.
func TestMoveThatCannotBePublished(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	do := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if status := run(t.Context(), append(args, "--project", dir), &out, &errs, time.Now); status != want {
			t.Fatalf("%s: exit status %d, said %q", strings.Join(args, " "), status, errs.String())
		}
		return out.String() + errs.String()
	}
	do(exitOK, "init", dir)
	do(exitOK, "new", "big-button", "--start", "2026-01-05", "--end", "2026-01-31", "--now", "2026-01-01")
	do(exitOK, "start", "big-button", "--by", "ana", "--now", "2026-01-06")
	published := experiment.PublishedPath(filepath.Join(dir, "state"))
	for _, step := range []error{os.Rename(published, published+"-away"), os.MkdirAll(filepath.Join(published, "inside"), 0o755)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	said := do(exitFailed, "stop", "big-button", "--by", "ana", "--why", "harm", "--now", "2026-01-10")
	for _, want := range []string{"Running → Ready for review", "not published, the decision service goes on as before; when this is mended, 'readout publish': "} {
		if !strings.Contains(said, want) {
			t.Errorf("said %q, without %q", said, want)
		}
	}
	for _, step := range []error{os.RemoveAll(published), os.Rename(published+"-away", published)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	do(exitOK, "publish", "--now", "2026-01-10")
	p, err := experiment.ReadPublished(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Experiments[0].Status; got != experiment.ReadyForReview {
		t.Errorf("published as %s", got)
	}
}
