package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"readout/decision"
	"readout/experiment"
)

// The tests in this file are the behaviour that users of such services ran into elsewhere, as
// far as HTTP is concerned; decision's behaviour_test.go has the rest.

func TestReadingWithoutExposing(t *testing.T) {
	s := start(t, nil)
	names := s.choose(http.StatusOK, `{"identification":{"userId":"u"},"names":["new_nav","once"],"exposure":false}`).names(t)
	if len(names) != 2 || len(s.store.exposures) != 0 {
		t.Errorf("shown %v, exposures %v", names, s.store.exposures)
	}
	// The assignment holds all the same, and the exposure comes when it counts.
	if len(s.store.stored) != 2 {
		t.Errorf("stored %v", s.store.stored)
	}
	s.choose(http.StatusOK, `{"identification":{"userId":"u"},"names":["new_nav","once"]}`)
	if diff := cmp.Diff([]string{"new_nav", "once"}, s.store.exposed("u")); diff != "" {
		t.Error(diff)
	}
}

func TestReadAllBurnsNoBudget(t *testing.T) {
	s := start(t, nil)
	for _, read := range []func(){
		func() { s.choose(http.StatusOK, `{"identification":{"userId":"u"}}`) },
		func() { s.post(http.StatusOK, flagsPath, `{"context":{"targetingKey":"u"}}`) },
	} {
		read()
		read()
		if got := s.store.exposed("u"); len(got) != 0 {
			t.Errorf("exposures of %v", got)
		}
	}
	once := `{"identification":{"userId":"u"},"names":["once"]}`
	if got := s.choose(http.StatusOK, once).names(t); len(got) != 1 {
		t.Error("the budget was spent by reading")
	}
	if got := s.choose(http.StatusOK, once).names(t); len(got) != 0 {
		t.Error("the budget was not spent by showing")
	}
}

func TestDuplicateExposures(t *testing.T) {
	s := start(t, nil)
	for range 3 {
		s.choose(http.StatusOK, `{"identification":{"userId":"u"},"names":["new_nav"]}`)
		s.post(http.StatusOK, flagsPath+"/new_nav", `{"context":{"targetingKey":"u"}}`)
	}
	if got := s.store.exposed("u"); len(got) != 1 || s.store.commits != 1 {
		t.Errorf("exposures %v in %d commits", got, s.store.commits)
	}
}

func TestDefaultAnswerIsNoExposure(t *testing.T) {
	s := start(t, nil)
	for _, name := range []string{"phones", "premium", "later", "nobody-knows", "greeting"} {
		s.choose(http.StatusOK, `{"identification":{"userId":"u"},"names":["`+name+`"]}`)
	}
	s.choose(http.StatusOK, `{"identification":{"userId":"tester"},"names":["forced"]}`)
	if len(s.store.exposures) != 0 || len(s.store.stored) != 0 {
		t.Errorf("exposures %v, stored %v", s.store.exposures, s.store.stored)
	}
}

func TestIntegerAndTextIDsBucketAlike(t *testing.T) {
	s := start(t, func(s *service, _ *Options) {
		s.snapshot = compile(t, published("split", `1`, func(e *experiment.PublishedExperiment) {
			e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole/2, experiment.Whole/2
		}))
	})
	seen := make(map[string]bool)
	for _, id := range []string{"0", "7", "42", "9007199254740993", "1234567890123456789", "-5"} {
		variants := make(map[string]bool)
		for _, form := range []string{id, `"` + id + `"`} {
			clear(s.store.stored)
			c := s.choose(http.StatusOK, `{"identification":{"userId":`+form+`},"names":["split"]}`).choices(t)["split"]
			variants[*c.Variant], seen[*c.Variant] = true, true
		}
		if len(variants) != 1 {
			t.Errorf("%s as a number and as a text: %v", id, variants)
		}
	}
	if len(seen) != 2 {
		t.Error("all ids have the same variant")
	}
}

