package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// clientLimit is how long the program of a client may take.
const clientLimit = 3 * time.Minute

// checks are the columns of the table, in order.
var checks = []string{
	"found", "no payload", "not shown", "unknown", "no id", "wrong key", "group", "bulk", "304", "context", "429", "contract",
}

// A client has a folder of the same directory with its program and its pins.
type client struct {
	name, dir string
	// from has the client; nil needs no installation.
	from *registry
	// start returns the command that runs the program in its folder with the installation.
	start func(folder, installed string) ([]string, error)
	// shows are the checks that the program makes; for the others the client has no call.
	shows []string
}

var everywhere = []string{"found", "no payload", "not shown", "unknown", "no id", "wrong key", "context", "429"}

var clients = []client{
	{name: "PyPI intempt", dir: "intempt", from: pypi, start: startPython, shows: append([]string{"bulk"}, everywhere...)},
	{name: "PyPI openfeature-provider-ofrep", dir: "openfeature-python", from: pypi, start: startPython, shows: everywhere},
	{name: "npm @openfeature/ofrep-provider", dir: "openfeature-node", from: npm, start: startNode, shows: everywhere},
	{
		name: "npm @openfeature/ofrep-web-provider", dir: "openfeature-web", from: npm, start: startNode,
		shows: append([]string{"bulk", "304"}, everywhere...),
	},
	{name: "Go go-sdk-contrib/providers/ofrep", dir: "openfeature-go", from: goProxy, start: startGo, shows: everywhere},
	{name: "Maven dev.openfeature.contrib.providers:ofrep", dir: "openfeature-java", from: maven, start: startJava, shows: everywhere},
	{name: "captured requests", dir: "captured", start: startPython, shows: append([]string{"bulk", "group"}, everywhere...)},
	{name: "PyPI schemathesis", dir: "schemathesis", from: pypi, start: startPython, shows: []string{"contract"}},
}

func startPython(folder, installed string) ([]string, error) {
	interpreter := "python3"
	if installed != "" {
		interpreter = python(installed)
	}
	return []string{interpreter, filepath.Join(folder, "check.py")}, nil
}

// startNode copies the program to the installation, since Node looks for modules beside it.
func startNode(folder, installed string) ([]string, error) {
	program := filepath.Join(installed, "check.mjs")
	shared := filepath.Join(filepath.Dir(folder), "checks.mjs")
	return []string{"node", program}, errors.Join(
		copyFile(filepath.Join(folder, "check.mjs"), program), copyFile(shared, filepath.Join(installed, "checks.mjs")))
}

// startGo copies the program to the installation, which is a module of its own.
func startGo(folder, installed string) ([]string, error) {
	return []string{"go", "-C", installed, "run", "."}, copyFile(filepath.Join(folder, "check.go"), filepath.Join(installed, "check.go"))
}

func startJava(folder, installed string) ([]string, error) {
	return []string{"java", "-cp", filepath.Join(installed, "lib", "*"), filepath.Join(folder, "Check.java")}, nil
}

// A result is what a client showed.
type result struct {
	client
	// failed has a reason per check that the program reported, empty for those that passed.
	failed map[string]string
	// skipped says why the client did not run, fault why it did not finish.
	skipped, fault error
}

// An installation is the directory with the packages of a client, "" if it needs none, or why
// there is none.
type installation struct {
	dir string
	err error
}

// install makes the installations of clients, all at the same time: most of it is waiting.
func install(ctx context.Context, all []client) []installation {
	out := make([]installation, len(all))
	var working sync.WaitGroup
	for i, c := range all {
		working.Go(func() {
			if c.from != nil {
				out[i].dir, out[i].err = c.from.provide(ctx, c.folder())
			} else if _, err := exec.LookPath("python3"); err != nil {
				out[i].err = fmt.Errorf("python3 is %w", errMissing)
			}
		})
	}
	working.Wait()
	return out
}

// folder returns the folder of a client, from the root of the repository.
func (c client) folder() string { return filepath.Join("clients", c.dir) }

// run runs the program of a client with an environment.
func (c client) run(ctx context.Context, installed installation, environment []string) result {
	r := result{client: c, failed: make(map[string]string)}
	if errors.Is(installed.err, errRegistry) || errors.Is(installed.err, errMissing) {
		r.skipped = installed.err
		return r
	}
	if r.fault = installed.err; r.fault != nil {
		return r
	}
	line, err := c.start(c.folder(), installed.dir)
	if err != nil {
		r.fault = err
		return r
	}
	r.fault = r.execute(ctx, line, append(environment,
		"PYTHONPATH=clients", "PYTHONDONTWRITEBYTECODE=1", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1"))
	return r
}

// execute runs the program of a client and reads its lines.
func (r *result) execute(ctx context.Context, line, environment []string) error {
	ctx, cancel := context.WithTimeout(ctx, clientLimit)
	defer cancel()
	program := exec.CommandContext(ctx, line[0], line[1:]...)
	program.Env = append(os.Environ(), environment...)
	program.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	program.Stdout, program.Stderr = &stdout, &stderr
	if err := errors.Join(program.Run(), r.read(&stdout)); err != nil {
		return fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	return nil
}

// read takes in what a program wrote, and says what is missing.
func (r *result) read(text io.Reader) (err error) {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		words := append(strings.SplitN(lines.Text(), "\t", 3), "", "")
		switch words[0] {
		case "passed":
			r.failed[words[1]] = ""
		case "failed":
			r.failed[words[1]] = strings.TrimSpace("failed: " + words[2])
		}
	}
	for _, check := range r.shows {
		if _, shown := r.failed[check]; !shown {
			err = errors.Join(err, fmt.Errorf("the program did not show %q", check))
		}
	}
	for _, check := range slices.Sorted(maps.Keys(r.failed)) {
		if !slices.Contains(r.shows, check) {
			err = errors.Join(err, fmt.Errorf("the program showed %q, which nobody asked for", check))
		}
	}
	return errors.Join(lines.Err(), err)
}
