package exposurelog

import (
	"cmp"
	"context"
	"os"
	"time"
)

// checkQueue is how often the length of the queue is looked at.
const checkQueue = time.Second

// Run flushes whenever the time has come, enough is queued or a signal arrives, until ctx is
// done, and then once more. It tells report of every flush that wrote something or failed; a
// failed one is tried again at the next turn, and nothing is lost meanwhile.
func (l *Log) Run(ctx context.Context, every time.Duration, signals <-chan os.Signal, report func(rows, files int, err error)) {
	every = cmp.Or(every, DefaultEvery)
	check := min(every, checkQueue)
	ticks := time.NewTicker(check)
	defer ticks.Stop()
	flush := func(ctx context.Context) {
		if rows, files, err := l.Flush(ctx); rows > 0 || err != nil {
			report(rows, files, err)
		}
	}
	for waited := time.Duration(0); ; {
		due := false
		select {
		case <-ctx.Done():
			flush(context.WithoutCancel(ctx))
			return
		case <-signals:
			due = true
		case <-ticks.C:
			waited += check
			queued, err := l.Store.Queued(ctx)
			due = waited >= every || err == nil && queued >= cmp.Or(l.Rows, DefaultRows)
		}
		if due {
			waited = 0
			flush(ctx)
		}
	}
}
