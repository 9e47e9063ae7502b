package server

import (
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readout/decision"
)

// Metrics are what the service counts. No label holds anything of a visitor.
type Metrics struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	choices   [len(shownReasons)]prometheus.Counter
	failed    *prometheus.CounterVec
	devices   prometheus.Counter
	store     prometheus.Counter
	commits   prometheus.Histogram

	snapshot    *prometheus.GaugeVec
	loaded      prometheus.Gauge
	experiments prometheus.Gauge
	loads       prometheus.Counter
	faults      prometheus.Gauge
	exposures   prometheus.Counter
	logFailures prometheus.Counter
}

// shownReasons are those for which something is shown.
var shownReasons = [...]decision.Reason{decision.Assigned, decision.ForcedVariant, decision.Decided, decision.VariantStopped}

// durationBuckets are in seconds.
var durationBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}

// NewMetrics registers the metrics of a server.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		r.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
		r.MustRegister(g)
		return g
	}
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "readout_requests_total", Help: "Requests answered, by route and status. 499: the client went away.",
		}, []string{"route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "readout_request_seconds", Help: "Time to answer a request.", Buckets: durationBuckets,
		}, []string{"route"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "readout_store_commit_seconds", Help: "Time until new assignments of a request are durable.", Buckets: durationBuckets,
		}),
		snapshot: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "readout_published_info", Help: "1 for the published state that is served, by its checksum.",
		}, []string{"checksum"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "readout_payload_failures_total", Help: "Experiments that were not shown because a payload could not be made for the visitor, by experiment.",
		}, []string{"experiment"}),
		devices:     counter("readout_unknown_devices_total", "Requests with a device other than all, mobile and desktop: they match experiments on all devices only."),
		store:       counter("readout_store_failures_total", "Requests that the decision store could not answer."),
		loaded:      gauge("readout_published_loaded_timestamp_seconds", "When the published state that is served was loaded, in seconds since 1970."),
		experiments: gauge("readout_published_experiments", "Experiments and personalizations in the published state that is served."),
		faults:      gauge("readout_published_faults", "Parts of the published state that are not served, or as they were before."),
		loads:       counter("readout_published_failures_total", "Published states that were not taken."),
		exposures:   counter("readout_exposures_written_total", "Exposures written to the log."),
		logFailures: counter("readout_exposures_failures_total", "Attempts to write exposures that failed; they stay queued."),
	}
	r.MustRegister(m.requests, m.durations, m.commits, m.snapshot, m.failed)
	choices := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "readout_choices_total", Help: "Experiments that were shown, by reason.",
	}, []string{"reason"})
	r.MustRegister(choices)
	for i, reason := range shownReasons {
		m.choices[i] = choices.WithLabelValues(string(reason))
	}
	return m
}

// Published says that a published state is served from now on.
func (m *Metrics) Published(checksum string, experiments, faults int, now time.Time) {
	m.snapshot.Reset()
	m.snapshot.WithLabelValues(checksum).Set(1)
	m.loaded.Set(float64(now.UnixMilli()) / 1000)
	m.experiments.Set(float64(experiments))
	m.faults.Set(float64(faults))
}

// NotPublished says that a published state was not taken.
func (m *Metrics) NotPublished() { m.loads.Inc() }

// Exposures says what writing exposures to the log came to.
func (m *Metrics) Exposures(written int, err error) {
	m.exposures.Add(float64(written))
	if err != nil {
		m.logFailures.Inc()
	}
}

// route returns what counts the requests of a route.
func (m *Metrics) route(name string) func(status int, took time.Duration) {
	ok := m.requests.WithLabelValues(name, "200")
	duration := m.durations.WithLabelValues(name)
	return func(status int, took time.Duration) {
		if status == 200 {
			ok.Inc()
		} else {
			m.requests.WithLabelValues(name, strconv.Itoa(status)).Inc()
		}
		duration.Observe(took.Seconds())
	}
}

func (m *Metrics) storeFailed() { m.store.Inc() }

// countDevice counts requests with a device that is none.
func (s *Server) countDevice(device string) {
	if device != "" && decision.KnownDevice(device) == "" {
		s.metrics.devices.Inc()
	}
}

// countChoices counts what was shown.
func (m *Metrics) countChoices(choices []answered) {
	var counts [len(shownReasons)]int
	for i := range choices {
		if choices[i].Shown {
			if at := slices.Index(shownReasons[:], choices[i].Reason); at >= 0 {
				counts[at]++
			}
		}
	}
	for i, n := range counts {
		if n > 0 {
			m.choices[i].Add(float64(n))
		}
	}
}

// countUnrendered counts experiments whose payload could not be made.
func (m *Metrics) countUnrendered(experiments []*decision.Experiment) {
	for _, x := range experiments {
		m.failed.WithLabelValues(x.Definition().Name).Inc()
	}
}
