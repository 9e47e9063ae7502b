package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/pflag"

	"readout/decision"
	"readout/decision/exposurelog"
	"readout/decision/feed"
	"readout/decision/server"
	"readout/decision/sticky"
	"readout/experiment"
)

const usage = `Serves the decisions of a readout project: which variant a visitor gets.

Usage:
  readout-choose --keys FILE [flags]
  readout-choose key PREFIX      make an API key

Every flag can be given in the environment: READOUT_CHOOSE_LISTEN is --listen.

Flags:
`

// version returns the version that the program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return "readout-choose " + info.Main.Version
	}
	return "readout-choose"
}

// usageError is a mistake in how the program was called.
type usageError struct{ error }

// run serves until ctx is done, when the program is to stop.
func run(ctx context.Context, args, environment []string, stdout, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "key" {
		return newKey(args[1:], stdout)
	}
	c, flags, err := parse(args, environment)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		_, err := fmt.Fprint(stdout, usage, flags.FlagUsages())
		return err
	case err != nil:
		return usageError{fmt.Errorf("%w (readout-choose --help says more)", err)}
	case c.version:
		_, err := fmt.Fprintln(stdout, version())
		return err
	}
	defer runtime.KeepAlive(ballast(environment))
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: c.logLevel}))
	keys := &keyFile{path: c.keys}
	if !c.open {
		if err := keys.load(); err != nil {
			return err
		}
	}
	store, err := openStore(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() {
		if err := store.Close(); err != nil {
			log.Error("close the decision store", "error", err)
		}
	}()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newQueue(store))
	others := newInstances(store, log)
	if others != nil {
		registry.MustRegister(others)
	}
	metrics := server.NewMetrics(registry)
	report := reporter(log, metrics)
	f := &feed.Feed{State: c.state, Keep: keepPath(c)}
	var foreign error
	f.Report = func(e feed.Event) {
		report(e)
		if e.Err == nil && e.Watch == nil {
			// Profiles that were taken leave those from before behind.
			runtime.GC()
			sayTarget(c, f.Snapshot().Published(), log)
			if foreign = claim(ctx, store, f.Snapshot().Published()); foreign != nil {
				log.Error("the decision store is shared with another project", "error", foreign)
			}
		}
	}
	f.Load()
	if foreign != nil {
		return foreign
	}
	s := server.New(server.Options{
		Store: store, Snapshot: f.Snapshot, Keys: keys.keys.Load, Now: time.Now, Log: log,
		Metrics: metrics, ExposeBulk: c.exposeBulk, AllowOrigins: c.origins,
		RequestsPerSecond: c.rateLimit, MaxBody: c.maxBody,
	})
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	workers.Go(func() { f.Run(background, c.poll) })
	if !c.open {
		workers.Go(func() { keys.watch(background, c.poll, log) })
	}
	if others != nil {
		workers.Go(func() { others.run(background, heartbeat) })
	}
	workers.Go(func() { logExposures(background, c, f, store, log, metrics) })
	admin := http.NewServeMux()
	admin.Handle("/", s.Admin())
	admin.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	err = serve(ctx, c, log, s.Handler(), admin, s.Leave)
	stop()
	workers.Wait()
	return err
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

// claim makes a store that projects can share that of this one.
func claim(ctx context.Context, store decision.Store, p *experiment.Published) error {
	shared, ok := store.(*sticky.Redis)
	if !ok {
		return nil
	}
	return shared.Claim(ctx, p.Organization+"/"+p.Project)
}

// openStore opens the store that --store names.
func openStore(ctx context.Context, c config, log *slog.Logger) (decision.Store, error) {
	if strings.Contains(c.store, "://") {
		store, err := sticky.OpenRedis(ctx, c.store, sticky.RedisOptions{Project: c.namespace, Instance: c.instance})
		if err != nil {
			return nil, err
		}
		if always, known := store.AppendsAlways(ctx); known && !always {
			log.Warn("Redis does not append every write to its log at once: set appendonly yes and appendfsync always, or answers may be lost with its machine")
		}
		if evicts, known := store.Evicts(ctx); known && evicts {
			log.Warn("Redis drops visitors when its memory is full, and they are drawn again: set maxmemory-policy noeviction")
		}
		return store, nil
	}
	return sticky.OpenPebble(c.store, sticky.PebbleOptions{
		Fatal: func(err error) {
			text := "the decision store is broken and the service ends; what was answered is safe"
			if errors.Is(err, sticky.ErrDamaged) {
				text = "the decision store is damaged and the service ends; a restart does not repair it"
			}
			log.Error(text, "error", err)
			os.Exit(1)
		},
		Warn: func(text string) { log.Warn("decision store", "message", text) },
	})
}

// keepPath returns where the last good published state is kept.
func keepPath(c config) string {
	if strings.Contains(c.store, "://") {
		return ""
	}
	return filepath.Join(c.store, "last-good.json")
}

// reporter logs and counts what loads of the published state came to.
func reporter(log *slog.Logger, metrics *server.Metrics) func(feed.Event) {
	return func(e feed.Event) {
		for _, fault := range e.Faults {
			log.Warn("published state", "fault", fault.Error())
		}
		if e.Watch != nil {
			log.Warn("changes of the published state are not told of and are seen at the next poll", "error", e.Watch)
			return
		}
		switch {
		case e.Err == nil:
		case e.Kept:
			log.Error("the copy of what was served before is not taken", "error", e.Err)
			return
		case e.Served:
			metrics.NotPublished()
			log.Error("published state not taken, the last good one goes on", "error", e.Err)
			return
		default:
			metrics.NotPublished()
			log.Error("published state not taken, and there is none from before: nothing is served", "error", e.Err)
			return
		}
		metrics.Published(e.Checksum, e.Experiments, len(e.Faults), time.Now())
		log.Info("published state", "checksum", e.Checksum, "experiments", e.Experiments, "profiles", e.Users, "kept", e.Kept, "columns_left", e.Left)
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
