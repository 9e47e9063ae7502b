package ingest

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Metrics have the same numbers among few others as among more than a bundleSet has bits.
func TestManyMetrics(t *testing.T) {
	const few, many = 35, 70
	often(t, 1, func(t *rapid.T) {
		q, d := drawQuery(t), drawData(t)
		q.Experiments = q.Experiments[:1]
		e := &q.Experiments[0]
		e.Metrics = nil
		for range many {
			e.Metrics = append(e.Metrics, drawMetric(t))
		}
		together := mustRun(t, q, d, 2).Experiments[0]
		for from := 0; from < many; from += few {
			some := q
			some.Experiments = slices.Clone(q.Experiments)
			some.Experiments[0].Metrics = e.Metrics[from : from+few]
			for k, look := range mustRun(t, some, d, 1).Experiments[0].Looks {
				if diff := unlike(look.Metrics, together.Looks[k].Metrics[from:from+few]); diff != "" {
					t.Fatalf("metrics from %d on at look %d (- few, + many):\n%s", from, k, diff)
				}
			}
		}
	})
}
