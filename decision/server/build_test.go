package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"readout/decision"
	"readout/experiment"
)

// during is an instant while the experiments of tests run.
var during = time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)

// published returns a running experiment in which everybody gets the variant big with a
// payload, or without one control, changed by change.
func published(selector, payload string, change func(*experiment.PublishedExperiment)) experiment.PublishedExperiment {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	e := experiment.PublishedExperiment{
		Name: selector, Type: experiment.TypeExperiment, Status: experiment.Running, Salt: selector, Hash: experiment.HashReadout,
		Selector: selector, Start: &start, End: start.AddDate(0, 0, 28),
		Variants: []experiment.PublishedVariant{
			{Name: experiment.Control},
			{Name: "big", Traffic: experiment.Whole, Payload: json.RawMessage(payload)},
		},
		Display: experiment.DisplayAlways, Devices: experiment.DevicesAll, Coverage: experiment.Whole, Excluded: experiment.ExcludedStay,
	}
	if payload == "" {
		e.Variants[0].Traffic, e.Variants[1].Traffic, e.Variants[1].Payload = experiment.Whole, 0, nil
	}
	if change != nil {
		change(&e)
	}
	return e
}

// shop has what the captured requests ask for, and one of every kind.
func shop() []experiment.PublishedExperiment {
	inGroup := func(group string) func(*experiment.PublishedExperiment) {
		return func(e *experiment.PublishedExperiment) { e.Groups = []string{group} }
	}
	return []experiment.PublishedExperiment{
		published("checkout_cta", `{"title":"Welcome back","discount":30}`, inGroup("checkout-page")),
		published("checkout-cta", `{"title":"Hi Ann"}`, nil),
		published("new_nav", `true`, inGroup("checkout-page")),
		published("price_test", "", inGroup("pricing")),
		published("phones", `"phone"`, func(e *experiment.PublishedExperiment) { e.Devices = experiment.DevicesMobile }),
		published("greeting", `{"text":"Hi {{ attribute.name | default: 'you' }}"}`, func(e *experiment.PublishedExperiment) {
			e.Type = experiment.TypePersonalization
			e.Variants = e.Variants[1:]
		}),
		published("once", `1`, func(e *experiment.PublishedExperiment) { e.Display = experiment.DisplayOnce }),
		published("visit", `2`, func(e *experiment.PublishedExperiment) { e.Display = experiment.DisplayOncePerVisit }),
		published("premium", `3`, func(e *experiment.PublishedExperiment) {
			e.Audience = &experiment.Condition{
				Attribute: "plan", Operator: experiment.OpIs, Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: "premium"}},
			}
		}),
		published("later", `4`, func(e *experiment.PublishedExperiment) {
			later := during.AddDate(0, 0, 1)
			e.Status, e.Start = experiment.Scheduled, &later
		}),
		published("forced", `5`, func(e *experiment.PublishedExperiment) {
			e.Forced = []experiment.Forced{{Variant: "big", Users: []string{"tester"}}}
		}),
	}
}

// compile returns the snapshot of experiments, which must have no fault.
func compile(t testing.TB, experiments ...experiment.PublishedExperiment) *decision.Snapshot {
	t.Helper()
	s, faults := decision.Compile(&experiment.Published{
		Version: experiment.PublishedVersion, Organization: "acme", Project: "web", TimeZone: "UTC",
		Exposures:   experiment.PublishedExposures{Path: "data/exposures", Columns: experiment.DefaultExposureColumns(), Segments: []string{"device", "plan"}},
		Experiments: experiments,
	}, nil, nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s
}

// memory is a store in memory.
type memory struct {
	mu        sync.Mutex
	stored    map[[2]string]decision.Assignment // by experiment and id
	exposures []decision.Exposure
	commits   int
	// fail is what Get and Commit do first.
	fail func() error
}

func (m *memory) Get(_ context.Context, id string, experiments []string, into []decision.Assignment) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		if err := m.fail(); err != nil {
			return err
		}
	}
	for i, name := range experiments {
		into[i] = m.stored[[2]string{name, id}]
	}
	return nil
}

func (m *memory) Commit(_ context.Context, changes []decision.Change) (lost []int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.commits++
	for i, c := range changes {
		key := [2]string{c.Experiment, c.ID}
		if !m.stored[key].Equal(c.Before) {
			lost = append(lost, i)
			continue
		}
		m.stored[key] = c.After
		if c.Exposure != nil {
			m.exposures = append(m.exposures, *c.Exposure)
		}
	}
	return lost, nil
}

func (m *memory) Batch(context.Context, int) (string, []decision.Exposure, error) {
	return "", nil, nil
}
func (m *memory) Done(context.Context, string) error  { return nil }
func (m *memory) Queued(context.Context) (int, error) { return len(m.exposures), nil }
func (m *memory) Close() error                        { return nil }

