package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits on how slowly and how much a client may send, and how slowly it may read. Writing
// has longer than reading, so that a body that is late gets an answer.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 20 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// serve listens until ctx is done. Then it says leave, goes on for the time to drain, and lets
// requests under way finish.
func serve(ctx context.Context, c config, log *slog.Logger, clients, admin http.Handler, leave func()) error {
	var servers []*http.Server
	var listeners []net.Listener
	for _, l := range []struct {
		name, address string
		handler       http.Handler
	}{{"clients", c.listen, clients}, {"admin", c.admin, admin}} {
		if l.address == "" {
			continue
		}
		listener, err := net.Listen("tcp", l.address)
		if err != nil {
			for _, other := range listeners {
				err = errors.Join(err, other.Close())
			}
			return fmt.Errorf("listen for %s: %w", l.name, err)
		}
		log.Info("listening", "for", l.name, "address", listener.Addr().String())
		handler := l.handler
		if l.name == "admin" {
			handler = onlyHere(listener.Addr(), handler)
		}
		servers, listeners = append(servers, newServer(handler, log)), append(listeners, listener)
	}
	failed := make(chan error, len(servers))
	for i, s := range servers {
		go func() { failed <- s.Serve(listeners[i]) }()
	}
	var err error
	select {
	case <-ctx.Done():
		log.Info("stopping")
		leave()
		select {
		case <-time.After(c.drain):
		case err = <-failed:
		}
	case err = <-failed:
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.grace)
	defer cancel()
	for _, s := range servers {
		if stopErr := s.Shutdown(grace); stopErr != nil {
			err = errors.Join(err, fmt.Errorf("requests were still under way after %s", c.grace), s.Close())
		}
	}
	return err
}
