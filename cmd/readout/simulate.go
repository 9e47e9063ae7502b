package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"readout/internal/atomicfile"
	"readout/internal/simulate"
)

type simulateFlags struct {
	runs, workers int
	seed          uint64
	only, out     string
}

func (a *app) simulateCommand() *cobra.Command {
	var f simulateFlags
	c := &cobra.Command{
		Use:   "simulate",
		Short: "measure the error rates of every procedure by simulation",
		Long: `Simulates experiments without and with an effect, day by day, and writes a page of tables
in Markdown: how often each procedure finds something that is not there, finds something
that is there, and has an interval that holds the truth; with Monte Carlo errors.

The same runs and seed give the same page, whatever the number of workers. 2,000 runs take
about an hour on two processors. The exit status is 1 when something does not hold.`,
		Example: `  readout simulate --runs 1000 --out docs/error-rates.md
  readout simulate --runs 500 --only 'ratio; 14 looks'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.simulate(c.Context(), f) },
	}
	flags := c.Flags()
	flags.IntVar(&f.runs, "runs", 2000, "experiments per row of a table")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the random numbers")
	flags.StringVar(&f.only, "only", "", "simulate the worlds whose names contain this: 'METRIC; N looks; traffic × F; constant|drifting; one phase|two phases', and behind some 'uneven', 'ramp', 'extended', '3% leave', '30% late' or '60 users'")
	flags.StringVar(&f.out, "out", "", "write the page to this file")
	flags.IntVar(&f.workers, "workers", 0, "how many experiments are simulated at a time (default: one per processor)")
	return c
}

func (a *app) simulate(ctx context.Context, f simulateFlags) error {
	if f.runs < 1 || f.runs > 1e6 {
		return usagef("--runs %d: want 1 to 1000000", f.runs)
	}
	if f.workers < 0 {
		return usagef("--workers %d: want 0 or more", f.workers)
	}
	names := simulate.Names()
	if !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, f.only) }) {
		return usagef("--only %q: no world has that in its name, such as %q", f.only, names[0])
	}
	told := -1
	report, err := simulate.Run(ctx, simulate.Options{
		Runs: f.runs, Seed: f.seed, Only: f.only, Workers: f.workers,
		Progress: func(part string, done, total int) {
			if tenth := 10 * done / total; tenth != told {
				told = tenth
				a.say("%s: %d%%", part, 10*tenth)
			}
		},
	})
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := report.Markdown(&page); err != nil {
		return err
	}
	if f.out != "" {
		_, err = atomicfile.WriteFile(f.out, page.Bytes())
	}
	if f.out == "" || err != nil {
		// A page that took an hour is not lost with the disk that it was for.
		_, printErr := a.out.Write(page.Bytes())
		err = errors.Join(err, printErr)
	}
	if err != nil {
		return err
	}
	failures, err := report.Failures()
	if err != nil || len(failures) == 0 {
		return err
	}
	return fmt.Errorf("%d of the simulated figures do not hold: see the page's Outcome", len(failures))
}
