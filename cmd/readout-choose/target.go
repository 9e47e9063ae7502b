package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"readout/decision/exposurelog"
	"readout/experiment"
	"readout/internal/exposure"
)

// target returns where and in which form a published state wants exposures.
func target(c config, p *experiment.Published) (exposurelog.Target, error) {
	location, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return exposurelog.Target{}, err
	}
	dir := c.exposures
	if dir == "" {
		if dir, err = exposuresFolder(c.project, p.Exposures.Path); err != nil {
			return exposurelog.Target{}, err
		}
	}
	columns := p.Exposures.Columns
	return exposurelog.Target{
		Dir: dir, Location: location,
		Columns: exposure.Columns{
			User: columns.User, Experiment: columns.Experiment, Variant: columns.Variant, Time: columns.Time,
			Segments: p.Exposures.Segments,
		},
	}, nil
}

// misplaced reports whether the folder of exposures follows from a project that nobody named
// and that is none: the state directory may be anywhere.
func misplaced(c config, path string) bool {
	if !c.guessed || c.exposures != "" || filepath.IsAbs(path) {
		return false
	}
	_, err := os.Stat(filepath.Join(c.project, "readout.yaml"))
	return err != nil
}

// absolute returns a path for the log, where nobody knows the working directory.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// exposuresFolder returns the folder that data.exposures.path names. The batch job reads from
// files, globs and object stores too, where nothing can be written.
func exposuresFolder(project, path string) (string, error) {
	dir := path
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(project, dir)
	}
	info, err := os.Stat(dir)
	switch {
	case strings.Contains(path, "://"), err != nil && strings.ContainsAny(path, "*?["), err == nil && !info.IsDir():
		return "", fmt.Errorf("data.exposures.path %q is no folder: say with --exposures into which one exposures are written", path)
	}
	return dir, nil
}
