package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"readout/internal/benchdata"
)

// arrival is a folder to which the files of a dataset come day by day.
type arrival struct {
	dir    string
	data   dataset
	linked int // days whose files have come
}

// come lets the files of all days through the n-th live one come.
func (a *arrival) come(n int) error {
	for ; a.linked < benchdata.LeadDays+n; a.linked++ {
		for _, table := range []string{"exposures", "conversions"} {
			if err := a.link(filepath.Join(table, benchdata.Folder(a.linked), "part-0.parquet")); err != nil {
				return err
			}
		}
	}
	return nil
}

// link puts a file of the data into the folder, if there is one.
func (a *arrival) link(name string) error {
	path := filepath.Join(a.dir, "data", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Link(filepath.Join(a.data.dir, name), path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// dayCosts is what the engine takes for days, each with the looks of all days so far.
type dayCosts struct {
	full  cost   // all files, without any kept rows
	daily []cost // each day after those before
}

// measureEngineDays runs the engine day after day, with the rows kept of the days before.
// The last figures must be those of a run over all files.
func measureEngineDays(ctx context.Context, d dataset, dir string) (dayCosts, error) {
	var costs dayCosts
	c, err := engineCommand(0, "-mature", "-looks", strconv.Itoa(liveDays))(ctx, d)
	if err != nil {
		return costs, err
	}
	var want answer
	if costs.full, want, err = figuresBy(ctx, c); err != nil {
		return costs, err
	}
	say("%s: engine, all days, %v", d, costs.full)
	if err := os.RemoveAll(dir); err != nil {
		return costs, err
	}
	files := arrival{dir: dir, data: d}
	var last answer
	for n := 1; n <= liveDays; n++ {
		if err := files.come(n); err != nil {
			return costs, err
		}
		there := d
		there.dir = filepath.Join(dir, "data")
		c, err := engineCommand(0, "-mature", "-looks", strconv.Itoa(n), "-back", strconv.Itoa(liveDays-n), "-keep", filepath.Join(dir, "kept"))(ctx, there)
		if err != nil {
			return costs, err
		}
		var took cost
		if took, last, err = figuresBy(ctx, c); err != nil {
			return costs, err
		}
		say("%s: engine, day %d, %v", d, n, took)
		costs.daily = append(costs.daily, took)
	}
	if err := differ(want.Figures, last.Figures); err != nil {
		return costs, fmt.Errorf("all files and day by day disagree: %w", err)
	}
	return costs, nil
}