// TestPayloadThatCannotBeMadeIsCounted: nobody would notice it otherwise, whoever asks gets the
// default.
func TestPayloadThatCannotBeMadeIsCounted(t *testing.T) {
	s := start(t, nil)
	s.snapshot = compile(t, published("sum", `"{% assign n = attribute.n | default: 1 %}{{ 10 | divided_by: n }}"`, nil), published("new_nav", `true`, nil))
	for i, c := range []struct {
		body    string
		counted float64
	}{
		{`{"identification":{"userId":"u"},"names":["sum","new_nav"],"attributes":{"n":0}}`, 1},
		{`{"identification":{"userId":"u"},"names":["sum"],"attributes":{"n":0},"explain":true}`, 1},
		{`{"identification":{"userId":"u"},"attributes":{"n":0}}`, 2},
		{`{"identification":{"userId":"u"},"names":["sum","new_nav"],"attributes":{"n":2}}`, 2},
	} {
		s.choose(http.StatusOK, c.body)
		if n := s.counter("readout_payload_failures_total"); n != c.counted {
			t.Errorf("request %d: counted %v, want %v", i, n, c.counted)
		}
	}
	if diff := cmp.Diff([]string{"new_nav", "sum"}, s.store.exposed("u")); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownDeviceMatchesOnlyAllAndIsCounted(t *testing.T) {
	s := start(t, nil)
	f := func(device string, phones bool, counted float64) {
		t.Helper()
		before := s.counter("readout_unknown_devices_total")
		got := s.choose(http.StatusOK, `{"identification":{"userId":"u"},"names":["phones","new_nav"],"device":`+device+`}`).names(t)
		want := []string{"new_nav"}
		if phones {
			want = append(want, "phones")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", device, diff)
		}
		if n := s.counter("readout_unknown_devices_total") - before; n != counted {
			t.Errorf("%s: counted %v", device, n)
		}
	}
	f(`""`, false, 0)
	f(`"all"`, false, 0)
	f(`"ALL"`, false, 0)
	f(`"mobile"`, true, 0)
	f(`"MOBILE"`, true, 0)
	f(`"Desktop"`, false, 0)
	f(`"tv"`, false, 1)
	f(`null`, false, 0)
	f(`7`, false, 1)
	f(`true`, false, 1)
	f(`["mobile"]`, false, 1)
	f(`{"type":"mobile"}`, false, 1)
	s.post(http.StatusOK, flagsPath, `{"context":{"targetingKey":"u","device":{"type":"mobile"}}}`)
}

func TestReadyOnlyWhenConfigApplied(t *testing.T) {
	s := start(t, func(s *service, _ *Options) { s.snapshot = nil })
	f := func(status int) {
		t.Helper()
		if a := s.send(http.MethodGet, "/readyz", ""); a.status != status {
			t.Errorf("/readyz: %d %s", a.status, a.body)
		}
		s.choose(status, `{"identification":{"userId":"u"}}`)
		s.post(status, flagsPath, `{"context":{"targetingKey":"u"}}`)
		s.post(status, flagsPath+"/new_nav", `{"context":{"targetingKey":"u"}}`)
	}
	if a := s.send(http.MethodGet, "/healthz", ""); a.status != http.StatusOK {
		t.Errorf("/healthz: %d", a.status)
	}
	f(http.StatusServiceUnavailable)
	s.snapshot = compile(t, shop()...)
	f(http.StatusOK)
}

func TestCORSWithCredentialsAndExposedETag(t *testing.T) {
	const shop, other = "https://shop.example", "https://evil.example"
	s := start(t, func(_ *service, o *Options) { o.AllowOrigins = []string{shop} })
	preflight := s.send(http.MethodOptions, flagsPath, "", "Authorization", "", "Origin", shop,
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,if-none-match")
	header := func(a answer, name, want string) {
		t.Helper()
		if got := a.header.Get(name); got != want {
			t.Errorf("%d: %s: %q want %q", a.status, name, got, want)
		}
	}
	if preflight.status != http.StatusNoContent {
		t.Errorf("preflight: %d", preflight.status)
	}
	header(preflight, "Access-Control-Allow-Origin", shop)
	header(preflight, "Access-Control-Allow-Credentials", "true")
	header(preflight, "Access-Control-Allow-Methods", "POST, OPTIONS")
	for _, name := range []string{"Authorization", "Content-Type", "If-None-Match", "X-API-Key", "traceparent", "tracestate", "baggage"} {
		if !strings.Contains(preflight.header.Get("Access-Control-Allow-Headers"), name) {
			t.Errorf("a browser may not send %s", name)
		}
	}
	body := `{"context":{"targetingKey":"u"}}`
	found := s.post(http.StatusOK, flagsPath, body, "Origin", shop)
	for _, a := range []answer{
		found,
		s.post(http.StatusNotModified, flagsPath, body, "Origin", shop, "If-None-Match", found.header.Get("ETag")),
		s.post(http.StatusBadRequest, flagsPath, `{}`, "Origin", shop),
		s.post(http.StatusUnauthorized, flagsPath, body, "Origin", shop, "Authorization", ""),
	} {
		header(a, "Access-Control-Allow-Origin", shop)
		header(a, "Access-Control-Allow-Credentials", "true")
		header(a, "Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id")
		header(a, "Vary", "Origin")
	}
	for _, a := range []answer{
		s.post(http.StatusOK, flagsPath, body, "Origin", other),
		s.post(http.StatusOK, flagsPath, body, "Origin", "null"),
		s.send(http.MethodOptions, flagsPath, "", "Origin", other),
	} {
		header(a, "Access-Control-Allow-Origin", "")
		header(a, "Access-Control-Allow-Credentials", "")
		header(a, "Vary", "Origin")
	}
}

func TestETagChangesWithContextConfigAndStickyState(t *testing.T) {
	s := start(t, func(_ *service, o *Options) { o.ExposeBulk = true })
	var last answer
	f := func(what string, status int, context string) {
		t.Helper()
		a := s.post(status, flagsPath, `{"context":`+context+`}`, "If-None-Match", last.header.Get("ETag"))
		tag := a.header.Get("ETag")
		if tag == "" || a.header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s: %v", what, a.header)
		}
		if status == http.StatusNotModified {
			if a.body != "" || tag != last.header.Get("ETag") {
				t.Errorf("%s: %q with tag %s after %s", what, a.body, tag, last.header.Get("ETag"))
			}
			return
		}
		if tag == last.header.Get("ETag") {
			t.Errorf("%s: the tag is the same", what)
		}
		last = a
	}
	f("first", http.StatusOK, `{"targetingKey":"u"}`)
	f("once is spent", http.StatusOK, `{"targetingKey":"u"}`)
	f("the same again", http.StatusNotModified, `{"targetingKey":"u"}`)
	f("another context", http.StatusOK, `{"targetingKey":"u","plan":"premium"}`)
	f("the same again", http.StatusNotModified, `{"targetingKey":"u","plan":"premium"}`)
	f("a name in a text", http.StatusOK, `{"targetingKey":"u","plan":"premium","name":"Ann"}`)
	experiments := shop()
	experiments[2].Variants[1].Payload = []byte(`false`)
	s.snapshot = compile(t, experiments...)
	f("another payload", http.StatusOK, `{"targetingKey":"u","plan":"premium","name":"Ann"}`)
	s.now = s.now.AddDate(0, 0, 2)
	f("another one has begun", http.StatusOK, `{"targetingKey":"u","plan":"premium","name":"Ann"}`)
	f("the same again", http.StatusNotModified, `{"targetingKey":"u","plan":"premium","name":"Ann"}`)
}

func TestErrorsAlwaysHaveABody(t *testing.T) {
	s := start(t, func(_ *service, o *Options) { o.RequestsPerSecond, o.MaxBody = 1, 1000 })
	ask := `{"identification":{"userId":"u"}}`
	for _, headers := range [][]string{
		{"Authorization", ""}, {"Authorization", "Basic cGZ4Og=="}, {"Authorization", "Basic !"}, {"Authorization", "Bearer pfx.wrong"},
		{"Authorization", "", "X-API-Key", "nobody.secret"}, {"Authorization", "Bearer pfx"}, {"Authorization", "Negotiate pfx.secret"},
	} {
		a := s.choose(http.StatusUnauthorized, ask, headers...)
		if a.message(t) != "the API key is missing or wrong" || a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%v: %s", headers, a.body)
		}
		f := s.post(http.StatusUnauthorized, flagsPath+"/new_nav", ask, headers...).flag(t)
		if f.ErrorCode != codeGeneral || f.Key != "new_nav" {
			t.Errorf("%v: %+v", headers, f)
		}
	}
	s.choose(http.StatusOK, ask)
	s.choose(http.StatusOK, ask)
	a := s.choose(http.StatusTooManyRequests, ask)
	if a.message(t) == "" || a.header.Get("Retry-After") != "1" {
		t.Errorf("429: %s %v", a.body, a.header)
	}
	b := s.post(http.StatusTooManyRequests, flagsPath, `{"context":{"targetingKey":"u"}}`)
	if b.flag(t).ErrorCode != codeGeneral || b.header.Get("Retry-After") != "1" {
		t.Errorf("429: %s %v", b.body, b.header)
	}
	s.now = s.now.Add(2e9)
	s.choose(http.StatusOK, ask)
	large := s.choose(http.StatusRequestEntityTooLarge, `{"x":"`+strings.Repeat("x", 1000)+`"}`)
	if large.message(t) == "" {
		t.Error("413 without a message")
	}
}

