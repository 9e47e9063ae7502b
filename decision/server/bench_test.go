package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"readout/experiment"
)

// The benchmarks measure the handler alone: reading the request, deciding with a store in
// memory, and writing the answer. BenchmarkEcho is what a plain handler needs that reads the
// same body with encoding/json and writes an answer of the same size.

// discard is an answer that nobody reads.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// measure asks a handler again and again.
func measure(b *testing.B, handler http.Handler, path, body string) {
	b.Helper()
	r := httptest.NewRequest(http.MethodPost, path, nil)
	r.Header.Set("Authorization", keyHeader)
	r.Header.Set("Content-Type", "application/json")
	r.ContentLength = int64(len(body))
	w := &discard{header: make(http.Header)}
	reader := bytes.NewReader([]byte(body))
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset([]byte(body))
		r.Body = io.NopCloser(reader)
		clear(w.header)
		if handler.ServeHTTP(w, r); w.status != http.StatusOK {
			b.Fatal(w.status)
		}
	}
}

// fifty returns experiments of two variants.
func fifty() (all []experiment.PublishedExperiment) {
	for i := range 50 {
		all = append(all, published(fmt.Sprintf("experiment-%02d", i), `{"title":"Welcome back","discount":30}`, func(e *experiment.PublishedExperiment) {
			e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole/2, experiment.Whole/2
			e.Groups = []string{"checkout-page"}
		}))
	}
	return all
}

const stickyBody = `{"identification":{"userId":"u-1","profileId":"p-1","sourceId":"1234567890123456789"},"names":["experiment-07"],"device":"all","sessionId":"s-42"}`

func BenchmarkEcho(b *testing.B) {
	type request struct {
		Identification map[string]string `json:"identification"`
		Names          []string          `json:"names"`
		Device         string            `json:"device"`
		SessionID      string            `json:"sessionId"`
	}
	measure(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in request
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		_ = json.NewEncoder(w).Encode(in)
	}), "/", stickyBody)
}

func BenchmarkChoose(b *testing.B) {
	s := start(b, benchmark)
	measure(b, s.Server.Handler(), choosePath, stickyBody)
}

func BenchmarkFlag(b *testing.B) {
	s := start(b, benchmark)
	measure(b, s.Server.Handler(), flagsPath+"/experiment-07", `{"context":{"targetingKey":"u-1","plan":"premium"}}`)
}

func BenchmarkFlags50(b *testing.B) {
	s := start(b, benchmark)
	measure(b, s.Server.Handler(), flagsPath, `{"context":{"targetingKey":"u-1","plan":"premium"}}`)
}

func BenchmarkChoose50(b *testing.B) {
	s := start(b, benchmark)
	measure(b, s.Server.Handler(), choosePath, `{"identification":{"userId":"u-1"},"groups":["checkout-page"],"device":"all"}`)
}

// benchmark serves fifty experiments by a real clock, set to when they run.
func benchmark(s *service, o *Options) {
	begun := time.Now()
	s.snapshot = compile(s.t, fifty()...)
	o.Log = slog.New(slog.DiscardHandler)
	o.Now = func() time.Time { return time.Now().Add(during.Sub(begun)) }
}
