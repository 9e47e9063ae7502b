package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const experiments = 50

func main() {
	if len(os.Args) > 2 && os.Args[1] == "echo" {
		listener, err := net.Listen("tcp", os.Args[2])
		if err == nil {
			err = echo(listener)
		}
		fmt.Fprintln(os.Stderr, "servicebench echo:", err)
		os.Exit(1)
	}
	rounds := flag.Int("rounds", 5, "rounds of every scenario; medians are shown")
	requests := flag.Int("requests", 40_000, "requests per round; a tenth of it for bulk")
	connections := flag.Int("connections", 32, "connections at once")
	store := flag.String("store", "", "store of the service, such as redis://127.0.0.1:6379/0; the embedded one without")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, *rounds, *requests, *connections, *store); err != nil {
		fmt.Fprintln(os.Stderr, "servicebench:", err)
		os.Exit(1)
	}
}

// bench builds, starts, loads and prints a table in Markdown.
func bench(ctx context.Context, rounds, requests, connections int, store string) error {
	dir, err := os.MkdirTemp("", "servicebench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"readout", "readout-choose"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, name), "./cmd/"+name)
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	authorization, err := project(ctx, dir)
	if err != nil {
		return err
	}
	const serviceAddress, echoAddress = "127.0.0.1:18970", "127.0.0.1:18971"
	args := []string{"--state", "state", "--listen", serviceAddress, "--admin", "", "--keys", "keys.txt"}
	if store != "" {
		args = append(args, "--store", store)
	}
	service, err := start(ctx, dir, "http://"+serviceAddress+"/readyz", filepath.Join(dir, "readout-choose"), args...)
	if err != nil {
		return err
	}
	defer end(service)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	yardstick, err := start(ctx, dir, "http://"+echoAddress+"/", self, "echo", echoAddress)
	if err != nil {
		return err
	}
	defer end(yardstick)

	const choose = "/v1/bench/projects/bench/optimization/choose-api"
	one := func(user string) []byte {
		return fmt.Appendf(nil, `{"identification":{"userId":%q,"profileId":"p-1","sourceId":"1234567890123456789"},"names":["experiment-07"],"device":"all","sessionId":"s-42"}`, user)
	}
	known := func(i int) string { return fmt.Sprintf("user-%d", i%2000) }
	scenarios := []struct {
		scenario
		pid     int
		address string
	}{
		{scenario{"JSON echo", "/", func(i int) []byte { return one(known(i)) }, requests}, yardstick.Process.Pid, echoAddress},
		{scenario{"choose, sticky", choose, func(i int) []byte { return one(known(i)) }, requests}, service.Process.Pid, serviceAddress},
		{scenario{"choose, first time, durable", choose, func(i int) []byte { return one(fmt.Sprintf("new-%d", i)) }, requests}, service.Process.Pid, serviceAddress},
		{scenario{"choose, 50 at once, sticky", choose, func(i int) []byte {
			return fmt.Appendf(nil, `{"identification":{"userId":%q},"device":"all"}`, known(i))
		}, requests / 10}, service.Process.Pid, serviceAddress},
		{scenario{"OFREP, sticky", "/ofrep/v1/evaluate/flags/experiment-07", func(i int) []byte {
			return fmt.Appendf(nil, `{"context":{"targetingKey":%q,"plan":"premium"}}`, known(i))
		}, requests}, service.Process.Pid, serviceAddress},
		{scenario{"OFREP bulk of 50, sticky", "/ofrep/v1/evaluate/flags", func(i int) []byte {
			return fmt.Appendf(nil, `{"context":{"targetingKey":%q,"plan":"premium"}}`, known(i))
		}, requests / 10}, service.Process.Pid, serviceAddress},
	}
	// Everybody is known before it counts.
	warm := scenarios[3].scenario
	warm.requests = 2000
	if _, err := round("http://"+serviceAddress, authorization, service.Process.Pid, connections, 0, warm); err != nil {
		return err
	}
	results := make([][]measured, len(scenarios))
	for r := range rounds {
		for i, s := range scenarios {
			m, err := round("http://"+s.address, authorization, s.pid, connections, r*s.requests, s.scenario)
			if err != nil {
				return err
			}
			results[i] = append(results[i], m)
		}
	}
	fmt.Printf("| request, %d connections | CPU per request | of the echo | requests a second |\n|---|---|---|---|\n", connections)
	base := median(results[0], func(m measured) time.Duration { return m.cpu })
	for i, s := range scenarios {
		cpu := median(results[i], func(m measured) time.Duration { return m.cpu })
		wall := median(results[i], func(m measured) time.Duration { return m.wall })
		fmt.Printf("| %s | %.1f µs | %.2f | %.0f |\n", s.name, float64(cpu)/1e3, float64(cpu)/float64(base), 1e9/float64(wall))
	}
	return nil
}

func median(all []measured, of func(measured) time.Duration) time.Duration {
	values := make([]time.Duration, len(all))
	for i, m := range all {
		values[i] = of(m)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// project makes a project with running experiments and a file of keys, and returns what a
// client sends as Authorization.
func project(ctx context.Context, dir string) (string, error) {
	readout := func(args ...string) error {
		c := exec.CommandContext(ctx, filepath.Join(dir, "readout"), args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("readout %s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return nil
	}
	files := map[string]string{"readout.yaml": "organization: bench\nproject: bench\ndata:\n  exposures: {path: data/exposures}\n  conversions: {path: data/conversions}\n"}
	end := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	for i := range experiments {
		name := fmt.Sprintf("experiment-%02d", i)
		files["experiments/"+name+".yaml"] = fmt.Sprintf("name: %s\ngroups: [bench]\nvariants:\n  control: {traffic: 50}\n"+
			"  big: {traffic: 50, payload: {size: large, discount: 30}}\nschedule: {start: 2026-01-01, end: %s}\n", name, end)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	for i := range experiments {
		if err := readout("start", fmt.Sprintf("experiment-%02d", i), "--by", "bench"); err != nil {
			return "", err
		}
	}
	if err := readout("publish"); err != nil {
		return "", err
	}
	c := exec.CommandContext(ctx, filepath.Join(dir, "readout-choose"), "key", "bench")
	out, err := c.Output()
	if err != nil {
		return "", err
	}
	var key, line string
	for text := range strings.Lines(string(out)) {
		fields := strings.Fields(text)
		switch fields[0] {
		case "key,":
			key = fields[len(fields)-1]
		case "line,":
			line = strings.Join(fields[len(fields)-2:], " ")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "keys.txt"), []byte(line+"\n"), 0o600); err != nil {
		return "", err
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(strings.Replace(key, ".", ":", 1))), nil
}

// start starts a server and waits until it answers.
func start(ctx context.Context, dir, probe, program string, args ...string) (*exec.Cmd, error) {
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = dir
	c.Stderr = os.Stderr
	if strings.HasSuffix(program, "readout-choose") {
		c.Stderr = nil
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	for range 100 {
		if response, err := http.Get(probe); err == nil {
			if err := response.Body.Close(); err != nil {
				return nil, err
			}
			return c, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, errors.Join(fmt.Errorf("%s does not answer", program), c.Process.Kill())
}

// end stops a server.
func end(c *exec.Cmd) {
	// What is left of it ends with this process anyway.
	_ = c.Process.Signal(os.Interrupt)
	_ = c.Wait()
}
