package main

import (
	"bytes"
	"context"
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

// A move that is interrupted while the profiles are copied is made and published whole, with
// the profiles of before.
func TestMoveInterruptedByProfiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	do := func(args ...string) {
		t.Helper()
		var errs bytes.Buffer
		if status := run(t.Context(), append(args, "--project", dir), &errs, &errs, time.Now); status != exitOK {
			t.Fatalf("%s: exit status %d, said %q", strings.Join(args, " "), status, errs.String())
		}
	}
	do("init", dir)
	do("new", "big-button", "--start", "2026-01-05", "--end", "2026-01-31", "--now", "2026-01-01")
	main, profiles := filepath.Join(dir, "readout.yaml"), filepath.Join(dir, "profiles.parquet")
	text, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("data:\n"), []byte("data:\n  profiles: {path: profiles.parquet}\n"), 1)
	for _, step := range []error{os.WriteFile(main, text, 0o644), os.WriteFile(profiles, []byte("old"), 0o644)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	do("start", "big-button", "--by", "ana", "--now", "2026-01-06")
	state := filepath.Join(dir, "state")
	before, err := experiment.ReadPublished(state)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(profiles, []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var errs bytes.Buffer
	status := run(ctx, []string{"stop", "big-button", "--by", "ana", "--why", "harm", "--now", "2026-01-10", "--project", dir},
		&called{do: cancel}, &errs, time.Now)
	const want = "readout: profiles: interrupted; the decision service keeps those it has until the next 'readout publish'\n"
	if status != exitFailed || !strings.HasSuffix(errs.String(), want) {
		t.Errorf("exit status %d, said %q", status, errs.String())
	}
	after, err := experiment.ReadPublished(state)
	if err != nil {
		t.Fatal(err)
	}
	if after.Experiments[0].Status != experiment.ReadyForReview || after.Profiles.Snapshot != before.Profiles.Snapshot {
		t.Errorf("published as %s with profiles %s, before %s", after.Experiments[0].Status, after.Profiles.Snapshot, before.Profiles.Snapshot)
	}
	left, err := os.ReadDir(filepath.Join(state, "profiles"))
	if err != nil || len(left) != 1 {
		t.Errorf("%d snapshots, error %v", len(left), err)
	}
}
