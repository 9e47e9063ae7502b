package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"readout/ingest/tables"
)

// Events returns the names of the events in the last file of a table of conversions, by path, sorted, and
// that path. Where an event of a metric is mistyped, the right one is among them.
func (e Embedded) Events(ctx context.Context, t ConversionTable, zone *time.Location) (path string, names []string, err error) {
	store := e.store()
	files, err := store.List(ctx, t.Path)
	if err != nil {
		return "", nil, fmt.Errorf("list conversions: %w", err)
	}
	events := tables.NewOpenNames(nil)
	events.Purpose = "the column of events"
	spec := &tables.Spec{
		Table: "conversions", User: t.User, Time: t.Time, Location: zone,
		Text: []tables.TextColumn{{Name: t.Event, Codes: events}},
	}
	last := files[len(files)-1:]
	if err := runScans(newScan(ctx, parquetSource(store, last, spec), []namesOnly{{}}, nil)); err != nil {
		return "", nil, err
	}
	names = events.Others()
	slices.Sort(names)
	return last[0].Path, names, events.Check(t.Event)
}

// namesOnly is a groupVisitor of which the columns are read and nothing else is wanted.
type namesOnly struct{}

func (namesOnly) skip(table, int) bool { return false }

func (namesOnly) rows(*tables.Batch) error { return nil }

func (namesOnly) relieve(int64) error { return nil }

func (namesOnly) end(int64) int64 { return latestTime }
