package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"
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
	data, err := store.Open(ctx, files[0])
	if err != nil {
		return nil, err
	}
	defer data.Close()
	meta, _, err := readFooter(data, files[0].Size)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", files[0].Path, err)
	}
	schema, err := schemaOf(meta.Schema)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", files[0].Path, err)
	}
	return schema.names, nil
}

// Inspect reads the experiments, variants and times of an exposure table.
func (e Embedded) Inspect(ctx context.Context, t ExposureTable, zone *time.Location, progress Progress) (Inspection, error) {
	store := e.store()
	files, err := store.List(ctx, t.Path)
	if err != nil {
		return Inspection{}, fmt.Errorf("list exposures: %w", err)
	}
	variants, experiments := newOpenNames(nil), newOpenNames(nil)
	spec := &tableSpec{
		table: "exposures", user: t.User, time: t.Time, location: zone,
		text: []textColumn{{name: t.Variant, codes: variants}},
	}
	if t.Experiment != "" {
		spec.text = append(spec.text, textColumn{name: t.Experiment, codes: experiments})
	}
	v := &inspector{variants: variants, column: t.Variant, seen: make(map[uint64]*span)}
	src := source{files, func(ctx context.Context, f File) (table, error) { return openParquet(ctx, store, f, spec) }}
	step := func(done, total int64) {
		if progress != nil {
			progress("inspect exposures", done, total)
		}
	}
	if err := runScans(newScan(ctx, src, []*inspector{v}, step)); err != nil {
		return Inspection{}, err
	}
	return v.inspection(experiments, t.Experiment == ""), nil
}

// store returns the engine's store, or the local file system.
func (e Embedded) store() Store {
	if e.Store == nil {
		return LocalStore{}
	}
	return e.Store
}

// inspector is a groupVisitor that keeps what experiments and variants there are, and when.
type inspector struct {
	variants *openNames
	column   string
	seen     map[uint64]*span
}

// span is the time of the earliest and the latest row.
type span struct{ first, last int64 }

func (v *inspector) skip(table, int) bool { return false }

func (v *inspector) relieve(int64) error { return nil }

func (v *inspector) end(int64) int64 { return latestTime }

func (v *inspector) rows(b *batch) error {
	var last *span
	var lastKey uint64
	for i := range b.n {
		variant, t := b.text[0][i], b.time[i]
		experiment := uint32(0)
		if len(b.text) > 1 {
			experiment = b.text[1][i]
		}
		if variant >= otherCode || experiment >= otherCode || t == noTime || b.user[i] == (userID{}) {
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
		last.first, last.last = min(last.first, t), max(last.last, t)
	}
	return v.variants.check(v.column)
}

// inspection sorts what was seen by name.
func (v *inspector) inspection(experiments *openNames, unnamed bool) Inspection {
	byName := make(map[string]*Inspected)
	for key, s := range v.seen {
		name := ""
		if !unnamed {
			name = experiments.name(uint32(key >> 32))
		}
		e, ok := byName[name]
		first, last := time.UnixMicro(s.first).UTC(), time.UnixMicro(s.last).UTC()
		if !ok {
			e = &Inspected{Name: name, First: first, Last: last}
			byName[name] = e
		}
		e.Variants = append(e.Variants, v.variants.name(uint32(key)))
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
	slices.SortFunc(out.Experiments, func(a, b Inspected) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}
