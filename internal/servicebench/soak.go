package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// soak loads a service for a while with everything that clients ask, publishes another state
// every few seconds, and prints what the process holds once per period: all of it has to
// stay flat. Visitors are of a bounded number, so that the store may grow to its size first.
func soak(ctx context.Context, s *service, d, period time.Duration, connections int) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	var asked, failed, published atomic.Int64
	var workers sync.WaitGroup
	for c := range connections {
		workers.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(c)))
			for ctx.Err() == nil {
				path, body := question(r)
				if err := ask(client, s.address+path, s.authorization, body); err != nil && ctx.Err() == nil {
					failed.Add(1)
				}
				asked.Add(1)
				time.Sleep(time.Millisecond)
			}
		})
	}
	workers.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			select {
			case <-ctx.Done():
				return
			case <-time.After(3 * time.Second):
			}
			path := filepath.Join(s.dir, "experiments", fmt.Sprintf("experiment-%02d.yaml", n%experiments))
			text, err := os.ReadFile(path)
			if err == nil {
				line := fmt.Sprintf("title: Title %d\n", n)
				kept, _, _ := strings.Cut(string(text), "title: ")
				err = os.WriteFile(path, []byte(kept+line), 0o644)
			}
			if err == nil {
				err = s.readout(context.WithoutCancel(ctx), "publish")
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "servicebench: publish:", err)
				failed.Add(1)
			}
			published.Add(1)
		}
	})
	fmt.Printf("| minutes | memory | goroutines | files | requests | published | failures |\n|---|---|---|---|---|---|---|\n")
	begin := time.Now()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(period):
		}
		held, err := s.held()
		if err != nil {
			cancel()
			workers.Wait()
			return err
		}
		fmt.Printf("| %.1f | %d MiB | %s | %d | %d | %d | %d |\n", time.Since(begin).Minutes(), held.memory>>20, held.goroutines, held.files,
			asked.Load(), published.Load(), failed.Load())
	}
	workers.Wait()
	if n := failed.Load(); n > 0 {
		return fmt.Errorf("%d requests or publishes failed", n)
	}
	return nil
}

// question returns one of the things that clients ask, by one of 20,000 visitors.
func question(r *rand.Rand) (path string, body []byte) {
	user := fmt.Sprintf("soak-%d", r.IntN(20_000))
	switch r.IntN(10) {
	case 0:
		return "/ofrep/v1/evaluate/flags", fmt.Appendf(nil, `{"context":{"targetingKey":%q,"plan":"pro"}}`, user)
	case 1:
		return "/ofrep/v1/evaluate/flags/experiment-07", fmt.Appendf(nil, `{"context":{"targetingKey":%q}}`, user)
	case 2:
		return choosePath, fmt.Appendf(nil, `{"identification":{"userId":%q},"groups":["bench"],"device":"mobile"}`, user)
	}
	return choosePath, fmt.Appendf(nil, `{"identification":{"userId":%q},"names":["experiment-%02d"],"device":"all"}`, user, r.IntN(experiments))
}

// held is what a process holds.
type held struct {
	memory     int64 // resident, in bytes
	files      int
	goroutines string
}

// held reads it from /proc and from the service's metrics.
func (s *service) held() (held, error) {
	var h held
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		return h, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			var kib int64
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				return h, err
			}
			h.memory = kib << 10
		}
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.pid))
	if err != nil {
		return h, err
	}
	h.files = len(files)
	response, err := http.Get(s.admin + "/metrics")
	if err != nil {
		return h, err
	}
	text, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		return h, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "go_goroutines "); ok {
			h.goroutines = strings.TrimSpace(rest)
		}
	}
	return h, err
}
