package main

import (
	"os"
	"syscall"
)

// peakMemory returns the most memory that a finished process held at once, in bytes.
func peakMemory(state *os.ProcessState) int64 {
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		return usage.Maxrss * 1024
	}
	return 0
}
