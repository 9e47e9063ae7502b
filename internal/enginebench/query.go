package main

import (
	"time"

	"readout/ingest"
	"readout/internal/benchdata"
)

const (
	day      = 24 * time.Hour
	window   = 7 * day
	lookback = 14 * day
)

// column is one number per user: how many conversions with the event there were, whether
// there were any, or the sum of their values.
type column struct {
	Event     string `json:"event"`
	Aggregate string `json:"aggregate"`
}

func (c column) ofQuery() ingest.Column {
	aggregate := map[string]ingest.Aggregate{"any": ingest.Any, "count": ingest.Count, "sum": ingest.Sum}[c.Aggregate]
	return ingest.Column{Event: c.Event, Aggregate: aggregate, To: window}
}

// metric is a column, or a ratio of two.
type metric struct {
	Name        string  `json:"name"`
	Value       column  `json:"value"`
	Denominator *column `json:"denominator"`
}

// labels names the columns of the metric's moments: x and y happened in the window, cx and
// cy in the look-back.
func (m metric) labels() []string {
	if m.Denominator != nil {
		return []string{"x", "y", "cx", "cy"}
	}
	return []string{"x", "cx"}
}

// metrics is what every program computes: eight metrics and two ratios.
func metrics() []metric {
	return []metric{
		{"purchase_flag", column{"purchase", "any"}, nil},
		{"purchase_count", column{"purchase", "count"}, nil},
		{"revenue", column{"purchase", "sum"}, nil},
		{"page_views", column{"page_view", "count"}, nil},
		{"sessions", column{"session", "count"}, nil},
		{"add_to_cart", column{"add_to_cart", "count"}, nil},
		{"watch_time", column{"video_play", "sum"}, nil},
		{"signup_flag", column{"signup", "any"}, nil},
		{"order_value", column{"purchase", "sum"}, &column{"purchase", "count"}},
		{"pages_per_session", column{"page_view", "count"}, &column{"session", "count"}},
	}
}

// query asks for the moments of all experiments at the ends of the last days, but for those
// back that are not over yet. mature leaves out users whose window is not over, as a project
// does.
func query(data string, experiments, looks, back int, mature bool) ingest.Query {
	q := ingest.Query{
		Exposures:   ingest.ExposureTable{Path: data + "/exposures", User: "user_id", Experiment: "experiment", Variant: "variant", Time: "timestamp"},
		Conversions: ingest.ConversionTable{Path: data + "/conversions", User: "user_id", Event: "event", Time: "timestamp", Value: "value"},
		Location:    time.UTC,
		Seed:        1,
	}
	for i := range looks {
		q.Looks = append(q.Looks, benchdata.First().AddDate(0, 0, benchdata.Days-back-looks+i+1))
	}
	var wanted []ingest.Metric
	for _, m := range metrics() {
		w := ingest.Metric{Name: m.Name, Value: m.Value.ofQuery(), Lookback: lookback}
		if m.Denominator != nil {
			d := m.Denominator.ofQuery()
			w.Denominator = &d
		}
		if mature {
			w.MatureAfter = window
		}
		wanted = append(wanted, w)
	}
	for i := range experiments {
		q.Experiments = append(q.Experiments, ingest.Experiment{
			Name: benchdata.Experiment(i), Variants: benchdata.Variants(i), SeveralVariants: ingest.First,
			Start: benchdata.First().AddDate(0, 0, benchdata.LeadDays), Metrics: wanted,
		})
	}
	return q
}
