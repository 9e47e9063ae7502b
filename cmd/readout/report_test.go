package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readout/reports"
)

// TestPagesHandler serves pages to this machine, and nothing else to anybody.
func TestPagesHandler(t *testing.T) {
	dir := t.TempDir()
	site := &reports.Site{Pages: []reports.Page{{Experiment: "checkout"}}}
	if _, err := site.WritePages(dir); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"notes.html": "mine", "secret.txt": "secret", "lock": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	handler := pagesHandler(dir, "127.0.0.1:8080")
	for _, tt := range []struct {
		method, host, path string
		want               int
	}{
		{"GET", "127.0.0.1:8080", "/", 200},
		{"HEAD", "localhost:8080", "/checkout.html", 200},
		{"GET", "127.0.0.1:8080", "/none.html", 404},
		{"GET", "127.0.0.1:8080", "/notes.html", 404},
		{"GET", "127.0.0.1:8080", "/secret.txt", 404},
		{"GET", "127.0.0.1:8080", "/../" + filepath.Base(dir) + "/index.html", 404},
		{"GET", "127.0.0.1:8080", `/..\index.html`, 404},
		{"POST", "127.0.0.1:8080", "/", 405},
		{"GET", "evil.example", "/", 403},
		{"GET", "127.0.0.1:80", "/", 403},
	} {
		r := httptest.NewRequest(tt.method, "http://x/", nil)
		r.Host, r.URL.Path = tt.host, tt.path
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s %s%s: %d, want %d", tt.method, tt.host, tt.path, w.Code, tt.want)
		}
		if allow := w.Header().Get("Allow"); (allow == "GET, HEAD") != (tt.want == 405) {
			t.Errorf("%s %s: %d allows %q", tt.method, tt.path, tt.want, allow)
		}
		if tt.want == 200 && w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %v", tt.path, w.Header())
		}
	}
}

// TestReportServes starts the server as a person does and stops it as Ctrl-C does.
func TestReportServes(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "readout.yaml"), []byte("organization: acme\nproject: shop\ndata:\n  exposures: {path: e}\n  conversions: {path: c}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out, write := io.Pipe()
	var errs bytes.Buffer
	status := make(chan int, 1)
	go func() {
		clock := func() time.Time { return scriptClock }
		status <- run(ctx, []string{"report", "--serve", "--project", dir}, write, &errs, clock)
		write.Close()
	}()
	line := make([]byte, 100)
	n, err := out.Read(line)
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	response, err := http.Get(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || response.StatusCode != 200 || !strings.Contains(string(body), "<h1>Experiments</h1>") {
		t.Errorf("status %d, %v: %s", response.StatusCode, err, body)
	}
	stop()
	if got := <-status; got != exitOK {
		t.Errorf("exit status %d: %s", got, errs.String())
	}
}
