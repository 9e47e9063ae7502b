package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
)

func TestChooseShowsWhatIsAskedFor(t *testing.T) {
	s := start(t, nil)
	names := func(body string, want ...string) {
		t.Helper()
		if want == nil {
			want = []string{}
		}
		if diff := cmp.Diff(want, s.choose(http.StatusOK, body).names(t)); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
	everything := []string{"checkout-cta", "checkout_cta", "forced", "greeting", "new_nav", "once", "price_test", "visit"}
	names(`{"identification":{"userId":"u"},"names":["new_nav"]}`, "new_nav")
	names(`{"identification":{"userId":"u"},"names":["new_nav","nobody-knows","price_test","new_nav"]}`, "new_nav", "price_test")
	names(`{"identification":{"userId":"u"},"names":["nobody-knows"]}`)
	names(`{"identification":{"userId":"u"},"name":["new_nav"]}`, "new_nav")
	names(`{"identification":{"userId":"u"},"name":"new_nav"}`, "new_nav")
	names(`{"identification":{"userId":"u"},"group":"pricing"}`, "price_test")
	names(`{"identification":{"userId":"u"},"group":["pricing"],"groups":["checkout-page"]}`, "checkout_cta", "new_nav", "price_test")
	names(`{"identification":{"userId":"u"},"groups":["checkout-page"],"names":["new_nav"]}`, "checkout_cta", "new_nav")
	names(`{"identification":{"userId":"u"}}`, everything...)
	names(`{"identification":{"userId":"u"},"names":null,"groups":[],"device":null,"sessionId":null,"url":null,"attributes":null}`, everything...)
	names(`{"identification":{"userId":"u"},"optimizationType":"personalization"}`, "greeting")
	names(`{"identification":{"userId":"u"},"optimizationType":"experiment","names":["greeting","once"]}`, "once")
	names(`{"identification":{"userId":"u"},"names":["premium"],"attributes":{"plan":"premium"}}`, "premium")
	names(`{"identification":{"userId":"u"},"names":["premium"],"attributes":{"plan":["premium"]}}`)
	names(`{"identification":{"userId":"u"},"names":["later"]}`)
}

func TestOfTheSameSelectorTheFirstThatIsShownAnswers(t *testing.T) {
	named := func(name, payload string, change func(*experiment.PublishedExperiment)) experiment.PublishedExperiment {
		return published("button", payload, func(e *experiment.PublishedExperiment) {
			e.Name, e.Salt = name, name
			change(e)
		})
	}
	s := start(t, func(s *service, _ *Options) {
		s.snapshot = compile(t,
			named("a", `"phone"`, func(e *experiment.PublishedExperiment) { e.Devices = experiment.DevicesMobile }),
			named("b", `"rest"`, func(*experiment.PublishedExperiment) {}),
			named("c", `"never"`, func(*experiment.PublishedExperiment) {}), published("other", `1`, nil))
	})
	f := func(device, body string, exposed ...string) {
		t.Helper()
		s.store.exposures = nil
		clear(s.store.stored)
		c := s.choose(http.StatusOK, `{"identification":{"userId":"u"},"names":["button","other"],"device":"`+device+`"}`).choices(t)
		if string(c["button"].Body) != body || len(c) != 2 {
			t.Errorf("%s: %v", device, c)
		}
		if diff := cmp.Diff(exposed, s.store.exposed("u")); diff != "" {
			t.Errorf("%s: %s", device, diff)
		}
	}
	f("mobile", `"phone"`, "a", "other")
	f("desktop", `"rest"`, "b", "other")
	explained := s.choose(http.StatusOK, `{"identification":{"userId":"v"},"names":["button"],"explain":true}`).body
	for _, reason := range []string{"not_on_device", "assigned", "another_matched"} {
		if strings.Count(explained, `"`+reason+`"`) != 1 {
			t.Errorf("%s: %s", reason, explained)
		}
	}
}

func TestChooseExplains(t *testing.T) {
	s := start(t, nil)
	got := s.choose(http.StatusOK, `{"identification":{"userId":"u"},"explain":true,"names":["later","premium","phones","new_nav","unknown"]}`).choices(t)
	want := map[string]string{"later": "not_running", "premium": "not_in_audience", "phones": "not_on_device", "new_nav": "assigned"}
	for name, reason := range want {
		c, ok := got[name]
		if !ok || c.Reason != reason || reason != "assigned" && (string(c.Body) != "null" || c.Variant != nil) {
			t.Errorf("%s: %+v want reason %s", name, c, reason)
		}
	}
	if len(got) != len(want) || len(s.store.stored) != 0 || len(s.store.exposures) != 0 {
		t.Errorf("%d choices; stored %v, exposed %v", len(got), s.store.stored, s.store.exposures)
	}
}

func TestTheUnitIsUserIDElseProfileIDVerbatim(t *testing.T) {
	s := start(t, nil)
	f := func(identification, want string) {
		t.Helper()
		clear(s.store.stored)
		s.store.exposures = nil
		s.choose(http.StatusOK, `{"identification":`+identification+`,"names":["new_nav"]}`)
		if len(s.store.exposures) != 1 || s.store.exposures[0].User != want {
			t.Errorf("%s: exposures %v, want one of %s", identification, s.store.exposures, want)
		}
	}
	f(`{"userId":"u-1","profileId":"p-1","sourceId":"1234567890123456789"}`, "u-1")
	f(`{"profileId":"p-1","sourceId":1234567890123456789}`, "p-1")
	f(`{"userId":null,"profileId":"p-1"}`, "p-1")
	f(`{"userId":"","profileId":"p-1"}`, "p-1")
	f(`{"userId":9007199254740993}`, "9007199254740993")
	f(`{"userId":"9007199254740993"}`, "9007199254740993")
	f(`{"userId":" Ünï💚 "}`, " Ünï💚 ")
	f(`{"userId":"\u00dcn\u00ef\ud83d\udc9a"}`, "Ünï💚")
	f(`{"userID":"wrong case","profileId":"p-1"}`, "p-1")
	f(`{"userId":"first","userId":"last"}`, "last")
}

func TestWithoutIdentificationNobodyIsAssigned(t *testing.T) {
	s := start(t, nil)
	for _, body := range []string{
		`{}`, `null`, `{"identification":null}`, `{"identification":{}}`, `{"names":["new_nav"]}`,
		`{"identification":{"sourceId":"1234567890123456789"},"names":["new_nav"]}`,
		`{"identification":{"sourceId":1234567890123456789},"names":["new_nav"]}`,
		`{"identification":{"userId":"","profileId":""},"names":["new_nav"]}`,
		`{"identification":{"userId":"u"},"identification":{}}`,
	} {
		if got := s.choose(http.StatusBadRequest, body).message(t); got != "Identification is required" {
			t.Errorf("%s: %q", body, got)
		}
	}
	if len(s.store.stored) != 0 || len(s.store.exposures) != 0 {
		t.Error("somebody was assigned")
	}
}

func TestOddBodiesAreRefused(t *testing.T) {
	s := start(t, nil)
	f := func(body, want string) {
		t.Helper()
		if got := s.choose(http.StatusBadRequest, body).message(t); got != want {
			t.Errorf("%.80s: %q want %q", body, got, want)
		}
	}
	f(``, "the body is not JSON: byte 0")
	f(`{"identification":{"userId":"u"}`, "the body is not JSON: byte 32")
	f(`{"identification":{"userId":"u"}} {}`, "the body is not JSON: byte 34")
	f(`identification=u`, "the body is not JSON: byte 0")
	f("\x1f\x8b\x08", "the body is not JSON: byte 0")
	f("\ufeff{}", "the body is not JSON: byte 0")
	f(`{"identification":{"userId":true,"names":[}`, "userId must be a text or a number")
	f(`{"identification": u}`, "the body is not JSON: byte 19")
	f(`[]`, "the body must be an object")
	f(`"u"`, "the body must be an object")
	f(`{"identification":"u"}`, "identification must be an object")
	f(`{"identification":{"userId":true}}`, "userId must be a text or a number")
	f(`{"identification":{"userId":["u"]}}`, "userId must be a text or a number")
	f(`{"identification":{"userId":"u"},"names":{"a":1}}`, "names must be a list of texts")
	f(`{"identification":{"userId":"u"},"names":[1]}`, "names must be a list of texts")
	f(`{"identification":{"userId":"u"},"names":["a b"]}`, "names and groups have letters, digits, _ and - only")
	f(`{"identification":{"userId":"u"},"groups":["é"]}`, "names and groups have letters, digits, _ and - only")
	f(`{"identification":{"userId":"u"},"url":7}`, "url must be a text")
	f(`{"identification":{"userId":"u"},"device":{"a":}}`, "the body is not JSON: byte 47")
	f(`{"identification":{"userId":"u"},"exposure":"no"}`, "exposure must be true or false")
	f(`{"identification":{"userId":"u"},"attributes":[1]}`, "attributes must be an object")
	f(`{"identification":{"userId":"u"},"optimizationType":"both"}`, "optimizationType must be experiment or personalization")
	f("{\"identification\":{\"userId\":\"\xff\"}}", "an id is not UTF-8")
	f(`{"identification":{"userId":"\ud83d"}}`, "an id is not UTF-8")
	f(`{"identification":{"userId":"`+strings.Repeat("u", 1025)+`"}}`, "an id is longer than 1024 bytes")
	f(`{"identification":{"userId":"u"},"url":"`+strings.Repeat("u", 16<<10+1)+`"}`, "url is longer than 16384 bytes")
	f(`{"identification":{"userId":"u"},"names":["`+strings.Repeat(`a","`, 1000)+`b"]}`, "more than 1000 names and groups")
	f(`{"identification":{"userId":"u"},"x":`+strings.Repeat(`[`, 100_000), "the body is nested too deep")
	f(`{"identification":{"userId":"u"},"attributes":`+strings.Repeat(`{"a":`, 40)+`1`+strings.Repeat(`}`, 40)+`}`, "the body is nested too deep")
	f(`{"identification":{"userId":"u"},"attributes":{`+manyMembers(1001)+`}}`, "more than 1000 attributes")
	long := strings.Repeat("n", 600)
	f(`{"identification":{"userId":"u"},"attributes":{"`+long+`":{"`+long+`":1}}}`, "the name of an attribute is longer than 1024 bytes")
	f(`{"identification":{"userId":"u"},"attributes":{"`+long+long+`":{}}}`, "the name of an attribute is longer than 1024 bytes")
	f(`{"identification":{"userId":"u"},"attributes":{"a":1`+strings.Repeat(`,"a":1`, 1000)+`}}`, "more than 1000 attributes")
	f(`{"identification":{"userId":"u"},`+strings.Repeat(`"attributes":{"a":{"b":1}},`, 501)+`"x":1}`, "more than 1000 attributes")
	f(`{"identification":{"userId":"u"},"attributes":{"a":{"b`+strings.Repeat(`.b`, 31)+`":1}}}`, "the name of an attribute has more than 32 parts")
	f(`{"identification":{"userId":"u"},"attributes":{"a":{"b":"`+strings.Repeat("é", 2048)+`."}}}`, "attribute a.b is longer than 4096 bytes")
	f(`{"identification":{"userId":"u"},"attributes":{"n":`+strings.Repeat("1", 4097)+`}}`, "attribute n is longer than 4096 bytes")
	if len(s.store.stored) != 0 {
		t.Error("somebody was assigned")
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"a` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + `":1`)
	}
	return b.String()
}

func TestSessions(t *testing.T) {
	s := start(t, nil)
	shown := func(session string) bool {
		t.Helper()
		body := `{"identification":{"userId":"u"},"names":["visit"]` + session + `}`
		return len(s.choose(http.StatusOK, body).names(t)) == 1
	}
	for i, c := range []struct {
		session string
		want    bool
	}{
		{`,"sessionId":"s-1"`, true}, {`,"sessionId":"s-1"`, false}, {`,"sessionId":"s-2"`, true},
		{``, true}, {``, true}, {`,"sessionId":7`, true}, {`,"sessionId":"7"`, false},
	} {
		if got := shown(c.session); got != c.want {
			t.Errorf("request %d with %s: shown %v", i, c.session, got)
		}
	}
}
