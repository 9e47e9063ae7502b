package main

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

// However much comes into use later, such as a batch of exposures, garbage stays at what is in
// use and 64 MiB.
func TestGarbageFollowsWhatIsInUse(t *testing.T) {
	untouched := ballast(nil)
	for _, more := range []int{0, 16 << 20, 128 << 20} {
		later := make([]byte, more)
		runtime.GC()
		heap := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}, {Name: "/gc/heap/live:bytes"}}
		metrics.Read(heap)
		goal, live := heap[0].Value.Uint64(), heap[1].Value.Uint64()
		if room := goal - live; room < garbage || room > live+8<<20 {
			t.Errorf("%d MiB more in use, %d MiB with the ballast: %d MiB of garbage may gather", more>>20, live>>20, room>>20)
		}
		runtime.KeepAlive(later)
	}
	runtime.KeepAlive(untouched)
}

func TestNoBallastBesideGOGC(t *testing.T) {
	if got := ballast([]string{"HOME=/", "GOGC=50"}); got != nil {
		t.Errorf("%d bytes", len(got))
	}
}
