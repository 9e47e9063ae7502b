package server

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// TestLogsHaveNothingOfVisitors asks with marks wherever a request says something, in ways
// that succeed and that fail, and looks for the marks in the log.
func TestLogsHaveNothingOfVisitors(t *testing.T) {
	const mark = "qzmark"
	s := start(t, func(_ *service, o *Options) { o.MaxBody = 4 << 10 })
	choose := `{"identification":{"userId":"u-qzmark","profileId":"p-qzmark","sourceId":"s-qzmark"},"names":["new_nav","qzmark"],
		"url":"https://shop.example/?q=qzmark","sessionId":"qzmark","device":"qzmark","attributes":{"qzmark":"qzmark"}}`
	flags := `{"context":{"targetingKey":"qzmark","url":"https://qzmark.example","email":"qzmark@example.com"}}`
	ask := func() {
		s.send(http.MethodPost, choosePath+"?apiKey=pfx.secret&x=qzmark", choose, "Authorization", "", "User-Agent", mark, "Cookie", mark, "X-Forwarded-For", mark)
		s.send(http.MethodPost, choosePath+"?apiKey=pfx.qzmark", choose, "Authorization", "")
		s.send(http.MethodPost, choosePath, choose, "Authorization", "Bearer pfx.qzmark")
		s.send(http.MethodPost, choosePath, choose, "Authorization", "qzmark", "Origin", "https://qzmark.example")
		s.send(http.MethodPost, choosePath, choose)
		s.send(http.MethodPost, choosePath, `{"qzmark"`)
		s.send(http.MethodPost, choosePath, `{"identification":{"userId":"qzmark\ud800"}}`)
		s.send(http.MethodPost, flagsPath, flags)
		s.send(http.MethodPost, flagsPath+"/new_nav", flags)
		s.send(http.MethodPost, flagsPath+"/qzmark", flags)
		s.send(http.MethodGet, "/qzmark?qzmark", "", "Content-Encoding", mark)
		s.send("QZMARK", "/healthz", "")
		s.send(http.MethodPost, choosePath, choose, requestID, mark+" 1")
	}
	ask()
	s.store.fail = func() error { return errors.New("out of order") }
	ask()
	s.store.fail = func() error { panic(choose) }
	ask()
	log := s.log.String()
	if strings.Contains(strings.ToLower(log), mark) || strings.Contains(log, "secret") || strings.Contains(log, "192.0.2.1") {
		t.Errorf("the log tells of visitors: %s", log)
	}
	for _, text := range []string{`"msg":"request"`, `"msg":"decision store"`, `"msg":"request failed"`, `"route":"choose"`, `"status":401`, `"request":"`} {
		if !strings.Contains(log, text) {
			t.Errorf("the log has no %s", text)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	s := start(t, nil)
	f := func(sent string, kept bool) {
		t.Helper()
		a := s.choose(http.StatusOK, `{"identification":{"userId":"u"}}`, requestID, sent)
		got := a.header.Get(requestID)
		if (got == sent) != kept || got == "" || !strings.Contains(s.log.String(), `"request":"`+got+`"`) {
			t.Errorf("%q: %q", sent, got)
		}
	}
	f("", false)
	f("7c5a-4f_A", true)
	f("a b", false)
	f("a\"b", false)
	f(strings.Repeat("a", 64), true)
	f(strings.Repeat("a", 65), false)
}

func TestMetricsOfThePublishedStateAndTheLog(t *testing.T) {
	s := start(t, nil)
	s.metrics.Published("abc", 11, 2, during)
	s.metrics.Published("def", 12, 1, during)
	s.metrics.NotPublished()
	s.metrics.Exposures(5, nil)
	s.metrics.Exposures(0, errors.New("disk"))
	s.choose(http.StatusOK, `{"identification":{"userId":"u"},"names":["new_nav"]}`)
	s.choose(http.StatusBadRequest, `{}`)
	for name, want := range map[string]float64{
		"readout_published_info": 1, "readout_published_experiments": 12, "readout_published_faults": 1, "readout_published_failures_total": 1,
		"readout_published_loaded_timestamp_seconds": float64(during.Unix()), "readout_exposures_written_total": 5, "readout_exposures_failures_total": 1,
		"readout_requests_total": 2, "readout_choices_total": 1, "readout_store_commit_seconds": 1,
	} {
		if got := s.counter(name); got != want {
			t.Errorf("%s: %v want %v", name, got, want)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	line := "pfx 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n"
	f := func(text, want string) {
		t.Helper()
		got := ""
		if _, err := ParseKeys([]byte(text)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q want %q", text, got, want)
		}
	}
	f(line, "")
	f("# comment\r\n\n  "+line, "")
	f("", "no keys: make a line with readout-choose key")
	f("pfx\n", "line 1: want a prefix without . and : and the SHA-256 of the secret in hex")
	f("p.x "+line[4:], "line 1: want a prefix without . and : and the SHA-256 of the secret in hex")
	f("pfx secret\n", "line 1: the second word is not a SHA-256 in hex: make a line with readout-choose key")
	f(line+line, "line 2: prefix pfx is there twice")
	f("\ufeff"+line+line, "line 2: prefix pfx is there twice")
}
