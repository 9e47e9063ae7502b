package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readout/decision"
)

// queue counts the exposures that wait to be written, when Prometheus asks.
type queue struct {
	store decision.Store
	desc  *prometheus.Desc
}

func newQueue(store decision.Store) queue {
	return queue{store, prometheus.NewDesc("readout_exposures_queued", "Exposures that wait to be written to the log.", nil, nil)}
}

// queueTimeout is how long a store may take to count.
const queueTimeout = time.Second

// Describe implements [prometheus.Collector].
func (q queue) Describe(descs chan<- *prometheus.Desc) { descs <- q.desc }

// Collect implements [prometheus.Collector]. A store that does not answer has no number.
func (q queue) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), queueTimeout)
	defer cancel()
	if n, err := q.store.Queued(ctx); err == nil {
		metrics <- prometheus.MustNewConstMetric(q.desc, prometheus.GaugeValue, float64(n))
	}
}
