package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"readout/decision"
	"readout/experiment"
)

// askAdmin asks on the admin listener.
func (s *service) askAdmin(method, path string) answer {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.Admin().ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

// explanations reads an answer of /explain.
func (a answer) explanations(t rapid.TB) []decision.Explanation {
	t.Helper()
	var read struct {
		Explanations []decision.Explanation `json:"explanations"`
	}
	if err := json.Unmarshal([]byte(a.body), &read); err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return read.Explanations
}

func TestExplain(t *testing.T) {
	s := start(t, nil)
	f := func(status int, query, want string) {
		t.Helper()
		if a := s.askAdmin(http.MethodGet, "/explain?"+query); a.status != status || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	f(http.StatusBadRequest, "", "say which user")
	f(http.StatusBadRequest, "user=%ff", "an id is not UTF-8")
	f(http.StatusNotFound, "user=u&experiment=unknown", `no experiment has the name`)
	f(http.StatusOK, "user=u&experiment=new_nav", `"reason":"assigned"`)
	f(http.StatusOK, "user=u&experiment=premium", `"reason":"not_in_audience"`)
	f(http.StatusOK, "user=u&experiment=premium&attribute.plan=premium", `"reason":"assigned"`)
	f(http.StatusOK, "user=u&experiment=phones&device=MOBILE", `"reason":"assigned"`)
	if got := s.askAdmin(http.MethodGet, "/explain?user=u").explanations(t); len(got) != len(shop()) {
		t.Errorf("%d explanations", len(got))
	}
	for _, path := range []string{"/nothing", "/explain/x"} {
		if a := s.askAdmin(http.MethodGet, path); a.status != http.StatusNotFound || a.message(t) == "" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if len(s.store.stored) != 0 || len(s.store.exposures) != 0 {
		t.Error("explaining changed something")
	}
	s.store.fail = func() error { panic("visitor") }
	f(http.StatusInternalServerError, "user=u&experiment=new_nav", "internal error")
	s.snapshot = nil
	f(http.StatusServiceUnavailable, "user=u", notReady)
}

// TestExplainSaysWhatChooseAnswers explains and then asks, about any experiment and visitor.
func TestExplainSaysWhatChooseAnswers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		e := published("button", `{"hi":"{{ attribute.name }}"}`, func(e *experiment.PublishedExperiment) {
			e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole/2, experiment.Whole/2
			e.Display = rapid.SampledFrom(experiment.Displays()).Draw(rt, "display")
			e.Devices = rapid.SampledFrom(experiment.AllDevices()).Draw(rt, "devices")
			e.Excluded = rapid.SampledFrom(experiment.ExcludedPolicies()).Draw(rt, "excluded")
			e.Coverage = experiment.Share(rapid.SampledFrom([]int{0, 300_000, 1_000_000}).Draw(rt, "coverage"))
			if rapid.Bool().Draw(rt, "audience") {
				e.Audience = &experiment.Condition{Attribute: "plan", Operator: experiment.OpIs, Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: "pro"}}}
			}
			if rapid.Bool().Draw(rt, "pages") {
				e.Pages.Include = []experiment.PageRule{{Operator: experiment.OpContains, Text: "/cart"}}
			}
			if rapid.Bool().Draw(rt, "stopped") {
				e.Stopped = []experiment.PublishedVariantAt{{Variant: "big", At: during.AddDate(0, 0, -1)}}
			}
			switch rapid.IntRange(0, 3).Draw(rt, "state") {
			case 0:
				e.Status, e.Decision = experiment.Completed, &experiment.PublishedVariantAt{Variant: "big", At: during.AddDate(0, 0, -1)}
			case 1:
				later := during.AddDate(0, 0, 1)
				e.Status, e.Start = experiment.Scheduled, &later
				e.Stopped = nil
			}
			if rapid.Bool().Draw(rt, "forced") {
				e.Forced = []experiment.Forced{{Variant: "big", Users: []string{"u-1"}}}
			}
		})
		s := start(t, func(s *service, _ *Options) { s.snapshot = compile(t, e) })
		for range 4 {
			id := fmt.Sprint("u-", rapid.IntRange(0, 3).Draw(rt, "id"))
			device := rapid.SampledFrom([]string{"", "all", "Mobile", "desktop", "tv"}).Draw(rt, "device")
			at := rapid.SampledFrom([]string{"", "https://x.example/cart?a=1", "https://x.example/"}).Draw(rt, "url")
			session := rapid.SampledFrom([]string{"", "s"}).Draw(rt, "session")
			plan := rapid.SampledFrom([]string{"pro", "basic"}).Draw(rt, "plan")
			query := url.Values{
				"user": {id}, "experiment": {"button"}, "device": {device}, "url": {at}, "session": {session}, "attribute.plan": {plan}, "attribute.name": {"A"},
			}
			said := s.askAdmin(http.MethodGet, "/explain?"+query.Encode()).explanations(rt)[0]
			got, shown := s.choose(http.StatusOK, fmt.Sprintf(
				`{"identification":{"userId":%q},"names":["button"],"device":%q,"url":%q,"sessionId":%q,"attributes":{"plan":%q,"name":"A"}}`,
				id, device, at, session, plan)).choices(t)["button"]
			if said.Shown != shown {
				rt.Fatalf("explained %+v, answered %+v", said, got)
			}
			if shown && (said.Variant != *got.Variant || string(said.Reason) != got.Reason || string(said.Body) != string(got.Body)) {
				rt.Fatalf("explained %+v, answered %+v", said, got)
			}
		}
	})
}