// exposed returns the experiments that exposures of a visitor were logged for.
func (m *memory) exposed(id string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := []string{}
	for _, row := range m.exposures {
		if row.User == id {
			names = append(names, row.Experiment)
		}
	}
	slices.Sort(names)
	return names
}

// service is a server with everything around it in memory.
type service struct {
	*Server
	t        testing.TB
	handler  http.Handler
	store    *memory
	registry *prometheus.Registry
	log      *bytes.Buffer
	snapshot *decision.Snapshot
	now      time.Time
}

const (
	keyHeader  = "Basic cGZ4OnNlY3JldA==" // pfx:secret
	choosePath = "/v1/acme/projects/web/optimization/choose-api"
)

// testKeys knows the key pfx.secret.
func testKeys(t testing.TB) *Keys {
	t.Helper()
	keys, err := ParseKeys([]byte("pfx 2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\n"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// start returns a service for the shop, with options changed by change.
func start(t testing.TB, change func(*service, *Options)) *service {
	t.Helper()
	s := &service{
		t: t, store: &memory{stored: make(map[[2]string]decision.Assignment)}, registry: prometheus.NewRegistry(),
		log: &bytes.Buffer{}, snapshot: compile(t, shop()...), now: during,
	}
	keys := testKeys(t)
	o := Options{
		Store: s.store, Snapshot: func() *decision.Snapshot { return s.snapshot }, Keys: func() *Keys { return keys },
		Now: func() time.Time { return s.now }, Metrics: NewMetrics(s.registry),
		Log: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(s, &o)
	}
	s.Server = New(o)
	s.handler = described(t, s.Server.Handler())
	return s
}

// answer is what a client reads.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request with the key of tests.
func (s *service) send(method, path, body string, headers ...string) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader([]byte(body)))
	r.Header.Set("Authorization", keyHeader)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	read, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{w.Code, w.Result().Header, string(read)}
}

// choose asks the choose API and must get an answer with that status.
func (s *service) choose(status int, body string, headers ...string) answer {
	s.t.Helper()
	return s.post(status, choosePath, body, headers...)
}

// post asks at a path and must get an answer with that status.
func (s *service) post(status int, path, body string, headers ...string) answer {
	s.t.Helper()
	a := s.send(http.MethodPost, path, body, headers...)
	if a.status != status {
		s.t.Fatalf("POST %s %s: status %d: %s want %d", path, body, a.status, a.body, status)
	}
	return a
}

// choice is what clients read of the choose API.
type choice struct {
	Name    string          `json:"name"`
	Group   string          `json:"group"`
	Body    json.RawMessage `json:"body"`
	Variant *string         `json:"variant"`
	Reason  string          `json:"reason"`
}

// choices reads an answer of the choose API, by name.
func (a answer) choices(t testing.TB) map[string]choice {
	t.Helper()
	var read struct {
		Choices []choice `json:"choices"`
	}
	if err := json.Unmarshal([]byte(a.body), &read); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	if read.Choices == nil {
		t.Fatalf("%s has no list of choices", a.body)
	}
	out := make(map[string]choice)
	for _, c := range read.Choices {
		out[c.Name] = c
	}
	return out
}

// names returns the names of the choices in an answer, sorted.
func (a answer) names(t testing.TB) []string {
	t.Helper()
	names := []string{}
	for name := range a.choices(t) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// flag is what clients read of OFREP.
type flag struct {
	Key          string            `json:"key"`
	Value        json.RawMessage   `json:"value"`
	Reason       string            `json:"reason"`
	Variant      string            `json:"variant"`
	Metadata     map[string]string `json:"metadata"`
	ErrorCode    string            `json:"errorCode"`
	ErrorDetails string            `json:"errorDetails"`
	Flags        []flag            `json:"flags"`
}

func (a answer) flag(t testing.TB) flag {
	t.Helper()
	var f flag
	if err := json.Unmarshal([]byte(a.body), &f); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return f
}

// message reads the error of the choose API.
func (a answer) message(t testing.TB) string {
	t.Helper()
	var read struct {
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal([]byte(a.body), &read); err != nil || len(read.Errors) != 1 {
		t.Fatalf("%s is no error: %v", a.body, err)
	}
	return read.Errors[0].Message
}

// counter returns the value of a metric.
func (s *service) counter(name string) float64 {
	s.t.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	total := 0.0
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return total
}

// TestMetricsAreWellNamed holds the metrics to Prometheus' own rules of naming.
func TestMetricsAreWellNamed(t *testing.T) {
	s := start(t, nil)
	s.choose(http.StatusOK, `{"identification":{"userId":"u-1"}}`)
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}