func TestEveryFormOfTheKeyIsTaken(t *testing.T) {
	s := start(t, nil)
	ask := `{"identification":{"userId":"u"}}`
	for _, headers := range [][]string{
		{"Authorization", keyHeader}, {"Authorization", "basic cGZ4OnNlY3JldA=="}, {"Authorization", "Bearer pfx.secret"},
		{"Authorization", "", "X-API-Key", "pfx.secret"}, {"Authorization", "Bearer tok", "X-API-Key", "pfx.secret"},
	} {
		s.choose(http.StatusOK, ask, headers...)
	}
	s.post(http.StatusOK, choosePath+"?apiKey=pfx.secret", ask, "Authorization", "")
	s.post(http.StatusUnauthorized, choosePath+"?apiKey=pfx.wrong", ask, "Authorization", "")
}

func TestNothingIsMadeUpWhenTheStoreFails(t *testing.T) {
	s := start(t, nil)
	s.store.fail = func() error { return errors.New("out of order") }
	for _, a := range []answer{
		s.choose(http.StatusServiceUnavailable, `{"identification":{"userId":"u"},"names":["new_nav"]}`),
		s.post(http.StatusServiceUnavailable, flagsPath, `{"context":{"targetingKey":"u"}}`),
	} {
		if a.header.Get("Retry-After") != "1" || a.body == "" {
			t.Errorf("%v %s", a.header, a.body)
		}
	}
	if n := s.counter("readout_store_failures_total"); n != 2 {
		t.Errorf("counted %v", n)
	}
	s.store.fail = nil
	s.choose(http.StatusOK, `{"identification":{"userId":"u"},"names":["new_nav"]}`)
}

