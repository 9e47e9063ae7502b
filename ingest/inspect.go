package ingest

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"readout/ingest/tables"
)

// Inspection is what an exposure table holds, for those who were told nothing else.
type Inspection struct {
	// Experiments are the names in the experiment column, sorted; one empty name where the
	// table has no such column.
	Experiments []Inspected
}

// Inspected is one experiment found.
type Inspected struct {
	Name string
	// Variants are the names found, sorted.
	Variants []string
	// First and Last are the times of the earliest and the latest row.
	First, Last time.Time
}

// Columns returns the names of the columns of the first file of a table.
func (e Embedded) Columns(ctx context.Context, path string) ([]string, error) {
	store := e.store()
	files, err := store.List(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, nil
	}
	return tables.ColumnNames(ctx, store, files[0])
}

// Inspect reads the experiments, variants and times of an exposure table.
func (e Embedded) Inspect(ctx context.Context, t ExposureTable, zone *time.Location, progress Progress) (Inspection, error) {
	store := e.store()
	files, err := store.List(ctx, t.Path)
	if err != nil {
		return Inspection{}, fmt.Errorf("list exposures: %w", err)
	}
	variants, experiments := tables.NewOpenNames(nil), tables.NewOpenNames(nil)
	experiments.Purpose = "the column of experiments"
	spec := &tables.Spec{
		Table: "exposures", User: t.User, Time: t.Time, Location: zone,
		Text: []tables.TextColumn{{Name: t.Variant, Codes: variants}},
	}
	if t.Experiment != "" {
		spec.Text = append(spec.Text, tables.TextColumn{Name: t.Experiment, Codes: experiments})
	}
	inspectors := make([]*inspector, e.workers())
	for i := range inspectors {
		inspectors[i] = &inspector{variants: variants, experiments: experiments, table: t, seen: make(map[uint64]*span)}
	}
	src := source{files, func(ctx context.Context, f tables.File) (table, error) { return openParquet(ctx, store, f, spec) }}
	if err := runScans(newScan(ctx, src, inspectors, progress.step("inspect exposures"))); err != nil {
		return Inspection{}, err
	}
	for _, v := range inspectors[1:] {
		inspectors[0].merge(v)
	}
	return inspectors[0].inspection(), nil
}

// store returns the engine's store, or the local file system.
func (e Embedded) store() tables.Store {
	if e.Store == nil {
		return tables.LocalStore{}
	}
	return e.Store
}

func (e Embedded) workers() int {
	if e.Workers > 0 {
		return e.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// inspector is a groupVisitor that keeps what experiments and variants there are, and when.
type inspector struct {
	variants, experiments *tables.OpenNames
	table                 ExposureTable
	seen                  map[uint64]*span
}

func (v *inspector) skip(table, int) bool { return false }

func (v *inspector) relieve(int64) error { return nil }

func (v *inspector) end(int64) int64 { return latestTime }

func (v *inspector) rows(b *tables.Batch) error {
	var last *span
	var lastKey uint64
	for i := range b.N {
		variant, t := b.Text[0][i], b.Time[i]
		experiment := uint32(0)
		if len(b.Text) > 1 {
			experiment = b.Text[1][i]
		}
		if variant >= tables.OtherCode || experiment >= tables.OtherCode || t == noTime || b.User[i] == (tables.UserID{}) {
			continue
		}
		key := uint64(experiment)<<32 | uint64(variant)
		if last == nil || key != lastKey {
			s, ok := v.seen[key]
			if !ok {
				s = &span{t, t}
				v.seen[key] = s
			}
			last, lastKey = s, key
		}
		last.take(t, t)
	}
	return cmp.Or(v.variants.Check(v.table.Variant), v.experiments.Check(v.table.Experiment))
}

func (v *inspector) merge(o *inspector) {
	for key, s := range o.seen {
		if mine, ok := v.seen[key]; ok {
			mine.take(s.first, s.last)
		} else {
			v.seen[key] = s
		}
	}
}

// inspection sorts what was seen by name.
func (v *inspector) inspection() Inspection {
	byName := make(map[string]*Inspected)
	for key, s := range v.seen {
		name := ""
		if v.table.Experiment != "" {
			name = v.experiments.Name(uint32(key >> 32))
		}
		e, ok := byName[name]
		first, last := time.UnixMicro(s.first).UTC(), time.UnixMicro(s.last).UTC()
		if !ok {
			e = &Inspected{Name: name, First: first, Last: last}
			byName[name] = e
		}
		e.Variants = append(e.Variants, v.variants.Name(uint32(key)))
		if first.Before(e.First) {
			e.First = first
		}
		if last.After(e.Last) {
			e.Last = last
		}
	}
	var out Inspection
	for _, e := range byName {
		slices.Sort(e.Variants)
		out.Experiments = append(out.Experiments, *e)
	}
	slices.SortFunc(out.Experiments, func(a, b Inspected) int { return strings.Compare(a.Name, b.Name) })
	return out
}
