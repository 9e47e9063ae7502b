package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"readout/internal/benchdata"
)

var (
	//go:embed with_duckdb.py
	withDuckDB string
	//go:embed with_polars.py
	withPolars string
)

// memoryLimit is what the engine gets where it is told to get by with little.
const memoryLimit = 256 << 20

// contender is a program that computes the figures from scratch.
type contender struct {
	name    string
	command func(ctx context.Context, d dataset) (*exec.Cmd, error)
}

// Names that the report looks for.
const (
	nameReadout = "readout"
	nameDuckDB  = "DuckDB"
)

// dataset is files on disk.
type dataset struct {
	dir    string
	size   benchdata.Size
	format benchdata.Format
}

func (d dataset) String() string { return d.size.Name + ", " + d.format.String() }

// engineCommand starts the engine alone, on so many processors; 0 is all.
func engineCommand(processors int, args ...string) func(context.Context, dataset) (*exec.Cmd, error) {
	return func(ctx context.Context, d dataset) (*exec.Cmd, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		c := exec.CommandContext(ctx, self, append([]string{"engine", "-data", d.dir, "-experiments", strconv.Itoa(d.size.Experiments)}, args...)...)
		if processors > 0 {
			c.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(processors))
		}
		return c, nil
	}
}

// script runs a Python script, told on standard input what to compute.
func script(python, text string) func(context.Context, dataset) (*exec.Cmd, error) {
	return func(ctx context.Context, d dataset) (*exec.Cmd, error) {
		type experiment struct {
			Name     string   `json:"name"`
			Variants []string `json:"variants"`
		}
		var experiments []experiment
		for i := range d.size.Experiments {
			experiments = append(experiments, experiment{benchdata.Experiment(i), benchdata.Variants(i)})
		}
		task, err := json.Marshal(map[string]any{
			"data": d.dir, "threads": runtime.NumCPU(), "experiments": experiments, "metrics": metrics(),
			"window_us": window.Microseconds(), "lookback_us": lookback.Microseconds(),
		})
		if err != nil {
			return nil, err
		}
		c := exec.CommandContext(ctx, python, "-c", text)
		c.Stdin = bytes.NewReader(task)
		return c, nil
	}
}

// ownContenders is how many of the contenders are the engine.
const ownContenders = 3

// contenders returns the programs to measure, readout first, the versions of the others, and
// why those that are missing are.
func contenders(ctx context.Context, python string) (all []contender, versions, missing []string) {
	all = []contender{
		{nameReadout, engineCommand(0)},
		{nameReadout + ", one core", engineCommand(1)},
		{nameReadout + ", 256 MiB", engineCommand(0, "-memory", strconv.Itoa(memoryLimit))},
	}
	for _, other := range []struct{ name, module, text string }{
		{nameDuckDB, "duckdb", withDuckDB},
		{"Polars", "polars", withPolars},
	} {
		probe := fmt.Sprintf("import %[1]s; print(%[1]s.__version__)", other.module)
		_, out, err := run(ctx, exec.CommandContext(ctx, python, "-c", probe))
		if err != nil {
			missing = append(missing, other.name)
			continue
		}
		versions = append(versions, other.name+" "+strings.TrimSpace(string(out)))
		all = append(all, contender{other.name, script(python, other.text)})
	}
	return all, versions, missing
}
