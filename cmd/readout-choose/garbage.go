package main

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// garbage is how much memory may be garbage before it is collected, at the least. Requests
// leave little behind and the service keeps little beside its profiles, so that by Go's own
// rule, as much garbage as there is memory in use, it would collect all the time: this much
// saves a tenth of the CPU time of a request.
const garbage = 64 << 20

// collectLess sets how much garbage may be there, by what is in use now, unless the
// environment says it with GOGC.
func collectLess(environment []string) {
	if slices.ContainsFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, "GOGC=") }) {
		return
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetGCPercent(garbagePercent(m.HeapAlloc))
}

// garbagePercent returns the garbage that may be there, in percent of what is in use.
func garbagePercent(inUse uint64) int {
	if inUse == 0 {
		return 100
	}
	return int(max(100, 100*garbage/inUse))
}
