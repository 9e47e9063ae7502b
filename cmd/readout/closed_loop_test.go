package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/prometheus/client_golang/prometheus"

	"readout/analysis"
	"readout/decision"
	"readout/decision/exposurelog"
	"readout/decision/feed"
	"readout/decision/server"
	"readout/decision/sticky"
	"readout/experiment"
	"readout/internal/exposure"
)

// loopProject is a shop with one experiment that has every rule which keeps somebody out, and
// a personalization.
var loopProject = map[string]string{
	"readout.yaml": `organization: acme
project: shop
timezone: Europe/Berlin
data:
  exposures: {path: data/exposures, segments: [country, device]}
  conversions: {path: data/conversions}
  profiles: {path: data/profiles, columns: {id: user_id}}
holdouts: {global: 5%}
metrics:
  purchased: {event: purchase}
`,
	"experiments/checkout.yaml": `name: checkout
salt: checkout
groups: [shop]
variants:
  control: {traffic: 50}
  big:     {traffic: 50, payload: {text: "Hi {{ attribute.name | default: 'there' }}"}}
scorecard: {primary: [purchased]}
statistics: {method: sequential, mde: 20%}
audience: {not: {attribute: plan, is: staff}}
pages: {include: [{starts_with: "https://shop.example/"}]}
coverage: 80%
forced: {big: [qa-1]}
schedule: {start: 2026-01-05, end: 2026-01-18}
`,
	"experiments/banner.yaml": `name: banner
type: personalization
groups: [shop]
variants:
  banner: {payload: {text: hello}}
audience: everybody
schedule: {start: 2026-01-05, end: 2026-01-18}
`,
}

// loop is a project, the command line and the decision service on one clock.
type loop struct {
	t     *testing.T
	dir   string
	clock atomic.Pointer[time.Time]

	feed    *feed.Feed
	store   *sticky.Pebble
	log     *exposurelog.Log
	clients *httptest.Server
	admin   *httptest.Server

	mu       sync.Mutex
	answered map[string]string // variant by user, where one was shown
}

func newLoop(t *testing.T) *loop {
	l := &loop{t: t, dir: t.TempDir(), answered: make(map[string]string)}
	l.at("2026-01-05T09:00:00+01:00")
	for name, text := range loopProject {
		path := filepath.Join(l.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var staff []string
	for i := range 40 {
		staff = append(staff, fmt.Sprint("staff-", i))
	}
	l.hire(staff...)
	return l
}

// hire writes the table of profiles, in which users are staff.
func (l *loop) hire(users ...string) {
	l.t.Helper()
	type profile struct {
		User string `parquet:"user_id"`
		Plan string `parquet:"plan"`
	}
	var rows []profile
	for _, user := range users {
		rows = append(rows, profile{user, "staff"})
	}
	writeLoop(l.t, filepath.Join(l.dir, "data", "profiles", "staff.parquet"), rows)
}

func writeLoop[T any](t *testing.T, path string, rows []T) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
}

// at sets the clock.
func (l *loop) at(instant string) {
	now, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		l.t.Fatal(err)
	}
	l.clock.Store(&now)
}

func (l *loop) now() time.Time { return *l.clock.Load() }

// readout runs the command line and returns what it prints.
func (l *loop) readout(args ...string) string {
	l.t.Helper()
	var out, errs bytes.Buffer
	if status := run(context.Background(), append(args, "--project", l.dir), &out, &errs, l.now); status != exitOK {
		l.t.Fatalf("readout %s: status %d: %s", strings.Join(args, " "), status, errs.String())
	}
	return out.String()
}

