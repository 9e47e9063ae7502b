package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
	"readout/internal/benchdata"
)

func TestSplice(t *testing.T) {
	page := "# Page\n\n" + beginMarker + "old\n" + endMarker + "\nrest\n"
	want := "# Page\n\n" + beginMarker + "new\n" + endMarker + "\nrest\n"
	once, err := splice(page, "new\n")
	if err != nil || once != want {
		t.Errorf("%q, %v, want %q", once, err, want)
	}
	if twice, err := splice(once, "new\n"); err != nil || twice != want {
		t.Errorf("again: %q, %v, want %q", twice, err, want)
	}
	for _, page := range []string{"", beginMarker, endMarker, endMarker + beginMarker} {
		if got, err := splice(page, "new\n"); err == nil {
			t.Errorf("%q became %q", page, got)
		}
	}
}

// TestPageHasMarkers holds that the page of this project can be written into.
func TestPageHasMarkers(t *testing.T) {
	page, err := os.ReadFile("../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := splice(string(page), ""); err != nil {
		t.Error(err)
	}
}

func TestMarkdown(t *testing.T) {
	took := func(cpu, wall time.Duration, mebibytes int64) cost { return cost{cpu, wall, mebibytes << 20} }
	result := func(size string, format benchdata.Format, rows int64, ours, theirs cost) fullResult {
		s, err := benchdata.ParseSize(size)
		if err != nil {
			t.Fatal(err)
		}
		return fullResult{dataset{"", s, format}, rows, []string{nameReadout, nameDuckDB}, map[string]cost{nameReadout: ours, nameDuckDB: theirs}}
	}
	s := result("S", benchdata.Snappy, 2_000_000, took(time.Second, 600*time.Millisecond, 100), took(4*time.Second, 2*time.Second, 500))
	r := &report{
		machine: "a machine", runs: 3, versions: []string{"DuckDB 1"}, missing: []string{"Polars"}, load: 1.25,
		full: []fullResult{
			s,
			result("S", benchdata.Zstd, 2_000_000, took(time.Second, time.Second, 100), took(3*time.Second, time.Second, 0)),
			result("M", benchdata.Snappy, 40_000_000, took(10*time.Second, 5*time.Second, 600), took(90*time.Second, 50*time.Second, 4000)),
		},
		days: []daysResult{{
			data: s.data, oneLook: took(time.Second, time.Second, 100), manyLooks: took(1500*time.Millisecond, time.Second, 110),
			engine: dayCosts{
				full:  took(1600*time.Millisecond, time.Second, 111),
				daily: []cost{took(900*time.Millisecond, time.Second, 80), took(400*time.Millisecond, time.Second, 81), took(50*time.Millisecond, time.Second, 82)},
			},
			job: jobCosts{
				atOnce: took(2*time.Second, time.Second, 120),
				daily:  []cost{took(500*time.Millisecond, time.Second, 90), took(time.Second, time.Second, 91), took(100*time.Millisecond, time.Second, 92)},
				again:  took(200*time.Millisecond, time.Second, 93),
			},
		}},
	}
	want := `
a machine, DuckDB 1. Medians of 3, whole processes in turn.
Polars was not installed and is left out.
The machine was busy with other work: the load was 1.2 at the beginning.

Full recompute:

| data | program | CPU | of readout's | wall | peak memory |
|---|---|---|---|---|---|
| S, snappy | readout | 1.00 s | 1.00 | 0.60 s | 100 MiB |
| S, snappy | DuckDB | 4.00 s | 4.00 | 2.00 s | 500 MiB |
| S, zstd | readout | 1.00 s | 1.00 | 1.00 s | 100 MiB |
| S, zstd | DuckDB | 3.00 s | 3.00 | 1.00 s | – |
| M, snappy | readout | 10.00 s | 1.00 | 5.00 s | 600 MiB |
| M, snappy | DuckDB | 90.00 s | 9.00 | 50.00 s | 4000 MiB |

Growth, snappy:

| size | million rows | experiments | CPU per million rows | peak memory |
|---|---|---|---|---|
| S | 2.0 | 1 | 500 ms | 100 MiB |
| M | 40.0 | 20 | 250 ms | 600 MiB |

Looks and days, S, snappy:

| what | CPU | of one look | DuckDB's full query, of this | wall | peak memory |
|---|---|---|---|---|---|
| engine, one look | 1.00 s | 1.00 | 4.00 | 1.00 s | 100 MiB |
| engine, 28 looks in one pass | 1.50 s | 1.50 | 2.67 | 1.00 s | 110 MiB |
| engine, 28 looks in one pass, as below: users whose window is over | 1.60 s | 1.60 | 2.50 | 1.00 s | 111 MiB |
| engine, a new day: median | 0.40 s | 0.40 | 10.00 | 1.00 s | 81 MiB |
| engine, a new day: the worst, day 2 | 0.40 s | 0.40 | 10.00 | 1.00 s | 81 MiB |
| engine, a new day: the last, day 3 | 0.05 s | 0.05 | 80.00 | 1.00 s | 82 MiB |
| daily job, 3 days at once | 2.00 s | 2.00 | 2.00 | 1.00 s | 120 MiB |
| daily job, a new day: median | 0.50 s | 0.50 | 8.00 | 1.00 s | 91 MiB |
| daily job, a new day: the worst, day 2 | 1.00 s | 1.00 | 4.00 | 1.00 s | 91 MiB |
| daily job, a new day: the last, day 3 | 0.10 s | 0.10 | 40.00 | 1.00 s | 92 MiB |
| daily job, the last day again, nothing new to read | 0.20 s | 0.20 | 20.00 | 1.00 s | 93 MiB |

`
	if diff := cmp.Diff(want, r.markdown()); diff != "" {
		t.Error(diff)
	}
}