// overtaken is a store in which another request comes first between reading and writing.
type overtaken struct {
	*memory
	first decision.Change
}

func (s overtaken) Commit(ctx context.Context, changes []decision.Change) ([]int, error) {
	if _, err := s.memory.Commit(ctx, []decision.Change{s.first}); err != nil {
		return nil, err
	}
	return s.memory.Commit(ctx, changes)
}

func TestRequestsOfTheSameVisitorAtTheSameTimeAgree(t *testing.T) {
	s := start(t, nil)
	first := decision.Assignment{Variant: experiment.Control, At: during, Exposed: true}
	s.Server.store = overtaken{s.store, decision.Change{Experiment: "new_nav", ID: "u", After: first}}
	c := s.choose(http.StatusOK, `{"identification":{"userId":"u"},"names":["new_nav"]}`).choices(t)["new_nav"]
	if *c.Variant != experiment.Control || len(s.store.exposures) != 0 {
		t.Errorf("%+v, exposures %v", c, s.store.exposures)
	}
}

// TestAnswersAreNotKept holds that no cache keeps an answer about a visitor, and that only the
// client itself keeps what has an ETag.
func TestAnswersAreNotKept(t *testing.T) {
	s := start(t, nil)
	context := `{"context":{"targetingKey":"u"}}`
	f := func(a answer, want string) {
		t.Helper()
		if got := a.header.Get("Cache-Control"); got != want {
			t.Errorf("%d %s: %q", a.status, a.body, got)
		}
	}
	f(s.choose(http.StatusOK, `{"identification":{"userId":"u"}}`), "no-store")
	f(s.choose(http.StatusBadRequest, `{}`), "no-store")
	f(s.post(http.StatusOK, flagsPath+"/new_nav", context), "no-store")
	f(s.post(http.StatusNotFound, flagsPath+"/unknown", context), "no-store")
	f(s.post(http.StatusUnauthorized, flagsPath, context, "Authorization", ""), "no-store")
	f(s.post(http.StatusOK, flagsPath, context), "private, no-cache")
}

