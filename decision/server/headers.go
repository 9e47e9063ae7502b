package server

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
)

// requestID is the header that names a request in answers and logs.
const requestID = "X-Request-Id"

// maxRequestID is the longest id of a request that is taken over from a client.
const maxRequestID = 64

// identify gives the answer the id of its request, which is the client's own or a new one.
func (e *exchange) identify() {
	id := e.request.Header.Get(requestID)
	if id == "" || len(id) > maxRequestID || !plainName(id) {
		var random [8]byte
		n := rand.Uint64()
		for i := range random {
			random[i] = byte(n >> (8 * i))
		}
		id = hex.EncodeToString(random[:])
	}
	e.Header()[requestID] = []string{id}
}

// cors answers preflights and marks answers for the browsers of allowed origins. It returns
// false when the request is answered.
func (s *Server) cors(e *exchange) bool {
	origin := e.request.Header.Get("Origin")
	h := e.Header()
	allowed := origin != "" && s.origins[origin]
	if origin != "" {
		h.Add("Vary", "Origin")
	}
	if allowed {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Expose-Headers", "ETag, Retry-After, "+requestID)
	}
	if e.request.Method != http.MethodOptions || e.route.method == "" {
		return true
	}
	if allowed {
		h.Set("Access-Control-Allow-Methods", e.route.method+", OPTIONS")
		// The last three are what tracing in browsers adds to every request; they are not read.
		h.Set("Access-Control-Allow-Headers",
			"Authorization, Content-Type, If-None-Match, X-API-Key, X-Intempt-Lib, "+requestID+", traceparent, tracestate, baggage")
		h.Set("Access-Control-Max-Age", "600")
	}
	h.Set("Allow", e.route.allow())
	e.WriteHeader(http.StatusNoContent)
	return false
}
