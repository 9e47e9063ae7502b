package ingest

import (
	"context"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"readout/moments"
)

// Of users whose numbers do not change, what links a look with the one before are those who
// count at both: not one who comes, nor one who is seen in a second variant by then.
func TestLinksOfUsersWhoLeave(t *testing.T) {
	day := func(n int) time.Time { return testStart.AddDate(0, 0, n) }
	q, d := small()
	q.Looks = []time.Time{day(2), day(3), day(4)}
	at := func(n int) int64 { return microseconds(day(n)) }
	var exposures, conversions []fakeRow
	for i, user := range []string{"u", "v", "w", "x"} {
		exposures = append(exposures, fakeRow{user: user, variant: "a", time: at(i / 3 * 2)}) // x comes two days later
		for range i + 1 {
			conversions = append(conversions, fakeRow{user: user, event: "buy", time: at(i/3*2) + 1, value: 1})
		}
	}
	exposures = append(exposures, fakeRow{user: "w", variant: "b", time: at(3) + 1})
	d.exposures, d.conversions = []fakeFile{{exposures}}, []fakeFile{{conversions}}
	windowed := Metric{Value: Column{Event: "buy", To: 24 * time.Hour}, MatureAfter: 24 * time.Hour, CrossLooks: true}
	var metrics []Metric
	for _, aggregate := range []Aggregate{Count, Sum} {
		windowed.Value.Aggregate = aggregate
		metrics = append(metrics, windowed)
	}
	windowed.CrossLooks = false
	q.Experiments[0].Metrics = append(metrics, windowed)

	twice := func(values ...float64) *moments.Set {
		set := moments.New(2)
		for _, v := range values {
			set.Add(v, v)
		}
		return &set
	}
	joint := []*moments.Set{nil, twice(1, 2, 3), twice(1, 2, 4)}
	counts := []*moments.Set{nil, {N: 3}, {N: 3}}
	r, err := runFake(context.Background(), q, d, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, look := range r.Experiments[0].Looks {
		for m, want := range [][]*moments.Set{joint, joint, counts} {
			if diff := gocmp.Diff(want[k], look.Metrics[m][0][0].Previous, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("look %d, metric %d (- want, + got):\n%s", k, m, diff)
			}
		}
	}
}
