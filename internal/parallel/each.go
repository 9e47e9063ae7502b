package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Each calls do with every number from 0 to n-1, for as many at a time as there are
// processors, begun in order, and returns the errors by number once all are done.
func Each(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				errs[i] = do(i)
			}
		})
	}
	workers.Wait()
	return errs
}
