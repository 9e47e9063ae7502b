package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNothingHiddenReachesTheTerminal: names of files, and what somebody else has written as a
// reason or an attribute, cannot clear the screen of who reads it, or turn its lines around.
func TestNothingHiddenReachesTheTerminal(t *testing.T) {
	const hidden = "\x1b[2J\u202e"
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f := func(status int, want string, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		clock := func() time.Time { return time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC) }
		got := run(context.Background(), append(args, "--project", dir), &out, &errs, clock)
		text := out.String() + errs.String()
		if got != status || !strings.Contains(text, want) || strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%s: status %d, output %q; want %d, and %s in it", args[0], got, text, status, want)
		}
	}
	write("readout.yaml", "organization: acme\nproject: shop\ntimezone: UTC\n"+
		"data: {exposures: {path: exposures}, conversions: {path: exposures}}\nmetrics: {buys: {event: buy, window: 1d}}\n")
	write("experiments/a.yaml", "name: a\nvariants: {control: {traffic: 50}, big: {traffic: 50, payload: {text: \"p\\u202e\"}}}\n"+
		"audience: {attribute: \"at\\e[2J\", exists: false}\nscorecard: {primary: [buys]}\nschedule: {start: 2026-01-01, end: 2026-02-01}\n")
	f(exitOK, "", "start", "a", "--by", "ana"+hidden)
	f(exitOK, `(ana\x1b[2J\u202e)`, "status", "a")
	f(exitOK, `u\x1b[2J\u202e gets`, "explain", "u"+hidden, "a")
	f(exitOK, `at\x1b[2J is not known`, "explain", "u", "a")
	f(exitOK, `{"text":"p\u202e"}`, "explain", "u-2", "a")
	write("exposures/"+hidden+".parquet", "PAR1 and no more than that PAR1")
	f(exitFailed, `exposures/\x1b[2J\u202e.parquet`, "run", "--now", "2026-01-08")
	write("experiments/"+hidden+".yaml", "name: [\n")
	f(exitUsage, "experiments/\\x1b[2J\\u202e.yaml:", "validate")
}
