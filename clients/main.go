package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"
)

// timeLimit bounds a run with all its installations.
const timeLimit = 12 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

// run runs the clients named by their folders, all without a name, and prints the table.
func run(ctx context.Context, names []string, out io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "readout-clients-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := command(ctx, "", "go", "build", "-o", scratch+string(filepath.Separator), "./cmd/readout", "./cmd/readout-choose"); err != nil {
		return err
	}
	p, err := newProject(ctx, scratch)
	if err != nil {
		return err
	}
	keys := make([]string, len(chosen))
	for i, c := range chosen {
		if keys[i], err = p.newKey(ctx, c.dir); err != nil {
			return err
		}
	}
	open, err := p.serve(ctx, "open")
	if err != nil {
		return err
	}
	// One request, and the next in 50 seconds: the second of a client is always too early.
	limited, err := p.serve(ctx, "limited", "--rate-limit", "0.02")
	if err != nil {
		return errors.Join(err, open.stop())
	}
	installed := install(ctx, chosen)
	var results []result
	for i, c := range chosen {
		fmt.Fprintf(out, "== %s\n", c.name)
		r := c.run(ctx, installed[i], []string{
			"READOUT_URL=" + open.url, "READOUT_LIMITED_URL=" + limited.url, "READOUT_KEY=" + keys[i],
			"READOUT_ORGANIZATION=" + p.organization, "READOUT_PROJECT=" + p.name,
		})
		r.print(out)
		results = append(results, r)
	}
	err = errors.Join(open.stop(), limited.stop())
	if failed := printTable(out, results); failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d checks failed", failed))
	}
	return err
}

// choose returns the clients with the given folders, all without any.
func choose(names []string) ([]client, error) {
	if len(names) == 0 {
		return clients, nil
	}
	var out []client
	for _, name := range names {
		i := slices.IndexFunc(clients, func(c client) bool { return c.dir == name })
		if i < 0 {
			return nil, fmt.Errorf("no client in the folder %q", name)
		}
		out = append(out, clients[i])
	}
	return out, nil
}

// command runs a command in a directory and returns an error with what it printed.
func command(ctx context.Context, dir string, name string, args ...string) error {
	_, err := output(ctx, dir, name, args...)
	return err
}

// output runs a command in a directory and returns its standard output.
func output(ctx context.Context, dir string, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	// Children of a stopped command may hold its pipes.
	c.WaitDelay = 5 * time.Second
	text, err := c.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w\n%s%s", err, text, exit.Stderr)
		}
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return text, nil
}
