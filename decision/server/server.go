package server

import (
	"hash/maphash"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"readout/decision"
)

// Options is what a server needs. All fields but the last four are required.
type Options struct {
	Store decision.Store
	// Snapshot returns the latest snapshot, nil before the first good one.
	Snapshot func() *decision.Snapshot
	// Keys returns the keys that may ask; nil lets everybody ask.
	Keys    func() *Keys
	Now     func() time.Time
	Log     *slog.Logger
	Metrics *Metrics

	// ExposeBulk lets questions about everything count: exposures are logged and display
	// budgets spent, as if each had been asked for by name.
	ExposeBulk bool
	// AllowOrigins are the origins of browsers that may ask; none by default.
	AllowOrigins []string
	// RequestsPerSecond is how many requests one key may make; 0 is no limit.
	RequestsPerSecond float64
	// MaxBody is the largest body in bytes; 0 means DefaultMaxBody.
	MaxBody int64
}

// DefaultMaxBody is how large a body may be in bytes unless told otherwise: 1 MiB.
const DefaultMaxBody = 1 << 20

// Server answers the requests of clients.
type Server struct {
	store      decision.Store
	snapshot   func() *decision.Snapshot
	keys       func() *Keys
	now        func() time.Time
	log        *slog.Logger
	metrics    *Metrics
	exposeBulk bool
	origins    map[string]bool
	limits     *limiter
	maxBody    int64
	routes     *routes
	exchanges  sync.Pool
	leaving    atomic.Bool
	turns      turns
	// storeFaults keeps the log short while the store is down.
	storeFaults quiet
}

// New returns a server.
func New(o Options) *Server {
	s := &Server{
		store: o.Store, snapshot: o.Snapshot, keys: o.Keys, now: o.Now, log: o.Log, metrics: o.Metrics,
		exposeBulk: o.ExposeBulk, origins: make(map[string]bool), maxBody: o.MaxBody,
		turns: turns{seed: maphash.MakeSeed()},
	}
	for _, origin := range o.AllowOrigins {
		s.origins[strings.TrimSuffix(origin, "/")] = true
	}
	if s.maxBody == 0 {
		s.maxBody = DefaultMaxBody
	}
	if o.RequestsPerSecond > 0 {
		s.limits = newLimiter(o.RequestsPerSecond, o.Now)
	}
	s.routes = s.newRoutes()
	return s
}

// Handler returns what answers on the listener of clients.
func (s *Server) Handler() http.Handler { return s }

// Leave says that the service stops soon: from now on it is not ready, so that load balancers
// send nobody any more, and every answer ends its connection, so that none has a request on the
// way when the connections are closed. All questions are answered as before.
func (s *Server) Leave() { s.leaving.Store(true) }

// admit asks for a key and keeps the limit per key.
func (s *Server) admit(e *exchange) bool {
	prefix := ""
	if keys := s.keys(); keys != nil {
		var ok bool
		if prefix, ok = keys.prefix(e.request); !ok {
			// Not Basic: browsers would ask their users for a name and a password.
			e.Header().Set("WWW-Authenticate", `Bearer realm="readout"`)
			e.refuse(http.StatusUnauthorized, "the API key is missing or wrong")
			return false
		}
	}
	if s.limits != nil {
		if wait := s.limits.wait(prefix); wait > 0 {
			e.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
			e.refuse(http.StatusTooManyRequests, "too many requests with this key")
			return false
		}
	}
	return true
}