func TestMedian(t *testing.T) {
	got := median([]cost{{3, 10, 5}, {1, 30, 6}, {2, 20, 4}})
	if want := (cost{2, 20, 5}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestRun holds that a process is measured and its fate told.
func TestRun(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	took, out, err := run(t.Context(), exec.Command(sh, "-c", "echo yes; exit 3"), 3)
	if err != nil || string(out) != "yes\n" || took.wall <= 0 {
		t.Errorf("%v, %q, %v", took, out, err)
	}
	if _, _, err := run(t.Context(), exec.Command(sh, "-c", "echo why >&2; exit 3")); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("exit status 3 gave the error %v", err)
	}
}

// TestProject holds that the project has no faults.
func TestProject(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"readout.yaml": projectFile()}
	for i := range 3 {
		files[filepath.Join("experiments", benchdata.Experiment(i)+".yaml")] = experimentFile(i)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := experiment.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Experiments) != 3 || len(p.Metrics) != len(metrics()) {
		t.Errorf("%d experiments and %d metrics", len(p.Experiments), len(p.Metrics))
	}
}

func TestScorecard(t *testing.T) {
	got, err := cardFigures([]byte(`{"experiment": "exp_00", "metrics": [
		{"name": "revenue", "variants": [{"variant": "control", "users": 10, "total": 2.5, "denominator_total": null}]},
		{"name": "order_value", "variants": [{"variant": "control", "users": 10, "total": 2.5, "denominator_total": 4}]}]}`))
	want := figures{
		"exp_00/control/revenue/n": 10, "exp_00/control/revenue/x": 2.5,
		"exp_00/control/order_value/n": 10, "exp_00/control/order_value/x": 2.5, "exp_00/control/order_value/y": 4,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestArguments(t *testing.T) {
	c, err := parse([]string{"-sizes", "T,L", "-formats", "zstd", "-runs", "5", "-cache", "here"})
	if err != nil || len(c.sizes) != 2 || c.sizes[1].Name != "L" || len(c.formats) != 1 || c.runs != 5 || !filepath.IsAbs(c.cache) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, args := range [][]string{{"-sizes", "XXL"}, {"-formats", ""}, {"-runs", "0"}} {
		if _, err := parse(args); err == nil || errors.Is(err, flag.ErrHelp) {
			t.Errorf("%v: error %v", args, err)
		}
	}
}
