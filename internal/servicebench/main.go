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

// settle is how long what a first answer leaves to do is waited for and counted.
const settle = 2 * time.Second

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
	soakFor := flag.Duration("soak", 0, "load the service this long instead, and print what it holds")
	race := flag.Bool("race", false, "build the service with the race detector")
	store := flag.String("store", "", "store of the service, such as redis://127.0.0.1:6379/0; the embedded one without")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, settings{*rounds, *requests, *connections, *store, *soakFor, *race}); err != nil {
		fmt.Fprintln(os.Stderr, "servicebench:", err)
		os.Exit(1)
	}
}

const choosePath = "/v1/bench/projects/bench/optimization/choose-api"

type settings struct {
	rounds, requests, connections int
	store                         string
	soak                          time.Duration
	race                          bool
}

// service is the service under load.
type service struct {
	dir, address, admin, authorization string
	pid                                int
}

// run builds and starts the service, and measures or soaks it.
func run(ctx context.Context, c settings) error {
	dir, err := os.MkdirTemp("", "servicebench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"readout", "readout-choose"} {
		args := []string{"build", "-o", filepath.Join(dir, name)}
		if c.race && name == "readout-choose" {
			args = append(args, "-race")
		}
		build := exec.CommandContext(ctx, "go", append(args, "./cmd/"+name)...)
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	s := &service{dir: dir, address: "http://127.0.0.1:18970", admin: "http://127.0.0.1:18972"}
	if s.authorization, err = s.project(ctx); err != nil {
		return err
	}
	args := []string{"--state", "state", "--listen", "127.0.0.1:18970", "--admin", "127.0.0.1:18972", "--keys", "keys.txt"}
	if c.store != "" {
		args = append(args, "--store", c.store)
	}
	process, err := start(ctx, dir, s.address+"/readyz", filepath.Join(dir, "readout-choose"), args...)
	if err != nil {
		return err
	}
	s.pid = process.Process.Pid
	if c.soak > 0 {
		return errors.Join(soak(ctx, s, c.soak, max(time.Second, c.soak/10), c.connections), end(process))
	}
	return errors.Join(bench(ctx, s, c), end(process))
}

// bench loads the service and the yardstick in turn and prints a table in Markdown.
func bench(ctx context.Context, s *service, c settings) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	const echoAddress = "127.0.0.1:18971"
	yardstick, err := start(ctx, s.dir, "http://"+echoAddress+"/", self, "echo", echoAddress)
	if err != nil {
		return err
	}
	// The yardstick has nothing to say at its end.
	defer func() { _ = end(yardstick) }()

	one := func(user string) []byte {
		return fmt.Appendf(nil, `{"identification":{"userId":%q,"profileId":"p-1","sourceId":"1234567890123456789"},"names":["experiment-07"],"device":"all","sessionId":"s-42"}`, user)
	}
	known := func(i int) string { return fmt.Sprintf("user-%d", i%2000) }
	scenarios := []struct {
		scenario
		pid     int
		address string
	}{
		{scenario{"JSON echo", "/", func(i int) []byte { return one(known(i)) }, c.requests, 0}, yardstick.Process.Pid, "http://" + echoAddress},
		{scenario{"choose, sticky", choosePath, func(i int) []byte { return one(known(i)) }, c.requests, 0}, s.pid, s.address},
		{scenario{"choose, 50 at once, sticky", choosePath, func(i int) []byte {
			return fmt.Appendf(nil, `{"identification":{"userId":%q},"device":"all"}`, known(i))
		}, c.requests / 10, 0}, s.pid, s.address},
		{scenario{"OFREP, sticky", "/ofrep/v1/evaluate/flags/experiment-07", func(i int) []byte {
			return fmt.Appendf(nil, `{"context":{"targetingKey":%q,"plan":"premium"}}`, known(i))
		}, c.requests, 0}, s.pid, s.address},
		{scenario{"OFREP bulk of 50, sticky", "/ofrep/v1/evaluate/flags", func(i int) []byte {
			return fmt.Appendf(nil, `{"context":{"targetingKey":%q,"plan":"premium"}}`, known(i))
		}, c.requests / 10, 0}, s.pid, s.address},
		// Last, so that what the store and the log do behind it is counted here.
		{scenario{"choose, first time, durable", choosePath, func(i int) []byte { return one(fmt.Sprintf("new-%d", i)) }, c.requests, settle}, s.pid, s.address},
	}
	// Everybody is known before it counts.
	warm := scenarios[2].scenario
	warm.requests = 2000
	if _, err := round(s.address, s.authorization, s.pid, c.connections, 0, warm); err != nil {
		return err
	}
	results := make([][]measured, len(scenarios))
	for r := range c.rounds {
		for i, x := range scenarios {
			m, err := round(x.address, s.authorization, x.pid, c.connections, r*x.requests, x.scenario)
			if err != nil {
				return err
			}
			results[i] = append(results[i], m)
		}
	}
	fmt.Printf("| request, %d connections | CPU per request | of the echo | requests a second |\n|---|---|---|---|\n", c.connections)
	base := median(results[0], func(m measured) time.Duration { return m.cpu })
	for i, x := range scenarios {
		cpu := median(results[i], func(m measured) time.Duration { return m.cpu })
		wall := median(results[i], func(m measured) time.Duration { return m.wall })
		fmt.Printf("| %s | %.1f µs | %.2f | %.0f |\n", x.name, float64(cpu)/1e3, float64(cpu)/float64(base), 1e9/float64(wall))
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
func (s *service) project(ctx context.Context) (string, error) {
	files := map[string]string{"readout.yaml": "organization: bench\nproject: bench\ndata:\n  exposures: {path: data/exposures}\n  conversions: {path: data/conversions}\n"}
	end := time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
	for i := range experiments {
		name := fmt.Sprintf("experiment-%02d", i)
		files["experiments/"+name+".yaml"] = fmt.Sprintf("name: %s\ngroups: [bench]\nvariants:\n  control: {traffic: 50}\n"+
			"  big: {traffic: 50, payload: {size: large, discount: 30}}\nschedule: {start: 2026-01-01, end: %s}\n", name, end)
	}
	for name, text := range files {
		path := filepath.Join(s.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	for i := range experiments {
		if err := s.readout(ctx, "start", fmt.Sprintf("experiment-%02d", i), "--by", "bench"); err != nil {
			return "", err
		}
	}
	if err := s.readout(ctx, "publish"); err != nil {
		return "", err
	}
	c := exec.CommandContext(ctx, filepath.Join(s.dir, "readout-choose"), "key", "bench")
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
	if err := os.WriteFile(filepath.Join(s.dir, "keys.txt"), []byte(line+"\n"), 0o600); err != nil {
		return "", err
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(strings.Replace(key, ".", ":", 1))), nil
}

// start starts a server and waits until it answers.
func start(ctx context.Context, dir, probe, program string, args ...string) (*exec.Cmd, error) {
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = dir
	log, err := os.Create(filepath.Join(dir, filepath.Base(program)+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c.Stderr = log
	if err := c.Start(); err != nil {
		return nil, err
	}
	for range 100 {
		if response, err := http.Get(probe); err == nil {
			// That it answered is all that is asked.
			_ = response.Body.Close()
			return c, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	err = errors.Join(fmt.Errorf("%s does not answer", program), c.Process.Kill())
	// The error says that it was killed.
	_ = c.Wait()
	return nil, err
}

// end stops a server and waits for it.
func end(c *exec.Cmd) error {
	return errors.Join(c.Process.Signal(os.Interrupt), c.Wait())
}

// readout runs a command of readout in the project.
func (s *service) readout(ctx context.Context, args ...string) error {
	c := exec.CommandContext(ctx, filepath.Join(s.dir, "readout"), args...)
	c.Dir = s.dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("readout %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
