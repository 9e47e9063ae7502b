package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"

	"readout/decision"
	"readout/decision/sticky"
	"readout/internal/exposure"
)

// TestQueueThatIsLeft: the log and the metrics tell of the queue of an instance that does not come
// back, once and as long as it is there.
func TestQueueThatIsLeft(t *testing.T) {
	m := miniredis.RunT(t)
	begin := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	m.SetTime(begin)
	var log bytes.Buffer
	open := func(instance string) (decision.Store, *instances) {
		t.Helper()
		store, err := sticky.OpenRedis(t.Context(), "redis://"+m.Addr(), sticky.RedisOptions{Project: "shop", Instance: instance})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		return store, newInstances(store, slog.New(slog.NewJSONHandler(&log, nil)))
	}
	gone, itself := open("shop-3")
	itself.beat(t.Context())
	row := decision.Exposure{Row: exposure.Row{User: "u", Experiment: "button", Variant: "big", Time: begin}}
	change := decision.Change{Experiment: "button", ID: "u", After: decision.Assignment{Variant: "big", At: begin}, Exposure: &row}
	if _, err := gone.Commit(context.Background(), []decision.Change{change}); err != nil {
		t.Fatal(err)
	}
	_, here := open("shop-1")
	f := func(after time.Duration, left, lines int) {
		t.Helper()
		m.SetTime(begin.Add(after))
		here.beat(t.Context())
		metrics := make(chan prometheus.Metric, 2)
		here.Collect(metrics)
		if n := len(metrics); n != left {
			t.Errorf("after %v: %d queues are left, want %d", after, n, left)
		}
		if n := strings.Count(log.String(), `"instance":"shop-3","exposures":1,"last_heard_of":"2026-01-10T12:00:00Z"`); n != lines {
			t.Errorf("after %v: %d lines of the log tell of it, want %d: %s", after, n, lines, &log)
		}
	}
	f(time.Minute, 0, 0)
	f(11*time.Minute, 1, 1)
	f(12*time.Minute, 1, 1)
	itself.beat(t.Context())
	f(13*time.Minute, 0, 1)
	m.SetError("LOADING Redis is loading the dataset in memory")
	f(30*time.Minute, 0, 1)
	f(31*time.Minute, 0, 1)
	if n := strings.Count(log.String(), "is not known"); n != 1 {
		t.Errorf("%d lines of the log tell that Redis does not, want 1: %s", n, &log)
	}
	m.SetError("")
	f(32*time.Minute, 1, 1)
}
