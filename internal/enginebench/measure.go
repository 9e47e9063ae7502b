package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"readout/internal/benchdata"
)

// report is everything measured.
type report struct {
	machine           string
	load              float64
	runs              int
	versions, missing []string
	full              []fullResult
	days              []daysResult
}

// fullResult is the full recompute of a dataset, by contender.
type fullResult struct {
	data  dataset
	rows  int64
	names []string
	costs map[string]cost
}

// daysResult is what looks and days cost on a dataset.
type daysResult struct {
	data dataset
	// The engine alone, at one look and at all days' looks in one pass.
	oneLook, manyLooks cost
	engine             dayCosts
	job                jobCosts
}

// growthSize is there to show how the engine grows: only it is measured, in one format.
const growthSize = "L"

// fewSize is there for the full recompute where few users are exposed.
const fewSize = "F"

// measureAll writes the data and measures one dataset after the other.
func measureAll(ctx context.Context, c settings) (*report, error) {
	// The first minute's load says whether something else runs.
	r := &report{machine: machine(), load: load(), runs: c.runs}
	if err := os.MkdirAll(c.cache, 0o755); err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp(c.cache, "run-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	readout := filepath.Join(scratch, "readout")
	if _, _, err := run(ctx, exec.CommandContext(ctx, "go", "build", "-o", readout, "./cmd/readout")); err != nil {
		return nil, err
	}
	all, versions, missing := contenders(ctx, c.python)
	r.versions, r.missing = versions, missing
	for _, size := range c.sizes {
		for i, format := range c.formats {
			programs := all
			if size.Name == growthSize {
				if i > 0 {
					continue
				}
				programs = all[:ownContenders]
			}
			d := dataset{filepath.Join(c.cache, size.Name+"-"+format.String()), size, format}
			if err := d.write(ctx); err != nil {
				return nil, err
			}
			if err := d.warm(); err != nil {
				return nil, err
			}
			full, err := measureFull(ctx, d, programs, c.runs)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d, err)
			}
			r.full = append(r.full, full)
			if i > 0 || !c.days || size.Name == growthSize || size.Name == fewSize {
				continue
			}
			days, err := measureDays(ctx, d, readout, filepath.Join(scratch, "project"), c.runs)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d, err)
			}
			r.days = append(r.days, days)
		}
	}
	return r, nil
}

// write writes the files unless they are there.
func (d dataset) write(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, self, "generate", "-data", d.dir, "-size", d.size.Name, "-format", d.format.String())
	took, _, err := run(ctx, c)
	if err != nil {
		return err
	}
	say("%s: data, %v", d, took)
	return nil
}

// warm reads all files, so that they are in memory for the first contender as for the others.
func (d dataset) warm() error {
	return filepath.WalkDir(d.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(io.Discard, f)
		return err
	})
}

// measureFull runs the contenders in turn, there and back, and compares what they computed. So
// none always comes after the one that has left the machine's memory in the worst state.
func measureFull(ctx context.Context, d dataset, all []contender, runs int) (fullResult, error) {
	r := fullResult{data: d, costs: make(map[string]cost)}
	costs := make([][]cost, len(all))
	var want figures
	for round := range runs {
		for i := range all {
			if round%2 == 1 {
				i = len(all) - 1 - i
			}
			x := all[i]
			c, err := x.command(ctx, d)
			if err != nil {
				return r, err
			}
			took, a, err := figuresBy(ctx, c)
			if err != nil {
				return r, err
			}
			if want == nil {
				want, r.rows = a.Figures, a.Rows
			} else if err := differ(want, a.Figures); err != nil {
				return r, fmt.Errorf("%s and %s disagree: %w", all[0].name, x.name, err)
			}
			say("%s: %s, %v", d, x.name, took)
			costs[i] = append(costs[i], took)
		}
	}
	for i, x := range all {
		r.names = append(r.names, x.name)
		r.costs[x.name] = median(costs[i])
	}
	say("%s: %d figures of %d programs agree", d, len(want), len(all))
	return r, nil
}

// figuresBy runs a process that prints an answer.
func figuresBy(ctx context.Context, c *exec.Cmd) (cost, answer, error) {
	took, out, err := run(ctx, c)
	if err != nil {
		return cost{}, answer{}, err
	}
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		return cost{}, answer{}, fmt.Errorf("read the figures: %w", err)
	}
	return took, a, nil
}

// liveDays is how many days have exposures, and so looks.
const liveDays = benchdata.Days - benchdata.LeadDays

// measureDays measures many looks at once and the daily job.
func measureDays(ctx context.Context, d dataset, readout, dir string, runs int) (daysResult, error) {
	r := daysResult{data: d}
	var one, many, atOnce, again, full []cost
	daily, engine := make([][]cost, liveDays), make([][]cost, liveDays)
	for range runs {
		for _, x := range []struct {
			looks int
			costs *[]cost
		}{{1, &one}, {liveDays, &many}} {
			c, err := engineCommand(0, "-looks", strconv.Itoa(x.looks))(ctx, d)
			if err != nil {
				return r, err
			}
			took, _, err := figuresBy(ctx, c)
			if err != nil {
				return r, err
			}
			say("%s: engine, looks: %d, %v", d, x.looks, took)
			*x.costs = append(*x.costs, took)
		}
		days, err := measureEngineDays(ctx, d, dir)
		if err != nil {
			return r, err
		}
		full = append(full, days.full)
		for i, took := range days.daily {
			engine[i] = append(engine[i], took)
		}
		job, err := measureJob(ctx, d, readout, dir)
		if err != nil {
			return r, err
		}
		atOnce, again = append(atOnce, job.atOnce), append(again, job.again)
		for i, took := range job.daily {
			daily[i] = append(daily[i], took)
		}
	}
	r.oneLook, r.manyLooks = median(one), median(many)
	r.engine.full = median(full)
	for _, costs := range engine {
		r.engine.daily = append(r.engine.daily, median(costs))
	}
	r.job.atOnce, r.job.again = median(atOnce), median(again)
	for _, costs := range daily {
		r.job.daily = append(r.job.daily, median(costs))
	}
	return r, nil
}

// String shows a cost on the way.
func (c cost) String() string {
	return fmt.Sprintf("%.2f s CPU, %.2f s, %d MiB", c.cpu.Seconds(), c.wall.Seconds(), c.peak>>20)
}

// say tells how far it has come.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
