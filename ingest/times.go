package ingest

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"readout/ingest/tables"
)

// Times are the earliest and the latest time in a table; both are zero where no row has one.
type Times struct{ First, Last time.Time }

// Times returns when the rows of both tables of a query are from, whatever experiments and
// looks it asks for. Row groups whose statistics say it are not read. Times from the last
// day of the year 9999 on, in any zone, which stand for never, are left out.
func (e Embedded) Times(ctx context.Context, q Query, progress Progress) (exposures, conversions Times, err error) {
	zone := cmp.Or(q.Location, time.UTC)
	x, c := q.Exposures, q.Conversions
	exposures, err = e.times(ctx, &tables.Spec{Table: "exposures", User: x.User, Time: x.Time, Location: zone}, x.Path, progress)
	if err == nil && c.Path != "" {
		conversions, err = e.times(ctx, &tables.Spec{Table: "conversions", User: c.User, Time: c.Time, Location: zone}, c.Path, progress)
	}
	return exposures, conversions, err
}

func (e Embedded) times(ctx context.Context, spec *tables.Spec, path string, progress Progress) (Times, error) {
	store := e.store()
	files, err := store.List(ctx, path)
	if err != nil {
		return Times{}, fmt.Errorf("list %s: %w", spec.Table, err)
	}
	src := parquetSource(store, files, spec)
	return timesOf(ctx, src, e.workers(), progress.step(spec.Table))
}

// timesOf reads the times of a table.
func timesOf(ctx context.Context, src source, workers int, step func(done, total int64)) (Times, error) {
	visitors := make([]*timesVisitor, workers)
	for i := range visitors {
		visitors[i] = &timesVisitor{noSpan()}
	}
	if err := runScans(newScan(ctx, src, visitors, step)); err != nil {
		return Times{}, err
	}
	all := noSpan()
	for _, v := range visitors {
		all.take(v.first, v.last)
	}
	return all.times(), nil
}

// span is the time of the earliest and the latest row.
type span struct{ first, last int64 }

// noSpan is that of no rows: its first time is after its last one.
func noSpan() span { return span{latestTime, noTime} }

func (s *span) take(first, last int64) { s.first, s.last = min(s.first, first), max(s.last, last) }

func (s *span) times() Times {
	if s.first > s.last {
		return Times{}
	}
	return Times{time.UnixMicro(s.first).UTC(), time.UnixMicro(s.last).UTC()}
}

// timesVisitor is a groupVisitor that looks at times only.
type timesVisitor struct{ span }

// never is where times begin that stand for never: 9999-12-31 where that day begins first, 14 hours
// before UTC.
const never = (253402214400 - 14*60*60) * 1e6

func (v *timesVisitor) skip(t table, g int) bool {
	lo, hi, exact, ok := t.TimeRange(g)
	switch {
	case !ok || hi >= never:
		return false
	case exact:
		v.take(lo, hi)
		return true
	}
	return lo >= v.first && hi <= v.last
}

func (v *timesVisitor) rows(b *tables.Batch) error {
	for _, t := range b.Time[:b.N] {
		if t != noTime && t < never {
			v.take(t, t)
		}
	}
	return nil
}

func (v *timesVisitor) relieve(int64) error { return nil }

func (v *timesVisitor) end(int64) int64 { return latestTime }
