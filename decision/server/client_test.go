package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// captured is a request as a published client sends it.
type captured struct {
	Client  string            `json:"client"`
	Case    string            `json:"case"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func readCaptured(t *testing.T) []captured {
	t.Helper()
	file, err := os.Open("testdata/clients.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []captured
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var c captured
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// wire returns the bytes of the request.
func (c captured) wire() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n", c.Method, c.Path, len(c.Body))
	for name, value := range c.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
	}
	return b.String() + "\r\n" + c.Body
}

// TestClientsReadTheirAnswers replays what published clients send, byte by byte, and holds
// the answers to what they read.
func TestClientsReadTheirAnswers(t *testing.T) {
	const (
		cta  = `{"name":"checkout_cta","group":"checkout-page","body":{"title":"Welcome back","discount":30},"variant":"big","reason":"assigned"}`
		nav  = `{"name":"new_nav","group":"checkout-page","body":true,"variant":"big","reason":"assigned"}`
		cost = `{"name":"price_test","group":"pricing","body":null,"variant":"control","reason":"assigned"}`
		rest = `{"name":"checkout-cta","group":"","body":{"title":"Hi Ann"},"variant":"big","reason":"assigned"},` + cta +
			`,{"name":"forced","group":"","body":5,"variant":"big","reason":"assigned"},` + nav +
			`,{"name":"once","group":"","body":1,"variant":"big","reason":"assigned"},` + cost +
			`,{"name":"visit","group":"","body":2,"variant":"big","reason":"assigned"},` +
			`{"name":"greeting","group":"","body":{"text":"Hi you"},"variant":"big","reason":"assigned"}`
		hi      = `{"key":"checkout-cta","value":{"title":"Hi Ann"},"reason":"SPLIT","variant":"big","metadata":{"experiment":"checkout-cta","reason":"assigned"}}`
		unknown = `{"key":"missing","errorCode":"FLAG_NOT_FOUND","errorDetails":"no experiment has this selector"}`
	)
	want := map[string]string{
		"one name": `{"choices":[` + cta + `]}`, "everything": `{"choices":[` + rest + `]}`,
		"group " + "pricing": `{"choices":[` + cost + `]}`, "group " + "checkout-page": `{"choices":[` + cta + `,` + nav + `]}`,
		"one flag": hi, "unknown flag": unknown,
	}
	s := start(t, nil)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	for _, c := range readCaptured(t) {
		t.Run(c.Client+" "+c.Case, func(t *testing.T) {
			connection, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			if _, err := io.WriteString(connection, c.wire()); err != nil {
				t.Fatal(err)
			}
			r, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			name := c.Case
			for _, group := range []string{"pricing", "checkout-page"} {
				if name == "group" && strings.Contains(c.Body, group) {
					name += " " + group
				}
			}
			if diff := cmp.Diff(want[name]+"\n", string(body)); diff != "" {
				t.Error(diff)
			}
			status := http.StatusOK
			if name == "unknown flag" {
				status = http.StatusNotFound
			}
			// HTTP/2 that a client offers is not taken up.
			if r.StatusCode != status || r.Proto != "HTTP/1.1" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s %v", r.Proto, r.Status, r.Header)
			}
		})
	}
}

// writes counts what is written to the connections of a listener.
type writes struct {
	net.Listener
	count *atomic.Int64
}

func (l writes) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countedConn{c, l.count}, err
}

type countedConn struct {
	net.Conn
	count *atomic.Int64
}

func (c countedConn) Write(b []byte) (int, error) {
	c.count.Add(1)
	return c.Conn.Write(b)
}

// TestHeaderAndBodyLeaveInOneWrite: and not in chunks, longer answers neither.
func TestHeaderAndBodyLeaveInOneWrite(t *testing.T) {
	s := start(t, nil)
	server := httptest.NewUnstartedServer(s.Server.Handler())
	var count atomic.Int64
	server.Listener = writes{server.Listener, &count}
	server.Start()
	defer server.Close()
	for _, c := range []struct {
		path, body, key string
		status          int
	}{
		{choosePath, `{"identification":{"userId":"u-1"},"names":["checkout_cta"]}`, "pfx.secret", http.StatusOK},
		{choosePath, `{"identification":{"userId":"u-1"}}`, "pfx.secret", http.StatusOK},
		{choosePath, `{}`, "pfx.secret", http.StatusBadRequest},
		{choosePath, `{}`, "pfx.wrong", http.StatusUnauthorized},
		{flagsPath, `{"context":{"targetingKey":"u-1"}}`, "pfx.secret", http.StatusOK},
		// An answer of 2 KiB, which repeats the key.
		{flagsPath + "/" + strings.Repeat("k", ownLength), `{"context":{"targetingKey":"u-1"}}`, "pfx.secret", http.StatusNotFound},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-API-Key", c.key)
		before := count.Load()
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if n := count.Load() - before; n != 1 || response.StatusCode != c.status {
			t.Errorf("%s %s: %s in %d writes", c.path, c.body, response.Status, n)
		}
		if response.ContentLength < 0 {
			t.Errorf("%s %s: an answer in chunks", c.path, c.body)
		}
	}
}
