package main

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"readout/decision"
	"readout/decision/feed"
	"readout/decision/server"
)

// startFeed loads the published state, and says now and of every later load what it came to. It
// fails where the decision store is another project's; that of a later load is only logged.
func startFeed(ctx context.Context, c config, store decision.Store, metrics *server.Metrics, log *slog.Logger) (*feed.Feed, error) {
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
	return f, foreign
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
