package server

import (
	"net/http"
	"strings"
	"time"
)

// A route is what is served at one kind of path.
type route struct {
	name   string // in metrics and logs
	method string // empty for all
	keyed  bool   // asks for an API key and keeps the limit per key
	handle func(*exchange)
	// appendError appends an error in the shape that the route's clients read.
	appendError func(b []byte, key, message string) []byte
	observe     func(status int, took time.Duration)
}

// allows reports whether a method is served. net/http leaves out the body for HEAD.
func (r *route) allows(method string) bool {
	return method == r.method || r.method == "" || r.method == http.MethodGet && method == http.MethodHead
}

// allow returns the Allow header.
func (r *route) allow() string {
	if r.method == http.MethodGet {
		return "GET, HEAD, OPTIONS"
	}
	return r.method + ", OPTIONS"
}

// routes are all that is served to clients. A path is found by comparing: a ServeMux would
// answer some requests itself, with redirects and texts that are not the clients' shape.
type routes struct {
	choose, flag, flags, health, ready, describe, none route
}

const flagsPath = "/ofrep/v1/evaluate/flags"

func (s *Server) newRoutes() *routes {
	get := func(name string, handle func(*exchange)) route {
		return route{name: name, method: http.MethodGet, handle: handle, appendError: appendError}
	}
	r := &routes{
		choose: route{name: "choose", method: http.MethodPost, keyed: true, handle: s.choose, appendError: appendError},
		flag:   route{name: "ofrep", method: http.MethodPost, keyed: true, handle: s.evaluate, appendError: appendGeneralError},
		flags:  route{name: "ofrep_bulk", method: http.MethodPost, keyed: true, handle: s.evaluateAll, appendError: appendGeneralError},
		health: get("healthz", func(e *exchange) { e.answer(http.StatusOK, []byte("{\"status\":\"alive\"}\n")) }),
		ready:  get("readyz", s.ready),

		describe: get("openapi", func(e *exchange) { e.answer(http.StatusOK, openapi) }),
		none:     route{name: "none", handle: nothing, appendError: appendError},
	}
	for _, r := range []*route{&r.choose, &r.flag, &r.flags, &r.health, &r.ready, &r.describe, &r.none} {
		r.observe = s.metrics.route(r.name)
	}
	return r
}

// find returns the route of a path and puts what varies in it into the exchange.
func (r *routes) find(e *exchange, path string) *route {
	switch path {
	case flagsPath:
		return &r.flags
	case "/healthz":
		return &r.health
	case "/readyz":
		return &r.ready
	case "/openapi.json":
		return &r.describe
	}
	if rest, ok := strings.CutPrefix(path, "/v1/"); ok {
		organization, rest, found := strings.Cut(rest, "/projects/")
		project, is := strings.CutSuffix(rest, "/optimization/choose-api")
		if found && is {
			e.organization, e.project = organization, project
			return &r.choose
		}
	}
	if key, ok := strings.CutPrefix(path, flagsPath+"/"); ok {
		e.key = key
		return &r.flag
	}
	return &r.none
}

// nothing answers at all other paths.
func nothing(e *exchange) {
	e.refuse(http.StatusNotFound, "nothing is served at this path")
}

// ready answers whether a first good snapshot is there, and no stop ahead.
func (s *Server) ready(e *exchange) {
	switch {
	case s.leaving.Load():
		e.refuse(http.StatusServiceUnavailable, "not ready: the service stops")
		return
	case s.snapshot() == nil:
		e.refuse(http.StatusServiceUnavailable, notReady)
		return
	}
	e.answer(http.StatusOK, []byte("{\"status\":\"ready\"}\n"))
}

const notReady = "not ready: there is no published state that can be served, see the log of the service"
