package ingest

import (
	"context"

	"readout/ingest/scatter"
)

// keptConversions makes the conversions of all files ready, reading those that are not kept,
// and returns the earliest time of each file.
func (r *runner) keptConversions(ctx context.Context, src source) ([]int64, error) {
	k := keptTable{r.kept, "conversions", r.conversionRules(), r.footer}
	plan, err := k.ready(ctx, src, r.seen, r.conversionsUsable(), r.scanKeptConversions)
	if err != nil {
		return nil, err
	}
	r.files = append(r.files, plan.files(k.table, src.files, r.seen)...)
	places, earliest := plan.places(len(src.files))
	kinds := map[*keptRowsFile][]int{}
	for _, rows := range k.files {
		if places[rows] == nil {
			continue
		}
		if kinds[rows], err = r.kindsNow(rows.keptIndex); err != nil {
			return nil, err
		}
		for i := range rows.Dumps {
			switch d := &rows.Dumps[i]; d.Tuple {
			case eventTuples:
				x := scatter.NewTranslation(places[rows], recodeEvents(kinds[rows]))
				r.tuples.events.AddDump(scatter.Load(rows.file, d.Offset, d.Blocks, x))
			case valueTuples:
				x := scatter.NewTranslation(places[rows], recodeValues(kinds[rows]))
				r.tuples.values.AddDump(scatter.Load(rows.file, d.Offset, d.Blocks, x))
			}
		}
	}
	all := r.conversions[0]
	for _, event := range r.kinds.eventsFrom(len(all.wanted)) {
		all.countKind(event)
	}
	r.keptConversionRows = plan.sources(len(src.files))
	r.keptConversionLast = make([]int64, len(src.files))
	for _, u := range plan.uses {
		r.keptConversionLast[u.place] = u.rows.Files[u.at].last()
		u.rows.Files[u.at].giveConversions(all, u.now, kinds[u.rows])
	}
	return earliest, k.prune(k.table)
}

// scanKeptConversions reads files and completes the index of what is kept of them.
func (r *runner) scanKeptConversions(ctx context.Context, src source, w *keptWriter, index *keptIndex) error {
	tally := &keptTally{files: index.Files}
	for _, v := range r.conversions {
		v.overflow.file = func() (*scatter.File, error) { return w.rows, nil }
		v.tally = tally
	}
	if err := runScans(newScan(ctx, src, r.conversions, r.progress.step("conversions"))); err != nil {
		return err
	}
	index.Events = r.keptEvents()
	for _, kind := range r.kinds.kinds {
		index.Kinds = append(index.Kinds, keptKind{int32(kind.event), []byte(kind.passes)})
	}
	for _, v := range r.conversions {
		if err := dumpAll(w.rows, v.tuples()); err != nil {
			return err
		}
		addDumps(index, eventTuples, v.events)
		addDumps(index, valueTuples, v.values)
		v.events, v.values = scatter.New[eventTuple](0), scatter.New[valueTuple](0)
	}
	return nil
}
