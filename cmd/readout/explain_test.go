package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestLongExplanations: a payload may be as long as what is published, an answer without an
// end is no explanation, and of a question that is too long the server says so in its status.
func TestLongExplanations(t *testing.T) {
	f := func(status int, want string, server http.HandlerFunc) {
		t.Helper()
		s := httptest.NewServer(server)
		defer s.Close()
		var out, errs bytes.Buffer
		got := run(context.Background(), []string{"explain", "u-1", "a", "--server", s.URL}, &out, &errs, time.Now)
		if text := out.String() + errs.String(); got != status || !strings.Contains(text, want) {
			t.Errorf("status %d, %.300q; want %d, and %.300q in it", got, text, status, want)
		}
	}
	long := strings.Repeat("x", 5<<20)
	f(exitOK, `payload: {"text":"`+long+`"}`, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"explanations":[{"experiment":"a","shown":true,"body":{"text":"%s"}}]}`, long)
	})
	f(exitFailed, " answered with status 431 Request Header Fields Too Large and no explanation: ", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "", http.StatusRequestHeaderFieldsTooLarge)
	})
	f(exitFailed, " answered with more than 128 MiB: is it the address of --admin?\n", func(w http.ResponseWriter, _ *http.Request) {
		for err := error(nil); err == nil; {
			_, err = io.WriteString(w, long)
		}
	})
}