// begin starts the service.
func (l *loop) begin() {
	l.t.Helper()
	var err error
	if l.store, err = sticky.OpenPebble(filepath.Join(l.dir, "decisions"), sticky.PebbleOptions{}); err != nil {
		l.t.Fatal(err)
	}
	l.feed = &feed.Feed{State: filepath.Join(l.dir, "state"), Report: func(e feed.Event) {
		if e.Err != nil || len(e.Faults) > 0 {
			l.t.Errorf("published state: %v, %v", e.Err, e.Faults)
		}
	}}
	l.feed.Load()
	s := server.New(server.Options{
		Store: l.store, Snapshot: l.feed.Snapshot, Keys: func() *server.Keys { return nil }, Now: l.now,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Metrics: server.NewMetrics(prometheus.NewRegistry()),
	})
	l.clients, l.admin = httptest.NewServer(s.Handler()), httptest.NewServer(s.Admin())
	p := l.feed.Snapshot().Published()
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		l.t.Fatal(err)
	}
	c := p.Exposures.Columns
	l.log = &exposurelog.Log{Store: l.store, Target: func() (exposurelog.Target, error) {
		return exposurelog.Target{
			Dir: filepath.Join(l.dir, p.Exposures.Path), Location: zone,
			Columns: exposure.Columns{User: c.User, Experiment: c.Experiment, Variant: c.Variant, Time: c.Time, Segments: p.Exposures.Segments},
		}, nil
	}}
}

// stop stops the service, as a restart does.
func (l *loop) stop() {
	l.t.Helper()
	l.clients.Close()
	l.admin.Close()
	if err := l.store.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// choose asks the service and returns the variant of the experiment, empty when it is not shown.
func (l *loop) choose(request map[string]any) string {
	body, err := json.Marshal(request)
	if err != nil {
		l.t.Error(err)
		return ""
	}
	response, err := http.Post(l.clients.URL+"/v1/acme/projects/shop/optimization/choose-api", "application/json", bytes.NewReader(body))
	if err != nil {
		l.t.Error(err)
		return ""
	}
	defer response.Body.Close()
	var answer struct {
		Choices []struct{ Name, Variant string }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		l.t.Errorf("%s: status %d, %v", body, response.StatusCode, err)
	}
	for _, c := range answer.Choices {
		if c.Name == "checkout" {
			return c.Variant
		}
	}
	return ""
}

// visit asks for a user as a server does that renders a page, and notes the answer.
func (l *loop) visit(user string, i int) {
	request := map[string]any{
		"identification": map[string]any{"userId": user}, "names": []string{"checkout"}, "device": []string{"mobile", "desktop"}[i%2],
		"url": "https://shop.example/cart", "attributes": map[string]any{"country": []string{"DE", "AT", "CH"}[i%3]},
	}
	if i%5 == 0 {
		delete(request, "names")
		request["groups"] = []string{"shop"}
	}
	variant := l.choose(request)
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, ok := l.answered[user]; ok && before != variant {
		l.t.Errorf("%s had %q and gets %q", user, before, variant)
	}
	l.answered[user] = variant
}

// visits lets users come, several at a time.
func (l *loop) visits(users []string) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for i := range next {
				l.visit(users[i], i)
			}
		})
	}
	for i := range users {
		next <- i
	}
	close(next)
	workers.Wait()
}

// conversion is a row of the shop's events.
type conversion struct {
	User  string `parquet:"user_id"`
	Event string `parquet:"event"`
	Time  int64  `parquet:"timestamp,timestamp(microsecond)"`
}

// purchases writes what users bought an hour later: a tenth of those with control, and every
// fourth with big.
func (l *loop) purchases(day int, users []string) {
	l.t.Helper()
	var rows []conversion
	for i, user := range users {
		if i%10 == 0 || l.answered[user] == "big" && i%20 >= 17 {
			rows = append(rows, conversion{user, "purchase", l.now().Add(time.Hour).UnixMicro()})
		}
	}
	writeLoop(l.t, filepath.Join(l.dir, "data", "conversions", fmt.Sprintf("day-%d.parquet", day)), rows)
}

// counts returns how many users each variant was shown to.
func (l *loop) counts() map[string]int64 {
	out := make(map[string]int64)
	for _, variant := range l.answered {
		if variant != "" {
			out[variant]++
		}
	}
	return out
}

