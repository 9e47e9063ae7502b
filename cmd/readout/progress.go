package main

import (
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a run has come: a bar on a terminal, nothing elsewhere.
type progress struct {
	mu   sync.Mutex
	on   bool
	step string
	bar  *progressbar.ProgressBar
	out  *os.File
}

func (a *app) progress() *progress {
	f, ok := a.err.(*os.File)
	return &progress{on: ok && !a.quiet && term.IsTerminal(int(f.Fd())), out: f}
}

// update is an ingest.Progress.
func (p *progress) update(step string, done, total int64) {
	if !p.on {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if step != p.step {
		p.clear()
		p.step = step
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetDescription(step),
			progressbar.OptionShowBytes(inBytes(step)),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	// The bar writes to a terminal: a failure to draw it is no failure of the run.
	_ = p.bar.Set64(done)
}

// inBytes reports whether a step is told of in bytes of files; the others are in parts.
func inBytes(step string) bool {
	return step == "exposures" || step == "inspect exposures" || step == "conversions"
}

// finish removes the bar.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