// TestIfNoneMatch holds the forms of the header, RFC 9110 section 13.1.2.
func TestIfNoneMatch(t *testing.T) {
	s := start(t, nil)
	context := `{"context":{"targetingKey":"u"}}`
	tag := s.post(http.StatusOK, flagsPath, context).header.Get("ETag")
	for header, status := range map[string]int{
		tag: http.StatusNotModified, "W/" + tag: http.StatusNotModified, `"a", ` + tag: http.StatusNotModified, "*": http.StatusNotModified,
		`"a"`: http.StatusOK, strings.Trim(tag, `"`): http.StatusOK, "": http.StatusOK,
	} {
		if a := s.post(status, flagsPath, context, "If-None-Match", header); a.header.Get("ETag") != tag {
			t.Errorf("%s: %v", header, a.header)
		}
	}
}

// TestReloadUnderLoad asks while the published state changes; the race detector watches.
func TestReloadUnderLoad(t *testing.T) {
	before, after := compile(t, shop()...), compile(t, shop()[:3]...)
	var snapshot atomic.Pointer[decision.Snapshot]
	snapshot.Store(before)
	s := start(t, func(_ *service, o *Options) { o.Snapshot = snapshot.Load })
	var asking sync.WaitGroup
	for i := range 4 {
		asking.Go(func() {
			for j := range 100 {
				body := fmt.Sprintf(`{"identification":{"userId":"u-%d"},"names":["new_nav"]}`, i*50+j)
				r := httptest.NewRequest(http.MethodPost, choosePath, strings.NewReader(body))
				r.Header.Set("Authorization", keyHeader)
				w := httptest.NewRecorder()
				s.handler.ServeHTTP(w, r)
				if want := `{"choices":[{"name":"new_nav","group":"checkout-page","body":true,"variant":"big","reason":"assigned"}]}` + "\n"; w.Body.String() != want {
					t.Errorf("%s: %s", body, w.Body)
				}
			}
		})
	}
	for i := range 200 {
		snapshot.Store([]*decision.Snapshot{after, before}[i%2])
		runtime.Gosched()
	}
	asking.Wait()
	if got := len(s.store.exposures); got != 250 {
		t.Errorf("%d exposures of 250 visitors", got)
	}
}
