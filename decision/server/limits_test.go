package server

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"readout/experiment"
)

func TestRequestsThatAreNoneOfOursAreErrorsInJSON(t *testing.T) {
	s := start(t, nil)
	f := func(status int, method, path, allow string) {
		t.Helper()
		a := s.send(method, path, "")
		if a.status != status || a.header.Get("Allow") != allow || a.header.Get(requestID) == "" ||
			a.header.Get("Content-Type") != "application/json" || method != http.MethodHead && a.body == "" {
			t.Errorf("%s %s: %d %v %s", method, path, a.status, a.header, a.body)
		}
	}
	f(http.StatusNotFound, "POST", "/", "")
	f(http.StatusNotFound, "GET", "/v1/acme/projects/web/optimization", "")
	f(http.StatusNotFound, "OPTIONS", "/nowhere", "")
	f(http.StatusNotFound, "POST", "/v1/acme/projects/web/optimization/choose-web", "")
	// Paths that a ServeMux would answer with a redirect.
	f(http.StatusNotFound, "POST", "//v1/acme/projects/web/optimization/choose-api", "")
	f(http.StatusNotFound, "POST", "/v1/acme/projects/web/optimization/choose-api/", "")
	f(http.StatusNotFound, "POST", "/v1/acme/../acme/projects/web/optimization/choose-api", "")
	f(http.StatusNotFound, "POST", "/v1/acme/projects/other/optimization/choose-api", "")
	f(http.StatusNotFound, "POST", "/v1/other/projects/web/optimization/choose-api", "")
	f(http.StatusMethodNotAllowed, "GET", choosePath, "POST, OPTIONS")
	f(http.StatusMethodNotAllowed, "HEAD", choosePath, "POST, OPTIONS")
	f(http.StatusMethodNotAllowed, "PUT", flagsPath, "POST, OPTIONS")
	f(http.StatusMethodNotAllowed, "DELETE", flagsPath+"/new_nav", "POST, OPTIONS")
	f(http.StatusMethodNotAllowed, "POST", "/healthz", "GET, HEAD, OPTIONS")
	f(http.StatusMethodNotAllowed, "PATCH", "/openapi.json", "GET, HEAD, OPTIONS")
	f(http.StatusOK, "HEAD", "/readyz", "")
}

func TestAFaultOfTheProgramIsAnAnswer(t *testing.T) {
	s := start(t, nil)
	s.store.fail = func() error { panic("secret-of-a-visitor") }
	ask := `{"identification":{"userId":"u"},"names":["new_nav"]}`
	if got := s.choose(http.StatusInternalServerError, ask).message(t); got != "internal error: see the log of the service" {
		t.Error(got)
	}
	f := s.post(http.StatusInternalServerError, flagsPath, `{"context":{"targetingKey":"u"}}`).flag(t)
	if f.ErrorCode != codeGeneral {
		t.Errorf("%+v", f)
	}
	if log := s.log.String(); !strings.Contains(log, "request failed") || strings.Contains(log, "secret-of-a-visitor") {
		t.Error(log)
	}
	s.store.fail = nil
	s.choose(http.StatusOK, ask)
}

// TestDescribeFault: a fault of the program's own is told in full, another value by its type.
func TestDescribeFault(t *testing.T) {
	var numbers []int
	for want, fault := range map[string]func(){
		"runtime error: index out of range [3] with length 0": func() { numbers[3]++ },
		"*errors.errorString": func() { panic(errors.New("secret")) },
	} {
		func() {
			defer func() {
				if got := describeFault(recover()); got != want {
					t.Errorf("%q, want %q", got, want)
				}
			}()
			fault()
		}()
	}
}

func TestBodiesAsClientsSendThem(t *testing.T) {
	s := start(t, func(_ *service, o *Options) { o.MaxBody = 4 << 10 })
	ask := `{"identification":{"userId":"u"},"names":["new_nav"]}`
	for _, contentType := range []string{"", "text/plain", "application/json; charset=utf-8", "application/x-www-form-urlencoded", "\xff"} {
		s.choose(http.StatusOK, ask, "Content-Type", contentType)
	}
	s.choose(http.StatusOK, "\n\t "+ask+" \r\n")
	s.choose(http.StatusOK, ask, "Content-Encoding", "identity")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, ask); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := s.choose(http.StatusBadRequest, packed.String(), "Content-Encoding", "gzip").message(t); got != "send the body without Content-Encoding" {
		t.Error(got)
	}
	fits := ask + strings.Repeat(" ", 4<<10-len(ask))
	s.choose(http.StatusOK, fits)
	s.choose(http.StatusRequestEntityTooLarge, fits+" ")
}

// TestLimitsOnTheWire asks as only a client with a connection of its own can.
func TestLimitsOnTheWire(t *testing.T) {
	s := start(t, func(_ *service, o *Options) { o.MaxBody = 4 << 10 })
	server := httptest.NewUnstartedServer(s.handler)
	server.Config.ReadTimeout = 300 * time.Millisecond
	server.Start()
	defer server.Close()
	f := func(name, request, body string, status int) {
		t.Run(name, func(t *testing.T) {
			connection, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n", choosePath, keyHeader)
			if _, err := io.WriteString(connection, head+request+"\r\n"+body); err != nil {
				t.Fatal(err)
			}
			r, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			read, err := io.ReadAll(r.Body)
			if err != nil || r.StatusCode != status || !bytes.HasPrefix(read, []byte(`{"`)) {
				t.Errorf("%s %s %v", r.Status, read, err)
			}
		})
	}
	ask := `{"identification":{"userId":"u"},"names":["new_nav"]}`
	length := fmt.Sprintf("Content-Length: %d\r\n", len(ask))
	f("plain", length, ask, http.StatusOK)
	f("chunked", "Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(ask), ask), http.StatusOK)
	f("HTTP/2 offered", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"+length, ask, http.StatusOK)
	f("a body that does not come", length, ask[:20], http.StatusRequestTimeout)
	f("large by its length", "Content-Length: 1000000\r\n", "", http.StatusRequestEntityTooLarge)
	f("large in chunks", "Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n", 5000, strings.Repeat("x", 5000)), http.StatusRequestEntityTooLarge)
	f("a broken chunk", "Transfer-Encoding: chunked\r\n", "zz\r\n", http.StatusBadRequest)
}

// TestAGroupAskedForManyTimes: a short request does not cost the number of experiments for each of its
// words.
func TestAGroupAskedForManyTimes(t *testing.T) {
	var all []experiment.PublishedExperiment
	for i := range 3000 {
		all = append(all, published(fmt.Sprintf("e%d", i), `1`, func(e *experiment.PublishedExperiment) { e.Groups = []string{"a", "b"} }))
	}
	snapshot := compile(t, all...)
	r, err := parseChoose([]byte(`{"identification":{"userId":"u"},"groups":["b"` + strings.Repeat(`,"a"`, maxNames-1) + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if found := r.ask(snapshot); len(found) != len(all) || time.Since(begin) > time.Second {
		t.Errorf("%d experiments of %d after %v", len(found), len(all), time.Since(begin))
	}
}
