package ingest

import (
	"context"
	"fmt"

	"readout/ingest/scatter"
)

// keptExposures makes the exposures of all files ready, reading those that are not kept, and
// returns the earliest time of each file.
func (r *runner) keptExposures(ctx context.Context, src source) ([]int64, error) {
	k := keptTable{r.kept, "exposures", r.exposureRules(), r.footer}
	plan, err := k.ready(ctx, src, r.seen, r.exposuresUsable(), r.scanKeptExposures)
	if err != nil {
		return nil, err
	}
	r.files = append(r.files, plan.files(k.table, src.files, r.seen)...)
	all := r.exposures[0]
	places, earliest := plan.places(len(src.files))
	inUse := plan.inUse()
	sets, err := r.setsNow(inUse)
	if err != nil {
		return nil, err
	}
	experiments := map[*keptRowsFile][]int{}
	for _, u := range inUse {
		rows := u.keptRowsFile
		experiments[rows] = r.experimentsNow(rows.keptIndex)
		variants := u.variantsNow(r.variants)
		for i := range rows.Dumps {
			switch d := &rows.Dumps[i]; d.Tuple {
			case exposureTuples:
				x := scatter.NewTranslation(places[rows], recodeExposures(experiments[rows]))
				r.tuples.exposures.AddDump(scatter.Load(rows.file, d.Offset, d.Blocks, x))
			case segmentedTuples:
				x := scatter.NewTranslation(places[rows], recodeSegmented(experiments[rows], sets[rows]))
				r.tuples.segmented.AddDump(scatter.Load(rows.file, d.Offset, d.Blocks, x))
			case unknownTuples:
				x := scatter.NewTranslation(places[rows], recodeUnknown(experiments[rows], variants))
				r.tuples.unknown.AddDump(scatter.Load(rows.file, d.Offset, d.Blocks, x))
			}
		}
	}
	r.keptExposureRows = plan.sources(len(src.files))
	r.keptExposureLast = make([]int64, len(src.files))
	for _, u := range plan.uses {
		r.keptExposureLast[u.place] = u.rows.Files[u.at].last()
		u.rows.Files[u.at].giveExposures(all, u.now, experiments[u.rows])
	}
	if err := r.variants.Check(r.q.Exposures.Variant); err != nil {
		return nil, fmt.Errorf("read exposures: %w", err)
	}
	return earliest, k.prune(k.table)
}

// scanKeptExposures reads files and completes the index of what is kept of them.
func (r *runner) scanKeptExposures(ctx context.Context, src source, w *keptWriter, index *keptIndex) error {
	tally := &keptTally{files: index.Files}
	for _, v := range r.exposures {
		v.met = make([]metNames, len(r.q.Exposures.Segments))
		v.overflow.file = func() (*scatter.File, error) { return w.rows, nil }
		v.tally = tally
	}
	if err := runScans(newScan(ctx, src, r.exposures, r.progress.step("exposures"))); err != nil {
		return err
	}
	index.Experiments = r.keptExperiments()
	index.Variants = r.variantNames()
	if r.segments != nil {
		index.Segments, index.Sets = r.segments.kept()
	}
	for _, v := range r.exposures {
		if err := dumpAll(w.rows, v.tuples()); err != nil {
			return err
		}
		addDumps(index, exposureTuples, v.kept)
		addDumps(index, segmentedTuples, v.segmented)
		addDumps(index, unknownTuples, v.unknown)
		v.kept, v.segmented, v.unknown = scatter.New[exposureTuple](0), scatter.New[segmentedTuple](0), scatter.New[unknownTuple](0)
	}
	return nil
}
