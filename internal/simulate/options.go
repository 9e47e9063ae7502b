package simulate

import (
	"cmp"
	"context"
	"runtime"
	"strings"
	"sync"
)

// Options say how much is simulated.
type Options struct {
	// Runs is the number of experiments per world, 1 at least.
	Runs int
	Seed uint64
	// Only leaves out all worlds but those in whose names it occurs.
	Only string
	// Workers is how many steps are done at the same time; 0 means one per processor. It
	// changes no number.
	Workers int
	// Progress, if there is one, is told how many of how many steps of a part are done.
	Progress func(part string, done, total int)

	part string
}

// chunk is how many runs are one step of work.
const chunk = 50

// only returns the worlds that are not left out.
func (o Options) only(worlds []World) []World {
	var out []World
	for _, w := range worlds {
		if strings.Contains(w.Name(), o.Only) {
			out = append(out, w)
		}
	}
	return out
}

// parallel does the runs of so many rows on the workers, in steps of the runs from first up
// to, not including, end. It returns the first error.
func (o Options) parallel(ctx context.Context, rows int, do func(row, first, end int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	chunks := (o.Runs + chunk - 1) / chunk
	var mu sync.Mutex
	next, done := 0, 0
	work := func() {
		for {
			mu.Lock()
			step := next
			next++
			mu.Unlock()
			if step >= rows*chunks || ctx.Err() != nil {
				return
			}
			first := step % chunks * chunk
			if err := do(step/chunks, first, min(o.Runs, first+chunk)); err != nil {
				stop(err)
				return
			}
			mu.Lock()
			done++
			if o.Progress != nil {
				o.Progress(o.part, done, rows*chunks)
			}
			mu.Unlock()
		}
	}
	var wg sync.WaitGroup
	for range cmp.Or(o.Workers, runtime.GOMAXPROCS(0)) {
		wg.Go(work)
	}
	wg.Wait()
	return context.Cause(ctx)
}
