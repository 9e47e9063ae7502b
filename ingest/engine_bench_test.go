package ingest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"readout/experiment"
	"readout/ingest/tables"
)

const (
	benchUsers       = 20_000
	benchExperiments = 10
)

// benchQuery asks for metrics of the usual kinds at one look or at many.
func benchQuery(looks int) Query {
	day := 24 * time.Hour
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	q := Query{
		Exposures:   ExposureTable{Path: "e", User: "user", Variant: "variant", Time: "time", Experiment: "experiment"},
		Conversions: ConversionTable{Path: "c", User: "user", Event: "event", Time: "time", Value: "value"},
		Location:    time.UTC,
	}
	for i := range looks {
		q.Looks = append(q.Looks, start.AddDate(0, 0, 59-looks+i+1))
	}
	column := func(event string, a Aggregate) Column { return Column{Event: event, Aggregate: a, To: 7 * day} }
	count := column("event 0", Count)
	metrics := []Metric{
		{Name: "any", Value: column("event 0", Any)},
		{Name: "count", Value: column("event 1", Count)},
		{Name: "sum", Value: column("event 0", Sum)},
		{Name: "ratio", Value: column("event 0", Sum), Denominator: &count},
	}
	for i := range metrics {
		metrics[i].Lookback = 14 * day
	}
	for i := range benchExperiments {
		q.Experiments = append(q.Experiments, Experiment{
			Name: fmt.Sprintf("e%d", i), Variants: []string{"control", "a"}, Metrics: metrics,
		})
	}
	return q
}

// benchTuples fills the visitors as a scan would.
func benchTuples(r *runner, rules *scanRules) {
	random := rand.New(rand.NewPCG(1, 2))
	start := microseconds(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	at := func(day, days int) int64 { return start + int64(day)*usDay + random.Int64N(int64(days)*usDay) }
	r.exposures = []*exposureVisitor{newExposureVisitor(rules)}
	r.conversions = []*conversionVisitor{newConversionVisitor(rules)}
	countries := make([][]uint32, len(r.q.Exposures.Segments))
	for range benchUsers {
		user := tables.UserID{Hi: random.Uint64(), Lo: random.Uint64()}
		var set uint32
		if r.segments != nil {
			for i := range countries {
				countries[i] = []uint32{r.segments.names[i].Code(fmt.Appendf(nil, "%d", random.IntN(20)))}
			}
			set = r.exposures[0].sets.of(countries, 0)
		}
		for e := range benchExperiments {
			if random.IntN(2) == 0 {
				r.exposures[0].exposure(user, at(30, 28), 0, uint32(e), uint32(random.IntN(2)), set)
			}
		}
		for range random.IntN(20) {
			hi, lo := keyOf(user)
			t := eventTuple{hi, at(0, 58), lo, uint32(random.IntN(2))}
			if t.code == 0 {
				r.conversions[0].values.Put(rules.parts.of(user), valueTuple{t, math.Round(random.ExpFloat64()*1000) / 100})
			} else {
				r.conversions[0].events.Put(rules.parts.of(user), t)
			}
		}
	}
	r.exposures[0].end(0)
	r.conversions[0].end(0)
	r.parts = rules.parts
	r.tuples = tuples{}
	r.tuples.exposures.Add(r.exposures[0].kept)
	r.tuples.segmented.Add(r.exposures[0].segmented)
	r.tuples.events.Add(r.conversions[0].events)
	r.tuples.values.Add(r.conversions[0].values)
}

// BenchmarkUsers is everything after the scans, results included, in tuples a second: the
// usual metrics, and what rarer ones cost on top.
func BenchmarkUsers(b *testing.B) {
	metrics := func(change func(*Metric)) func(*Query) {
		return func(q *Query) {
			for i := range q.Experiments {
				q.Experiments[i].Metrics = slices.Clone(q.Experiments[i].Metrics)
				for j := range q.Experiments[i].Metrics {
					change(&q.Experiments[i].Metrics[j])
				}
			}
		}
	}
	open := func(m *Metric) { m.Value.To = 0 }
	limit := &experiment.Cap{Upper: &experiment.CapBound{Percentile: 0.999, IsPercentile: true}}
	for _, x := range []struct {
		name   string
		looks  int
		change func(*Query)
	}{
		{"looks=1", 1, func(*Query) {}},
		{"looks=28", 28, func(*Query) {}},
		{"looks=28,open", 28, metrics(open)},
		{"looks=28,open,cross", 28, metrics(func(m *Metric) { open(m); m.CrossLooks = true })},
		{"looks=28,open,capped", 28, metrics(func(m *Metric) { open(m); m.Value.Cap = limit })},
		{"looks=28,open,capped,cross", 28, metrics(func(m *Metric) { open(m); m.Value.Cap, m.CrossLooks = limit, true })},
		{"looks=28,segments", 28, func(q *Query) { q.Exposures.Segments = []string{"country", "device"} }},
	} {
		b.Run(x.name, func(b *testing.B) {
			q := benchQuery(x.looks)
			x.change(&q)
			tuples := 0
			for b.Loop() {
				b.StopTimer()
				r := newRunner(&q, 1, nil)
				benchTuples(r, r.rules(4<<20))
				tuples += r.exposures[0].kept.Len() + r.exposures[0].segmented.Len() + r.conversions[0].events.Len() + r.conversions[0].values.Len()
				b.StartTimer()
				h := newHistory(r.looks.last()-60*usDay, false, false, time.UTC)
				programs := r.programs(false)
				segments, err := r.findSegments(context.Background(), programs)
				if err != nil {
					b.Fatal(err)
				}
				totals, err := r.evaluate(context.Background(), h, programs, segments)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.experiments(context.Background(), programs, totals, segments); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(tuples)/b.Elapsed().Seconds(), "tuples/s")
		})
	}
}

// BenchmarkScatter is what a scan does with rows once they are decoded, in rows a second.
func BenchmarkScatter(b *testing.B) {
	q := benchQuery(28)
	r := newRunner(&q, 1, nil)
	rules := r.rules(1 << 30)
	random := rand.New(rand.NewPCG(1, 2))
	rows := &tables.Batch{N: tables.BatchRows, Text: make([][]uint32, 1)}
	for range tables.BatchRows {
		rows.User = append(rows.User, tables.UserID{Hi: random.Uint64(), Lo: random.Uint64()})
		rows.Time = append(rows.Time, r.looks[3]+random.Int64N(usDay))
		rows.Value = append(rows.Value, random.Float64())
		rows.Text[0] = append(rows.Text[0], uint32(random.IntN(3)))
	}
	for i, event := range rows.Text[0] {
		if event == 2 {
			rows.Text[0][i] = tables.OtherCode
		}
	}
	v := newConversionVisitor(rules)
	for i := 0; b.Loop(); i++ {
		if i%200 == 0 {
			v = newConversionVisitor(rules)
		}
		if err := v.rows(rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*tables.BatchRows/b.Elapsed().Seconds(), "rows/s")
}