// TestClosedLoop goes from choose calls to a verdict: what the service answers over a week,
// with a restart, is what the scorecard of the daily job counts.
func TestClosedLoop(t *testing.T) {
	const days, perDay = 6, 500
	l := newLoop(t)
	l.readout("start", "checkout", "--by", "ana")
	l.readout("start", "banner", "--by", "ana")
	l.begin()
	var seen []string
	for day := range days {
		l.at(fmt.Sprintf("2026-01-%02dT10:00:00+01:00", 5+day))
		users := make([]string, perDay)
		for i := range users {
			users[i] = fmt.Sprintf("user-%d-%d", day, i)
		}
		l.visits(users)
		l.purchases(day, users)
		// Those of the days before come again, and are no new exposures.
		l.visits(seen[:min(len(seen), 200)])
		seen = append(seen, users...)
		l.others(day)
		if day == 2 {
			// Exposures that were not written yet are there after a restart.
			l.stop()
			l.begin()
			l.visits(users[:100])
		}
		if _, _, err := l.log.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.at(fmt.Sprintf("2026-01-%02dT03:30:00+01:00", 6+day))
		l.readout("run", "--quiet")
		l.feed.Load()
	}
	defer l.stop()
	l.checkCard(days * perDay)
	l.checkExplained(seen)
	l.checkProfiles(seen)
	l.checkDecided(seen)
}

// others asks in all the ways that count nothing.
func (l *loop) others(day int) {
	ask := func(user string, more map[string]any) string {
		request := map[string]any{"identification": map[string]any{"userId": user}, "names": []string{"checkout"}, "url": "https://shop.example/"}
		for key, value := range more {
			request[key] = value
		}
		return l.choose(request)
	}
	for i := range 20 {
		id := fmt.Sprintf("other-%d-%d", day, i)
		ask(id+"-read", map[string]any{"exposure": false})
		ask(id+"-all", map[string]any{"names": []string{}})
		ask(id+"-explained", map[string]any{"explain": true})
		if got := ask(id+"-elsewhere", map[string]any{"url": "https://else.example/"}); got != "" {
			l.t.Errorf("shown on another page: %q", got)
		}
		if got := ask(fmt.Sprint("staff-", i), map[string]any{"attributes": map[string]any{"plan": "free"}}); got != "" {
			l.t.Errorf("shown to staff: %q", got)
		}
		if got := ask("qa-1", nil); got != "big" {
			l.t.Errorf("the forced visitor gets %q", got)
		}
	}
}

