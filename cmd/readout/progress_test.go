package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A bar tells bytes a second where files are read, and not of users or experiments.
func TestProgressUnits(t *testing.T) {
	for step, bytes := range map[string]bool{"exposures": true, "inspect exposures": true, "conversions": true, "users": false, "experiments": false} {
		out, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
		if err != nil {
			t.Fatal(err)
		}
		p := &progress{on: true, out: out}
		p.update(step, 64, 256)
		text, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(text), "B/s"); got != bytes || !strings.Contains(string(text), step) {
			t.Errorf("%q, in bytes: %v", text, bytes)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
