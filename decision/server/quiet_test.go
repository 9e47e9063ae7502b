package server

import (
	"testing"
	"time"
)

func TestQuiet(t *testing.T) {
	begin := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	var q quiet
	for i, c := range []struct {
		after   time.Duration
		skipped int
		ok      bool
	}{
		{0, 0, true}, {time.Millisecond, 0, false}, {999 * time.Millisecond, 0, false},
		{time.Second, 2, true}, {1500 * time.Millisecond, 0, false}, {0, 1, true},
	} {
		if skipped, ok := q.pass(begin.Add(c.after)); skipped != c.skipped || ok != c.ok {
			t.Errorf("message %d: %d skipped, %v, want %d, %v", i, skipped, ok, c.skipped, c.ok)
		}
	}
}
