package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"readout/decision"
	"readout/decision/exposurelog"
	"readout/decision/feed"
	"readout/decision/server"
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

// sayTarget logs where exposures are written, and what speaks against it.
func sayTarget(c config, p *experiment.Published, log *slog.Logger) {
	t, err := target(c, p)
	if err != nil {
		log.Error("exposures cannot be written and stay queued", "error", err)
		return
	}
	log.Info("exposures are written", "folder", absolute(t.Dir))
	if misplaced(c, p.Exposures.Path) {
		log.Warn("the project is taken to be where the state directory is, and has no readout.yaml there: "+
			"say with --project where it is, or with --exposures where exposures go, or the daily job may not find them",
			"project", absolute(c.project))
	}
}

// logExposures writes exposures to the log as the project says, which is known once there is
// a snapshot.
func logExposures(ctx context.Context, c config, f *feed.Feed, store decision.Store, log *slog.Logger, metrics *server.Metrics) {
	report := func(rows, files int, err error) {
		metrics.Exposures(rows, err)
		if err != nil {
			log.Error("exposure log", "rows", rows, "error", err)
			return
		}
		log.Info("exposure log", "rows", rows, "files", files)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	defer signal.Stop(signals)
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for f.Snapshot() == nil {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
	l := &exposurelog.Log{
		Store: store, Rows: c.flushRows,
		Target: func() (exposurelog.Target, error) { return target(c, f.Snapshot().Published()) },
	}
	l.Run(ctx, c.flushEvery, signals, report)
}
