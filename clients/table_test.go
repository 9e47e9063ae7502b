package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// reported returns the result of a client that shows found and 429 and wrote these lines.
func reported(name string, lines ...string) result {
	r := result{client: client{name: name, shows: []string{"found", "429"}}, failed: make(map[string]string)}
	r.fault = r.read(strings.NewReader(strings.Join(lines, "\n")))
	return r
}

func TestTable(t *testing.T) {
	skipped := result{client: client{name: "away", shows: []string{"found", "429"}}}
	skipped.skipped = fmt.Errorf("%w in 3 tries: no route", errRegistry)
	died := reported("died", "passed\tfound", "passed\t429")
	died.fault = errors.New("exit status 3")
	for _, c := range []struct {
		result result
		last   string
		failed int
	}{
		{reported("good", "passed\tfound", "noise", "passed\t429"), "2 passed, 0 failed, 0 skipped", 0},
		{reported("wrong", "passed\tfound", "failed\t429\tgot 200"), "1 passed, 1 failed, 0 skipped", 1},
		{reported("wordless", "passed\tfound", "failed\t429"), "1 passed, 1 failed, 0 skipped", 1},
		{reported("short", "passed\tfound"), "1 passed, 1 failed, 0 skipped", 1},
		{reported("silent"), "0 passed, 2 failed, 0 skipped", 2},
		{reported("more", "passed\tfound", "passed\t429", "passed\tgroup"), "2 passed, 1 failed, 0 skipped", 1},
		{died, "2 passed, 1 failed, 0 skipped", 1},
		{skipped, "0 passed, 0 failed, 2 skipped", 0},
	} {
		var out strings.Builder
		if failed := printTable(&out, []result{c.result}); failed != c.failed {
			t.Errorf("%s: %d failed, want %d", c.result.name, failed, c.failed)
		}
		if !strings.HasSuffix(out.String(), "\nclients: "+c.last+"\n") {
			t.Errorf("%s: want %s:\n%s", c.result.name, c.last, out.String())
		}
		named := strings.Contains(out.String(), "SKIPPED away: registry did not answer in 3 tries: no route\n")
		if named != (c.result.skipped != nil) {
			t.Errorf("%s: skipped is named: %t", c.result.name, named)
		}
	}
}

// TestFolders holds that every client has its program and pins, and shows what is in the table.
func TestFolders(t *testing.T) {
	for _, c := range clients {
		if programs, err := filepath.Glob(filepath.Join(c.dir, "[cC]heck.*")); err != nil || len(programs) != 1 {
			t.Errorf("%s: %d programs, %v", c.name, len(programs), err)
		}
		if c.from != nil {
			for _, pin := range c.from.pins {
				if _, err := os.Stat(filepath.Join(c.dir, pin)); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			}
		}
		for _, check := range c.shows {
			if !slices.Contains(checks, check) {
				t.Errorf("%s shows %s, which has no column", c.name, check)
			}
		}
	}
}
