package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/pflag"

	"readout/decision/server"
)

const usage = `Serves the decisions of a readout project: which variant a visitor gets.

Usage:
  readout-choose --keys FILE [flags]
  readout-choose key PREFIX      make an API key

Every flag can be given in the environment: READOUT_CHOOSE_LISTEN is --listen.

Examples:
  readout-choose key web
  readout-choose --state shop/state --keys keys.txt
  readout-choose --state shop/state --keys keys.txt --store redis://127.0.0.1:6379/0 --instance web-1

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
	return decide(ctx, c, slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: c.logLevel})))
}

// decide puts the parts of the service together and serves until ctx is done.
func decide(ctx context.Context, c config, log *slog.Logger) error {
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
	f, err := startFeed(ctx, c, store, metrics, log)
	if err != nil {
		return err
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
