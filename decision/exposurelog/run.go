package exposurelog

import (
	"cmp"
	"context"
	"os"
	"time"
)

// checkQueue is how often the length of the queue is looked at.
const checkQueue = time.Second

// retryFull is how long a queue that is long enough waits after a failure: a full disk stays
// full for a while, and every try reads and writes as much as a file holds.
const retryFull = time.Minute

// Run flushes whenever the time has come, enough is queued or a signal arrives, until ctx is
// done, and then once more. It tells report of every flush that wrote something or failed; a
// failed one is tried again after a minute or when its time has come, and nothing is lost
// meanwhile.
func (l *Log) Run(ctx context.Context, every time.Duration, signals <-chan os.Signal, report func(rows, files int, err error)) {
	every = cmp.Or(every, DefaultEvery)
	check := min(every, checkQueue)
	ticks := time.NewTicker(check)
	defer ticks.Stop()
	flush := func(ctx context.Context) error {
		rows, files, err := l.Flush(ctx)
		if rows > 0 || err != nil {
			report(rows, files, err)
		}
		return err
	}
	var failed error
	for waited := time.Duration(0); ; {
		due := false
		select {
		case <-ctx.Done():
			_ = flush(context.WithoutCancel(ctx)) // it was reported
			return
		case <-signals:
			due = true
		case <-ticks.C:
			waited += check
			queued, err := l.Store.Queued(ctx)
			enough := err == nil && queued >= cmp.Or(l.Rows, DefaultRows)
			due = waited >= every || enough && (failed == nil || waited >= retryFull)
		}
		if due {
			waited = 0
			failed = flush(ctx)
		}
	}
}
