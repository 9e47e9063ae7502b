package ingest

import (
	"context"
	"slices"
	"testing"
	"time"

	"readout/ingest/raw"
	"readout/ingest/tables"
)

// What was added for members can be taken out again, whatever the metrics, and then all
// totals are as if nothing had been added.
func TestMembersCanBeTakenOut(t *testing.T) {
	q := benchQuery(3)
	day := 24 * time.Hour
	more := q.Experiments[0].Metrics
	for _, change := range []func(*Metric){
		func(m *Metric) { m.Value.To = 0 },
		func(m *Metric) { m.Value.To, m.CrossLooks = 0, true },
		func(m *Metric) { m.MatureAfter = 10 * day },
		func(m *Metric) { m.Lookback = 50 * day },
	} {
		for _, m := range q.Experiments[0].Metrics {
			change(&m)
			more = append(more, m)
		}
	}
	for i := range q.Experiments {
		q.Experiments[i].Metrics = more
		q.Experiments[i].SeveralVariants = SeveralVariants(i % 2)
		q.Experiments[i].Phases = []time.Time{q.Looks[0].Add(-10 * day)}
	}
	q.Exposures.Segments = []string{"country"}
	r := newRunner(&q, 1, nil)
	rules := r.rules(0)
	benchTuples(r, rules)
	// Users in two variants.
	for i := range uint64(100) {
		user := tables.UserID{Hi: i, Lo: i}
		hi, lo := keyOf(user)
		for variant := range uint32(2) {
			at := r.looks[variant] - int64(i)*usDay/8
			r.exposures[0].exposure(user, at, 0, uint32(i%2), variant, 0)
			r.conversions[0].events.Put(rules.parts.of(user), eventTuple{hi, at + usDay/3, lo, 1})
		}
	}
	r.exposures[0].end(1)
	r.conversions[0].end(1)
	programs := r.programs(false)
	segments, err := r.findSegments(context.Background(), programs)
	if err != nil {
		t.Fatal(err)
	}
	h := newHistory(r.looks.last()-60*usDay, false, false, time.UTC)
	e := newEvaluator(r.looks, time.UTC, h, programs, r.kinds, segments, true)
	add := func(sign int) (left int) {
		e.sign = sign
		rows, err := r.tuples.reader().partition(0)
		if err != nil {
			t.Fatal(err)
		}
		e.partition(rows)
		for _, total := range e.totals {
			left += notZero(total)
		}
		return left
	}
	if add(raw.Enter) == 0 {
		t.Fatal("no member has added anything")
	}
	if left := add(raw.Leave); left > 0 {
		t.Errorf("%d totals are not 0 after all members have left", left)
	}
}

// notZero counts the totals that are not 0, those of spells and values apart.
func notZero(t *experimentTotals) (n int) {
	ints := func(all ...[]int64) {
		for _, v := range slices.Concat(all...) {
			if v != 0 {
				n++
			}
		}
	}
	cells := func(c raw.KeptCells) {
		ints(c.Converted, c.Ints)
		n += len(c.Floats.At)
	}
	for _, arms := range append([]armTotals{t.armTotals}, t.segments...) {
		ints(arms.users, arms.several)
		ints(arms.clocks...)
		for _, c := range arms.bundles {
			cells(c.Keep())
		}
	}
	ints(t.exposed, t.before)
	ints(t.entering...)
	for _, c := range t.crosses {
		kept := c.Keep()
		cells(kept.Left)
		cells(kept.Entered)
		n += len(kept.Change.At)
	}
	return n
}
