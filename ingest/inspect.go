package ingest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
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
}

// Columns returns the names of the columns of the first file of a table.
func (e Embedded) Columns(ctx context.Context, path string) ([]string, error) {
	store := e.store()
	files, err := store.List(ctx, path)
	if err != nil {
		return nil, err
	}
	return tables.ColumnNames(ctx, store, files[0])
}

// Inspect reads the experiments and variants of an exposure table. Rows without a user or a
// time have none.
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
		inspectors[i] = &inspector{variants: variants, experiments: experiments, table: t, seen: make(map[uint64]bool)}
	}
	src := parquetSource(store, files, spec)
	if err := runScans(newScan(ctx, src, inspectors, progress.step("inspect exposures"))); err != nil {
		return Inspection{}, err
	}
	for _, v := range inspectors[1:] {
		maps.Copy(inspectors[0].seen, v.seen)
	}
	return inspectors[0].inspection(), nil
}

// inspector is a groupVisitor that keeps what experiments and variants there are.
type inspector struct {
	variants, experiments *tables.OpenNames
	table                 ExposureTable
	seen                  map[uint64]bool // experiment<<32 | variant
}

func (v *inspector) skip(table, int) bool { return false }

func (v *inspector) relieve(int64) error { return nil }

func (v *inspector) end(int64) int64 { return latestTime }

func (v *inspector) rows(b *tables.Batch) error {
	last := uint64(math.MaxUint64)
	for i := range b.N {
		variant, t := b.Text[0][i], b.Time[i]
		experiment := uint32(0)
		if len(b.Text) > 1 {
			experiment = b.Text[1][i]
		}
		if variant >= tables.OtherCode || experiment >= tables.OtherCode || t == noTime || b.User[i] == (tables.UserID{}) {
			continue
		}
		if key := uint64(experiment)<<32 | uint64(variant); key != last {
			v.seen[key] = true
			last = key
		}
	}
	return cmp.Or(v.variants.Check(v.table.Variant), v.experiments.Check(v.table.Experiment))
}

// inspection sorts what was seen by name.
func (v *inspector) inspection() Inspection {
	variants := make(map[string][]string)
	for key := range v.seen {
		name := ""
		if v.table.Experiment != "" {
			name = v.experiments.Name(uint32(key >> 32))
		}
		variants[name] = append(variants[name], v.variants.Name(uint32(key)))
	}
	var out Inspection
	for _, name := range slices.Sorted(maps.Keys(variants)) {
		slices.Sort(variants[name])
		out.Experiments = append(out.Experiments, Inspected{name, variants[name]})
	}
	return out
}