// checkCard compares the scorecard of the last day with the answers that were given.
func (l *loop) checkCard(visitors int) {
	t := l.t
	data, err := os.ReadFile(filepath.Join(l.dir, "state", "scorecards", "checkout", "date=2026-01-10", "scorecard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var card analysis.Scorecard
	if err := json.Unmarshal(data, &card); err != nil {
		t.Fatal(err)
	}
	counts := l.counts()
	shown := counts["control"] + counts["big"]
	// Of all, 5% are held out and of the others 80% are covered.
	if share := float64(shown) / float64(visitors); share < 0.72 || share > 0.80 {
		t.Errorf("%d of %d visitors were shown a variant, want 76%%", shown, visitors)
	}
	for _, v := range card.Variants {
		if v.Users != counts[v.Name] {
			t.Errorf("%s: %d users on the scorecard, %d answers", v.Name, v.Users, counts[v.Name])
		}
	}
	if rows := card.Data.Exposures.Rows; rows != shown {
		t.Errorf("%d rows of exposures for %d users", rows, shown)
	}
	for _, left := range card.Data.LeftOut {
		// Who was left out of the experiment buys as well.
		if left.Reason != "never_exposed" {
			t.Errorf("left out: %+v", left)
		}
	}
	for _, c := range card.Checks {
		if c.Severity == analysis.Alarm || c.Name == analysis.CheckSeveralVariants && c.Severity != analysis.OK {
			t.Errorf("check %s: %s", c.Name, c.Sentence)
		}
	}
	if len(card.Metrics) != 1 || len(card.Metrics[0].Comparisons) != 1 {
		t.Fatalf("metrics %+v", card.Metrics)
	}
	c := card.Metrics[0].Comparisons[0]
	if c.Variant != "big" || c.Verdict != analysis.Better || !c.Significant {
		t.Errorf("%s is %q: %s", c.Variant, c.Verdict, c.Sentence)
	}
	if _, err := os.Stat(filepath.Join(l.dir, "state", "scorecards", "banner")); err == nil {
		t.Error("a personalization has a scorecard")
	}
}

// with returns somebody who was shown a variant.
func (l *loop) with(seen []string, variant string) string {
	l.t.Helper()
	i := slices.IndexFunc(seen, func(user string) bool { return l.answered[user] == variant })
	if i < 0 {
		l.t.Fatalf("nobody was shown %q", variant)
	}
	return seen[i]
}

// ask asks about a user on the page, as a server does.
func (l *loop) ask(user string) string {
	return l.choose(map[string]any{"identification": map[string]any{"userId": user}, "names": []string{"checkout"}, "url": "https://shop.example/"})
}

// checkProfiles publishes another table of profiles, which the service takes without a restart.
func (l *loop) checkProfiles(seen []string) {
	user := l.with(seen, "control")
	l.hire(user)
	l.readout("publish")
	l.feed.Load()
	if got := l.ask(user); got != "" {
		l.t.Errorf("%s is staff now and gets %q", user, got)
	}
	l.hire("somebody-else")
	l.readout("publish")
	l.feed.Load()
	if got := l.ask(user); got != "control" {
		l.t.Errorf("%s is no longer staff and gets %q, had control", user, got)
	}
}

// checkDecided makes the decision: everybody gets the winner, whoever they were.
func (l *loop) checkDecided(seen []string) {
	l.readout("stop", "checkout", "--why", "early winner", "--by", "ana")
	l.readout("decide", "checkout", "big", "--why", "more purchases", "--by", "ana")
	l.feed.Load()
	for _, user := range []string{l.with(seen, "control"), l.with(seen, "big"), l.with(seen, ""), "never-seen"} {
		if got := l.ask(user); got != "big" {
			l.t.Errorf("after the decision %s gets %q", user, got)
		}
	}
	if queued, err := l.store.Queued(l.t.Context()); err != nil || queued != 0 {
		l.t.Errorf("%d exposures after the last flush, %v", queued, err)
	}
}

// checkExplained asks the running service why, by the command line.
func (l *loop) checkExplained(seen []string) {
	t := l.t
	user := l.with(seen, "big")
	var e decision.Explanation
	explain := func(user string, more ...string) string {
		return l.readout(append([]string{"explain", user, "checkout", "--server", l.admin.URL, "--url", "https://shop.example/"}, more...)...)
	}
	if err := json.Unmarshal([]byte(explain(user, "--json")), &e); err != nil {
		t.Fatal(err)
	}
	if e.Variant != "big" || e.Reason != decision.Assigned || e.Status != experiment.Running || !strings.Contains(e.Remembered, "exposure logged") {
		t.Errorf("%+v", e)
	}
	if text := explain(user, "--attribute", "name=Ann"); !strings.Contains(text, "remembered: big since ") || !strings.Contains(text, `"Hi Ann"`) {
		t.Error(text)
	}
	if text := explain("staff-1"); !strings.Contains(text, "staff-1 gets nothing of checkout: not_in_audience") || !strings.Contains(text, `NO   plan is text "staff"`) {
		t.Error(text)
	}
	before, err := l.store.Queued(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	explain("never-seen")
	if queued, err := l.store.Queued(t.Context()); err != nil || queued != before {
		t.Errorf("explaining queued exposures: %d, then %d, %v", before, queued, err)
	}
}
