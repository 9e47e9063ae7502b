package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"readout/decision"
)

// FuzzService: whatever is asked, the service answers what it documents, and as JSON. It has no
// fault of its own, and what is refused counts for nobody.
func FuzzService(f *testing.F) {
	const visitor = `{"identification":{"userId":"u-1"},"names":["checkout_cta","once"],"attributes":{"plan":"premium","name":"Ann"},"url":"https://x.test/a?b#c"}`
	for _, path := range []string{choosePath, flagsPath, flagsPath + "/greeting", flagsPath + "/%ff%22", "/healthz", "/readyz", "/openapi.json", "/v1//projects//optimization/choose-api", "/"} {
		f.Add("POST", path, keyHeader, "", []byte(visitor))
		f.Add("GET", path, "Bearer pfx.secret", "https://shop.test", []byte(`{"context":{"targetingKey":"u-1","plan":"premium","name":{"a":1}}}`))
	}
	f.Add("POST", flagsPath+"?apiKey=pfx.secret", "", `W/"a", *`, []byte(`{"context":{"targetingKey":7,"device":["x"],"name":"\ud800"}}`))
	f.Add("OPTIONS", choosePath, "Basic "+strings.Repeat("A", 200), "https://shop.test", []byte(`{"groups":["checkout-page","checkout-page"],"exposure":false}`))
	s := start(f, func(_ *service, o *Options) { o.AllowOrigins = []string{"https://shop.test"} })
	statuses := map[int]bool{
		http.StatusOK: true, http.StatusNoContent: true, http.StatusNotModified: true, http.StatusBadRequest: true,
		http.StatusUnauthorized: true, http.StatusNotFound: true, http.StatusMethodNotAllowed: true, http.StatusRequestEntityTooLarge: true,
	}
	f.Fuzz(func(t *testing.T, method, path, authorization, header string, body []byte) {
		asked, err := url.ParseRequestURI(path)
		if err != nil || method == "" {
			return
		}
		s.store.stored, s.store.exposures = make(map[[2]string]decision.Assignment), nil
		r := &http.Request{
			Method: method, URL: asked, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
			Header: http.Header{
				"Authorization": {authorization}, "Origin": {header}, "If-None-Match": {header}, "X-Request-Id": {header}, "Content-Encoding": {header},
			},
		}
		if r.Header.Get("Origin") == "https://shop.test" || strings.Contains(header, `"`) {
			delete(r.Header, "Content-Encoding")
		}
		w := httptest.NewRecorder()
		s.Server.ServeHTTP(w, r.WithContext(t.Context()))
		got := w.Result()
		answered := w.Body.Bytes()
		if !statuses[got.StatusCode] {
			t.Fatalf("status %d: %s", got.StatusCode, answered)
		}
		if empty := got.StatusCode == http.StatusNoContent || got.StatusCode == http.StatusNotModified; empty != (len(answered) == 0) || !empty && !json.Valid(answered) {
			t.Fatalf("status %d with %q", got.StatusCode, answered)
		}
		if got.StatusCode >= http.StatusBadRequest && len(s.store.stored)+len(s.store.exposures) > 0 {
			t.Errorf("status %d, and there are %v and %v", got.StatusCode, s.store.stored, s.store.exposures)
		}
		if id := got.Header.Get(requestID); id == "" || len(id) > maxRequestID || !plainName(id) {
			t.Errorf("request id %q", id)
		}
	})
}

// FuzzParseKeys: only who sends a secret whose hash is in the file has its prefix.
func FuzzParseKeys(f *testing.F) {
	const line = "pfx 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
	f.Add([]byte(line+"\n"), keyHeader)
	f.Add([]byte("\ufeff# keys\r\n\r\n"+line+"\r\n"), "Bearer pfx.secret")
	f.Add([]byte(line+"\n"+line), "Bearer pfx.")
	f.Add([]byte(" "+strings.ToUpper(line)), "bearer  PFX.secret ")
	f.Add(bytes.Repeat([]byte("x"), 100_000), "Basic Og==")
	f.Fuzz(func(t *testing.T, file []byte, authorization string) {
		keys, err := ParseKeys(file)
		if err != nil {
			return
		}
		prefix, ok := keys.prefix(&http.Request{URL: &url.URL{}, Header: http.Header{"Authorization": {authorization}}})
		if !ok {
			return
		}
		sum, known := keys.sums[prefix]
		if !known || !bytes.Contains(file, []byte(prefix)) || sha256.Sum256([]byte("secret")) != sum {
			t.Errorf("%q with %q has the prefix %q", file, authorization, prefix)
		}
	})
}
