package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A scenario is a kind of request.
type scenario struct {
	name string
	path string
	// body returns the body of request i.
	body func(i int) []byte
	// requests is how many are made in a round.
	requests int
	// settle is how long the process is watched after the last answer.
	settle time.Duration
}

// measured is what a round came to.
type measured struct {
	cpu, wall time.Duration // per request
}

// round makes the requests of a scenario over a number of connections and returns what they
// cost the process pid.
func round(address, authorization string, pid, connections, first int, s scenario) (measured, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	before, err := cpuOf(pid)
	if err != nil {
		return measured{}, err
	}
	begin := time.Now()
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	for range connections {
		workers.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= s.requests || failed.Load() != nil {
					return
				}
				if err := ask(client, address+s.path, authorization, s.body(first+i)); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		return measured{}, fmt.Errorf("%s: %w", s.name, *err)
	}
	wall := time.Since(begin)
	time.Sleep(s.settle)
	after, err := cpuOf(pid)
	n := time.Duration(s.requests)
	return measured{(after - before) / n, wall / n}, err
}

func ask(client *http.Client, url, authorization string, body []byte) error {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", authorization)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d: %s", response.StatusCode, text)
	}
	return nil
}

// cpuOf returns the CPU time of a process so far, from /proc/PID/stat in ticks of 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name of the program may hold spaces; it ends with the last bracket.
	text := string(data)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
