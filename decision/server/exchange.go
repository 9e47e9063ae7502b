package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"readout/decision"
)

// An exchange is one request with its answer, and the memory that both need. Exchanges are
// used again for later requests.
type exchange struct {
	http.ResponseWriter
	request *http.Request
	route   *route
	begin   time.Time
	status  int // 0 before the answer

	key          string // of the flag that is asked for
	organization string
	project      string

	body       []byte // of the request
	out        []byte // of the answer
	names      []string
	remembered []decision.Assignment
	answered   []answered
}

// The largest memory that an exchange takes along to the next request.
const (
	maxKept     = 64 << 10 // bytes of a body
	maxAnswered = 1 << 10  // experiments
)

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, ok := s.exchanges.Get().(*exchange)
	if !ok {
		e = &exchange{}
	}
	e.ResponseWriter, e.request, e.begin, e.status = w, r, s.now(), 0
	e.key, e.organization, e.project = "", "", ""
	e.route = s.routes.find(e, r.URL.Path)
	e.identify()
	if s.leaving.Load() {
		e.Header()["Connection"] = closes
	}
	s.handle(e)
	s.finish(e)
	e.ResponseWriter, e.request = nil, nil
	clear(e.answered[:cap(e.answered)])
	if max(cap(e.body), cap(e.out)) <= maxKept && cap(e.answered) <= maxAnswered {
		s.exchanges.Put(e)
	}
}

// handle answers a request. A fault of the program becomes an answer too.
func (s *Server) handle(e *exchange) {
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if fault == http.ErrAbortHandler {
			panic(fault)
		}
		s.log.Error("request failed", "route", e.route.name, "request", e.id(), "fault", describeFault(fault), "stack", string(debug.Stack()))
		if e.status == 0 {
			e.refuse(http.StatusInternalServerError, internalError)
		}
	}()
	if !s.cors(e) {
		return
	}
	if !e.route.allows(e.request.Method) {
		e.Header().Set("Allow", e.route.allow())
		e.refuse(http.StatusMethodNotAllowed, "use "+e.route.method)
		return
	}
	if e.route.keyed && !s.admit(e) {
		return
	}
	e.route.handle(e)
}

const internalError = "internal error: see the log of the service"

// describeFault says what a panic was about. Other values than the program's own may hold
// what a request said, so only their type is told.
func describeFault(fault any) string {
	if err, ok := fault.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", fault)
}

// finish counts a request and logs it.
func (s *Server) finish(e *exchange) {
	if e.status == 0 {
		// The client went away before there was an answer.
		e.status = statusGone
	}
	took := s.now().Sub(e.begin)
	e.route.observe(e.status, took)
	if ctx := e.request.Context(); s.log.Enabled(ctx, slog.LevelDebug) {
		s.log.Debug("request", "route", e.route.name, "status", e.status, "seconds", took.Seconds(), "request", e.id())
	}
}

// statusGone counts requests whose client went away.
const statusGone = 499

// id returns the id of the request.
func (e *exchange) id() string { return e.Header().Get(requestID) }

// WriteHeader implements [http.ResponseWriter].
func (e *exchange) WriteHeader(status int) {
	e.status = status
	e.ResponseWriter.WriteHeader(status)
}

// answer writes a whole answer.
func (e *exchange) answer(status int, body []byte) { writeJSON(e, status, body) }

// refuse writes an error in the shape of the route.
func (e *exchange) refuse(status int, message string) {
	e.out = e.route.appendError(e.out[:0], e.key, message)
	e.answer(status, e.out)
}

// unavailable answers that nothing can be decided durably now.
func (s *Server) unavailable(e *exchange, err error) {
	if errors.Is(err, context.Canceled) && e.request.Context().Err() != nil {
		return
	}
	s.metrics.storeFailed()
	if more, ok := s.storeFaults.pass(s.now()); ok {
		s.log.Error("decision store", "request", e.id(), "error", err, "failed_since_last_line", more)
	}
	e.Header().Set("Retry-After", "1")
	e.refuse(http.StatusServiceUnavailable, "the decision store does not answer: try again")
}

// smallBody is what the memory for a body begins with: that of nearly all requests fits, and
// a large one has to arrive before it takes more.
const smallBody = 4 << 10

// read reads the body of the request and answers what is wrong with it.
func (s *Server) read(e *exchange) bool {
	r := e.request
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		e.refuse(http.StatusBadRequest, "send the body without Content-Encoding")
		return false
	}
	if r.ContentLength > s.maxBody {
		e.refuse(http.StatusRequestEntityTooLarge, "the body is too large")
		return false
	}
	if e.body == nil {
		e.body = make([]byte, 0, smallBody)
	}
	body := e.body[:0]
	var err error
	for err == nil && int64(len(body)) <= s.maxBody {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		var n int
		n, err = r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
	}
	e.body = body
	switch {
	case int64(len(body)) > s.maxBody:
		e.refuse(http.StatusRequestEntityTooLarge, "the body is too large")
	case errors.Is(err, os.ErrDeadlineExceeded):
		e.refuse(http.StatusRequestTimeout, "the body did not arrive in time")
	case err != io.EOF:
		e.refuse(http.StatusBadRequest, "the body did not arrive whole")
	default:
		return true
	}
	return false
}