func TestThePageOfThoseWhoRunIt(t *testing.T) {
	s := start(t, nil)
	s.choose(http.StatusOK, `{"identification":{"userId":"u-1"},"names":["new_nav"]}`)
	page := s.askAdmin(http.MethodGet, "/?user=u-1&experiment=new_nav&url=%22%3E%3Cscript%3E")
	for _, text := range []string{"acme / web", "checkout_cta", "Running", "Scheduled", "Remembered: big since", "u-1"} {
		if !strings.Contains(page.body, text) {
			t.Errorf("the page has no %q", text)
		}
	}
	if kind, cache := page.header.Get("Content-Type"), page.header.Get("Cache-Control"); kind != "text/html; charset=utf-8" || cache != "no-store" {
		t.Errorf("type %q, to be cached %q", kind, cache)
	}
	if strings.Contains(page.body, "<script") || page.header.Get("Content-Security-Policy") == "" {
		t.Error("the page runs scripts")
	}
	if page := s.askAdmin(http.MethodGet, "/?user=u&experiment=unknown"); !strings.Contains(page.body, "no experiment has the name") {
		t.Error("the page does not say what is wrong")
	}
	// Instants are those of the project's zone.
	s.snapshot.Published().TimeZone = "Asia/Tokyo"
	local := s.askAdmin(http.MethodGet, "/").body
	for _, text := range []string{"2026-01-10 21:00 JST", "2026-01-05 09:00", "2026-02-02 09:00"} {
		if !strings.Contains(local, text) {
			t.Errorf("in Tokyo the page has no %q", text)
		}
	}
	// Who gets what, and how far it is.
	stop := func(at time.Time) func(*experiment.PublishedExperiment) {
		return func(e *experiment.PublishedExperiment) {
			e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole/4, 3*experiment.Whole/4
			e.Stopped = []experiment.PublishedVariantAt{{Variant: "big", At: at}}
		}
	}
	for _, c := range []struct {
		change func(*experiment.PublishedExperiment)
		want   string
	}{
		{stop(during), `control 25%<br>big 75% <span class="soft">(stopped)</span><br>`},
		{stop(during.Add(time.Second)), `control 25%<br>big 75%<br>`},
		{func(e *experiment.PublishedExperiment) {
			e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole/4, 3*experiment.Whole/4
			e.Status, e.Decision = experiment.Completed, &experiment.PublishedVariantAt{Variant: "big", At: during}
		}, `control 25%<br>big 75% <span class="soft">(the winner, for everybody)</span><br>`},
		{nil, `<progress max="100" value="19"></progress> 19%`}, // 5.5 of 28 days
	} {
		s.snapshot = compile(t, published("button", `"x"`, c.change))
		if page := s.askAdmin(http.MethodGet, "/").body; !strings.Contains(page, c.want) {
			t.Errorf("the page has no %q", c.want)
		}
	}
	s.snapshot = nil
	if page := s.askAdmin(http.MethodGet, "/"); page.status != http.StatusOK || !strings.Contains(page.body, "Not ready") {
		t.Error("the page does not say that nothing is published")
	}
}
