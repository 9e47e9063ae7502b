package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A service is a running readout-choose.
type service struct {
	name, url string
	process   *exec.Cmd

	mu     sync.Mutex
	faults []string
	read   chan struct{}
}

// serve starts readout-choose on a free port and waits until it is ready.
func (p *project) serve(ctx context.Context, name string, flags ...string) (*service, error) {
	s := &service{name: name, read: make(chan struct{})}
	s.process = exec.CommandContext(ctx, filepath.Join(p.scratch, "readout-choose"), append([]string{
		"--state", filepath.Join(p.dir, "state"), "--keys", p.keys(),
		"--store", filepath.Join(p.scratch, "decisions-"+name), "--exposures", filepath.Join(p.scratch, "exposures-"+name),
		"--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
	}, flags...)...)
	log, err := s.process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	address := make(chan string, 1)
	go func() {
		defer close(s.read)
		s.follow(bufio.NewScanner(log), address)
	}()
	select {
	case a := <-address:
		s.url = "http://" + a
	case <-s.read:
		return nil, errors.Join(fmt.Errorf("service %s does not start", name), s.stop())
	}
	if err := s.wait(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// follow reads the log of the service: the address of clients, and what went wrong.
func (s *service) follow(log *bufio.Scanner, address chan<- string) {
	for log.Scan() {
		var line struct{ Level, Msg, For, Address string }
		if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Level == "ERROR" {
			s.mu.Lock()
			s.faults = append(s.faults, log.Text())
			s.mu.Unlock()
		}
		if line.Msg == "listening" && line.For == "clients" {
			address <- line.Address
		}
	}
}

// wait returns when the service is ready.
func (s *service) wait(ctx context.Context) error {
	for range 100 {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(request); err == nil {
			if err := answer.Body.Close(); err != nil {
				return err
			}
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("service %s is not ready after 10 seconds", s.name)
}

// stop ends the service as an operator does, and returns what its log complains about.
func (s *service) stop() error {
	// A process that has ended by itself cannot be told to; Wait says how it ended.
	_ = s.process.Process.Signal(os.Interrupt)
	<-s.read
	err := s.process.Wait()
	if err != nil {
		err = fmt.Errorf("service %s: %w", s.name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) > 0 {
		err = errors.Join(err, fmt.Errorf("service %s complains:\n%s", s.name, strings.Join(s.faults, "\n")))
	}
	return err
}
