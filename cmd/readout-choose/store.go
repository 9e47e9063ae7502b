package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"readout/decision"
	"readout/decision/sticky"
	"readout/experiment"
)

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
