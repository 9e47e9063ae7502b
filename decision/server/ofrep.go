package server

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"readout/decision"
	"readout/experiment"
)

// The names of the context that say who asks, where and on what. All others are attributes.
const (
	contextKey     = "targetingKey"
	contextSession = "sessionId"
	contextURL     = "url"
	contextDevice  = "device"
)

// OFREP's error codes.
const (
	codeNotFound   = "FLAG_NOT_FOUND"
	codeKeyMissing = "TARGETING_KEY_MISSING"
	codeBadContext = "INVALID_CONTEXT"
	codeParse      = "PARSE_ERROR"
	codeGeneral    = "GENERAL"
	reasonSplit    = "SPLIT"
	reasonTargeted = "TARGETING_MATCH"
	reasonStatic   = "STATIC"
	reasonDefault  = "DEFAULT"
	reasonDisabled = "DISABLED"
)

// evaluate answers POST /ofrep/v1/evaluate/flags/{key}.
//
// Source: OpenFeature Remote Evaluation Protocol, version 0.3.0, with its decision record 6 on answers
// without a value.
func (s *Server) evaluate(e *exchange) {
	q, ok := s.flagQuestion(e)
	if !ok {
		return
	}
	if q.experiments = q.snapshot.Selector(e.key); len(q.experiments) == 0 {
		e.refuseFlag(http.StatusNotFound, codeNotFound, "no experiment has this selector")
		return
	}
	// What is not shown is answered too, with its reason.
	q.expose, q.keep = true, true
	choices, err := s.decide(e, &q)
	if err != nil {
		s.unavailable(e, err)
		return
	}
	e.out = append(appendFlag(e.out[:0], best(choices)), '\n')
	e.answer(http.StatusOK, e.out)
}

// best returns what was shown, else the first that was asked.
func best(choices []answered) *answered {
	for i := range choices {
		if choices[i].Shown {
			return &choices[i]
		}
	}
	return &choices[0]
}

// evaluateAll answers POST /ofrep/v1/evaluate/flags with everything that is shown to the
// visitor. The ETag is a hash of the answer itself, so it changes with the published state,
// the context and what is remembered of the visitor, and with nothing else.
func (s *Server) evaluateAll(e *exchange) {
	q, ok := s.flagQuestion(e)
	if !ok {
		return
	}
	q.experiments, q.expose = q.snapshot.All(), s.exposeBulk
	choices, err := s.decide(e, &q)
	if err != nil {
		s.unavailable(e, err)
		return
	}
	body := append(e.out[:0], `{"flags":[`...)
	for i := range choices {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendFlag(body, &choices[i])
	}
	body = append(body, "]}\n"...)
	e.out = body
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := e.Header()
	h["Etag"] = []string{tag}
	h["Cache-Control"] = revalidate
	if matches(e.request.Header.Get("If-None-Match"), tag) {
		e.WriteHeader(http.StatusNotModified)
		return
	}
	e.answer(http.StatusOK, body)
}

// revalidate lets the client that asked keep an answer, and ask with its ETag.
var revalidate = []string{"private, no-cache"}

// matches reports whether an If-None-Match header names a tag.
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimPrefix(strings.TrimSpace(part), "W/"); part == tag || part == "*" {
			return true
		}
	}
	return false
}

// flagRequest is the body of an evaluation: its context.
type flagRequest struct {
	key, session, url, device string
	attributes                attributes
}

// parseFlag reads the body of an evaluation.
func parseFlag(body []byte) (*flagRequest, error) {
	r := &flagRequest{}
	s := &scanner{data: body}
	err := s.readObject("the body", func(field []byte) error {
		if string(field) != "context" {
			return s.skip()
		}
		*r = flagRequest{attributes: attributes{members: r.attributes.members}}
		return s.readObject("context", func(field []byte) error { return r.member(s, field) })
	})
	if err != nil {
		return nil, err
	}
	return r, s.end()
}

