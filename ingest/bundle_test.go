package ingest

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"readout/experiment"
)

// Metrics share a bundle if all their columns are in it and nothing else about them differs.
func TestBundles(t *testing.T) {
	const day = 24 * time.Hour
	column := func(event string, a Aggregate) Column { return Column{Event: event, Aggregate: a, To: 7 * day} }
	revenue, orders, views := column("buy", Sum), column("buy", Count), column("view", Count)
	ratio := func(a, b Column) Metric { return Metric{Value: a, Denominator: &b, Lookback: day} }
	single := func(a Column) Metric { return Metric{Value: a, Lookback: day} }
	changed := func(m Metric, change func(*Metric)) Metric {
		change(&m)
		return m
	}
	for _, x := range []struct {
		name    string
		metrics []Metric
		bundles []int   // of each metric
		columns [][]int // of each metric
	}{
		{"parts of a ratio", []Metric{single(orders), ratio(revenue, orders), single(revenue)},
			[]int{0, 0, 0}, [][]int{{1, 3, 4}, {0, 1, 2, 3, 4}, {0, 2, 4}}},
		{"turned", []Metric{ratio(revenue, orders), ratio(orders, revenue)},
			[]int{0, 0}, [][]int{{0, 1, 2, 3, 4}, {1, 0, 3, 2, 4}}},
		{"one column twice", []Metric{ratio(orders, orders), single(orders)},
			[]int{0, 0}, [][]int{{0, 0, 2, 2, 4}, {0, 2, 4}}},
		{"another column", []Metric{ratio(revenue, orders), single(views), ratio(views, orders), single(column("buy", Any))},
			[]int{0, 1, 1, 2}, [][]int{{0, 1, 2, 3, 4}, {0, 2, 4}, {0, 1, 2, 3, 4}, {0, 1, 2}}},
		{"another window", []Metric{single(orders), changed(single(orders), func(m *Metric) { m.Value.To = day })},
			[]int{0, 1}, nil},
		{"another look-back", []Metric{single(orders), changed(single(orders), func(m *Metric) { m.Lookback = 0 })},
			[]int{0, 1}, nil},
		{"another clock", []Metric{single(orders), changed(single(orders), func(m *Metric) { m.MatureAfter = day })},
			[]int{0, 1}, nil},
		{"linked", []Metric{single(orders), changed(single(orders), func(m *Metric) { m.CrossLooks = true })},
			[]int{0, 1}, nil},
		{"capped", []Metric{single(orders), changed(single(orders), func(m *Metric) { m.Value.Cap = &experiment.Cap{} })},
			[]int{0, 1}, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			q := Query{
				Location: time.UTC, Looks: []time.Time{testStart, testStart.Add(day)},
				Experiments: []Experiment{{Name: "e", Variants: []string{"control", "a"}, Metrics: x.metrics}},
			}
			p := newRunner(&q, 1, nil).programs(false)[0]
			var bundles []int
			var columns [][]int
			for _, m := range p.metrics {
				bundles = append(bundles, m.bundle)
				columns = append(columns, m.columns)
			}
			if diff := gocmp.Diff(x.bundles, bundles); diff != "" {
				t.Errorf("bundles (- want, + got):\n%s", diff)
			}
			if diff := gocmp.Diff(x.columns, columns); x.columns != nil && diff != "" {
				t.Errorf("columns (- want, + got):\n%s", diff)
			}
		})
	}
}
