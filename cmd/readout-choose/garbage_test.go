package main

import "testing"

func TestGarbagePercent(t *testing.T) {
	for _, c := range []struct {
		inUse uint64
		want  int
	}{{0, 100}, {4 << 20, 1600}, {32 << 20, 200}, {64 << 20, 100}, {1 << 30, 100}} {
		if got := garbagePercent(c.inUse); got != c.want {
			t.Errorf("%d bytes in use: %d%%, want %d%%", c.inUse, got, c.want)
		}
	}
}
