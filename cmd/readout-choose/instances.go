package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readout/decision"
	"readout/decision/sticky"
)

// heartbeat is how often an instance says that it is there.
const heartbeat = 30 * time.Second

// instances tells of the exposures that instances of a shared store have left in their queues.
type instances struct {
	store *sticky.Redis
	log   *slog.Logger
	desc  *prometheus.Desc
	left  atomic.Pointer[[]sticky.Left] // at the last heartbeat
	told  map[string]bool               // instances that a line of the log is about
	blind bool                          // the last heartbeat failed
}

// newInstances returns nil for a store that is not shared.
func newInstances(store decision.Store, log *slog.Logger) *instances {
	shared, ok := store.(*sticky.Redis)
	if !ok {
		return nil
	}
	// Not instance: Prometheus has a label of that name for where it asks.
	return &instances{store: shared, log: log, told: make(map[string]bool), desc: prometheus.NewDesc(
		"readout_exposures_left", "Exposures in the queue of an instance that has not been heard of for 10 minutes, by its name.", []string{"queue"}, nil)}
}

// run says that this instance is there, every so often until ctx is done.
func (i *instances) run(ctx context.Context, every time.Duration) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		i.beat(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// beat looks once.
func (i *instances) beat(ctx context.Context) {
	left, err := i.store.Heartbeat(ctx)
	i.left.Store(&left)
	if err != nil {
		if !i.blind && ctx.Err() == nil {
			i.log.Warn("what other instances have left in the decision store is not known", "error", err)
		}
		i.blind = true
		return
	}
	i.blind = false
	told := make(map[string]bool)
	for _, l := range left {
		told[l.Instance] = true
		if !i.told[l.Instance] {
			i.log.Warn("an instance has left exposures in the decision store: they are written when one starts under its name",
				"instance", l.Instance, "exposures", l.Rows, "last_heard_of", l.Since.Format(time.RFC3339))
		}
	}
	i.told = told
}

// Describe implements [prometheus.Collector].
func (i *instances) Describe(descs chan<- *prometheus.Desc) { descs <- i.desc }

// Collect implements [prometheus.Collector].
func (i *instances) Collect(metrics chan<- prometheus.Metric) {
	if left := i.left.Load(); left != nil {
		for _, l := range *left {
			metrics <- prometheus.MustNewConstMetric(i.desc, prometheus.GaugeValue, float64(l.Rows), l.Instance)
		}
	}
}
