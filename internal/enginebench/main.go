package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"readout/internal/benchdata"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch args := os.Args[1:]; {
	case len(args) > 0 && args[0] == "engine":
		err = engine(ctx, args[1:], os.Stdout)
	case len(args) > 0 && args[0] == "generate":
		err = generate(ctx, args[1:])
	default:
		err = bench(ctx, args)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "enginebench:", err)
		stop()
		os.Exit(1)
	}
}

// settings is what is to be measured, and with what.
type settings struct {
	sizes   []benchdata.Size
	formats []benchdata.Format
	runs    int
	days    bool
	cache   string
	python  string
	page    string
}

func parse(args []string) (settings, error) {
	f := flag.NewFlagSet("enginebench", flag.ContinueOnError)
	sizes := f.String("sizes", "S,F,M", "sizes of the data: T, S, F, M, L; of L the engine alone is measured, in the first format")
	formats := f.String("formats", "snappy,zstd,int64", "formats of the data; beside the first only the full recompute is measured")
	runs := f.Int("runs", 3, "runs of every program; medians are shown")
	days := f.Bool("days", true, "also measure many looks and the daily job")
	cache := f.String("cache", filepath.Join(os.TempDir(), "readout-enginebench"), "where data are kept from one call to the next; 6 GB for S, F and M, 3 GB more for L")
	python := f.String("python", "python3", "the Python that imports duckdb and polars")
	page := f.String("page", "docs/benchmarks.md", "the page to write into; empty prints the text only")
	if err := f.Parse(args); err != nil {
		return settings{}, err
	}
	// Children run in other directories.
	root, err := filepath.Abs(*cache)
	if err != nil {
		return settings{}, err
	}
	c := settings{runs: *runs, days: *days, cache: root, python: *python, page: *page}
	for name := range strings.SplitSeq(*sizes, ",") {
		size, err := benchdata.ParseSize(name)
		if err != nil {
			return settings{}, err
		}
		c.sizes = append(c.sizes, size)
	}
	for name := range strings.SplitSeq(*formats, ",") {
		format, err := benchdata.ParseFormat(name)
		if err != nil {
			return settings{}, err
		}
		c.formats = append(c.formats, format)
	}
	if c.runs < 1 {
		return settings{}, fmt.Errorf("%d runs: give at least 1", c.runs)
	}
	return c, nil
}

// bench measures everything and writes the report.
func bench(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	var page string
	if c.page != "" {
		text, err := os.ReadFile(c.page)
		if err != nil {
			return err
		}
		page = string(text)
		// A page without markers is refused before hours of work, not after.
		if _, err := splice(page, ""); err != nil {
			return fmt.Errorf("%s: %w", c.page, err)
		}
	}
	r, err := measureAll(ctx, c)
	if err != nil {
		return err
	}
	text := r.markdown()
	fmt.Print(text)
	if c.page == "" {
		return nil
	}
	if page, err = splice(page, text); err != nil {
		return err
	}
	return os.WriteFile(c.page, []byte(page), 0o644)
}

// generate writes data. It is a process of its own because the peak memory of a process
// begins with that of the one that started it.
func generate(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("enginebench generate", flag.ContinueOnError)
	dir := f.String("data", "", "where to")
	sizeName := f.String("size", "S", "T, S, F, M or L")
	formatName := f.String("format", "snappy", "snappy, zstd or int64")
	if err := f.Parse(args); err != nil {
		return err
	}
	size, err := benchdata.ParseSize(*sizeName)
	if err != nil {
		return err
	}
	format, err := benchdata.ParseFormat(*formatName)
	if err != nil {
		return err
	}
	return benchdata.Write(ctx, *dir, size, format)
}