// member reads a member of the context.
func (r *flagRequest) member(s *scanner, field []byte) error {
	switch string(field) {
	case contextKey:
		return s.readID(contextKey, &r.key)
	case contextSession:
		return s.readID(contextSession, &r.session)
	case contextURL:
		return s.readText(contextURL, &r.url)
	case contextDevice:
		return s.readAsSent(contextDevice, &r.device)
	}
	return r.attributes.read(s, "", field)
}

// check returns OFREP's code for what is wrong with a context, empty for nothing.
func (r *flagRequest) check() (code string, err error) {
	if r.key == "" {
		return codeKeyMissing, errors.New("context.targetingKey is required")
	}
	if err := checkVisitor(r.key, r.url); err != nil {
		return codeBadContext, err
	}
	return "", nil
}

// flagQuestion reads what is asked, and answers what is wrong with it.
func (s *Server) flagQuestion(e *exchange) (question, bool) {
	snapshot := s.snapshot()
	if snapshot == nil {
		e.refuse(http.StatusServiceUnavailable, notReady)
		return question{}, false
	}
	if !s.read(e) {
		return question{}, false
	}
	r, err := parseFlag(e.body)
	if err != nil {
		code := codeParse
		if errors.Is(err, errType) {
			code = codeBadContext
		}
		e.refuseFlag(http.StatusBadRequest, code, err.Error())
		return question{}, false
	}
	if code, err := r.check(); err != nil {
		e.refuseFlag(http.StatusBadRequest, code, err.Error())
		return question{}, false
	}
	s.countDevice(r.device)
	return question{
		snapshot: snapshot, now: e.begin,
		visitor: decision.Visitor{
			ID: r.key, Session: r.session, URL: r.url, Device: r.device, Known: snapshot.Known(r.key, r.attributes.known),
		},
	}, true
}

// appendFlag appends the evaluation of one flag. Without a payload there is no value, which
// makes every client return its caller's default: a null would reach callers who ask for an
// object, and is a mismatch of types to all others. A variant is always there, empty for what
// is not shown: the Python client fails without one.
func appendFlag(b []byte, c *answered) []byte {
	def := c.experiment.Definition()
	b = append(b, `{"key":`...)
	b = appendText(b, def.Selector)
	if c.Body != nil {
		b = append(b, `,"value":`...)
		b = append(b, c.Body...)
	}
	b = append(b, `,"reason":`...)
	b = appendText(b, flagReason(def, &c.Outcome))
	b = append(b, `,"variant":`...)
	b = appendText(b, c.Variant)
	b = append(b, `,"metadata":{"experiment":`...)
	b = appendText(b, def.Name)
	b = append(b, `,"reason":`...)
	b = appendText(b, string(c.Reason))
	return append(b, "}}"...)
}

// flagReason returns OFREP's reason. What is not shown has DEFAULT, as in decision record 6: the
// list of reasons in OFREP's OpenAPI document lacks it, but none of those there is true of it.
func flagReason(def *experiment.PublishedExperiment, o *decision.Outcome) string {
	switch {
	case o.Reason == decision.NotRunning:
		return reasonDisabled
	case !o.Shown:
		return reasonDefault
	case o.Reason == decision.Decided:
		return reasonStatic
	case o.Reason == decision.ForcedVariant, def.Type == experiment.TypePersonalization:
		return reasonTargeted
	}
	return reasonSplit
}

// refuseFlag writes an error with one of OFREP's codes.
func (e *exchange) refuseFlag(status int, code, message string) {
	e.out = appendFlagError(e.out[:0], e.key, code, message)
	e.answer(status, e.out)
}

// appendGeneralError appends an error that OFREP has no code for.
func appendGeneralError(b []byte, key, message string) []byte {
	return appendFlagError(b, key, codeGeneral, message)
}

func appendFlagError(b []byte, key, code, message string) []byte {
	b = append(b, '{')
	if key != "" {
		b = append(b, `"key":`...)
		b = appendText(b, key)
		b = append(b, ',')
	}
	b = append(b, `"errorCode":`...)
	b = appendText(b, code)
	b = append(b, `,"errorDetails":`...)
	b = appendText(b, message)
	return append(b, "}\n"...)
}
