package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyHere(t *testing.T) {
	f := func(listens, host string, want int) {
		t.Helper()
		address, err := net.ResolveTCPAddr("tcp", listens)
		if err != nil {
			t.Fatal(err)
		}
		handler := onlyHere(address, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
		r := httptest.NewRequest(http.MethodGet, "http://x/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("listening on %s, asked as %q: %d, want %d", listens, host, w.Code, want)
		}
	}
	for _, host := range []string{"127.0.0.1:8081", "localhost:8081", "LocalHost", "127.0.0.1", "[::1]:8081", "[::1]", "192.0.2.7:9000"} {
		f("127.0.0.1:8081", host, http.StatusOK)
		f("[::1]:8081", host, http.StatusOK)
	}
	for _, host := range []string{"evil.example", "evil.example:8081", "127.0.0.1.evil.example:8081", "localhost.evil.example", ""} {
		f("127.0.0.1:8081", host, http.StatusForbidden)
		f("0.0.0.0:8081", host, http.StatusOK)
	}
}
