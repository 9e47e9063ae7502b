package ingest

import (
	"context"
	"fmt"
	"sync"

	"readout/ingest/tables"

	"github.com/zeebo/xxh3"
)

// keptTally takes the counts of visitors into the files they come from.
type keptTally struct {
	mu    sync.Mutex
	files []keptFile
}

func (t *keptTally) exposures(v *exposureVisitor, order int64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files[order>>32].takeExposures(v)
}

func (t *keptTally) conversions(v *conversionVisitor, order int64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files[order>>32].takeConversions(v)
}

// ready makes a plan and reads the files that are not kept, by scan, so that all of them are.
func (k *keptTable) ready(ctx context.Context, src source, looks lookTable, usable func(*keptRowsFile, *keptFile) bool,
	scan func(context.Context, source, *keptWriter, *keptIndex) error) (keptPlan, error) {
	plan, err := k.plan(ctx, src.files, looks, usable)
	if err != nil || len(plan.scan) == 0 {
		return plan, err
	}
	w, index, err := k.begin(ctx, src.files, plan)
	if err != nil {
		return plan, err
	}
	err = scan(ctx, source{pick(src.files, plan.scan), src.open}, w, index)
	if err == nil {
		err = k.end(w, index, looks, &plan)
	}
	if err != nil {
		w.abandon()
	}
	return plan, err
}

// begin starts a file of kept rows for the files of a plan that have to be read.
func (k *keptTable) begin(ctx context.Context, files []tables.File, plan keptPlan) (*keptWriter, *keptIndex, error) {
	index := &keptIndex{Table: k.table, Rules: k.rules, Seed: k.seed, Bits: int(k.parts.bits)}
	for _, place := range plan.scan {
		f := files[place]
		footer, err := k.footerOf(ctx, f)
		if err != nil {
			return nil, nil, err
		}
		index.Files = append(index.Files, keptFile{Path: f.Path, Version: f.Version, Size: f.Size, Footer: footer, First: latestTime})
	}
	w, err := newKeptWriter(k.newPath())
	return w, index, err
}

// end completes a file of kept rows and puts it to use.
func (k *keptTable) end(w *keptWriter, index *keptIndex, looks lookTable, plan *keptPlan) error {
	for i := range index.Files {
		index.Files[i].bound(looks)
	}
	sum, err := w.finish(index)
	if err != nil {
		return err
	}
	rows := &keptRowsFile{keptIndex: index, path: w.path, file: w.file, sum: sum, used: true}
	k.files = append(k.files, rows)
	for i, place := range plan.scan {
		now := make([]int, len(index.Files[i].Looks))
		for j := range now {
			now[j] = int(index.Files[i].Looks[j].Look)
		}
		plan.uses = append(plan.uses, keptUse{rows, i, place, now})
	}
	return nil
}

// places returns, by file of kept rows and place there, the place among the files of the
// table, or -1, and the earliest times of all files.
func (p *keptPlan) places(files int) (map[*keptRowsFile][]int64, []int64) {
	places := map[*keptRowsFile][]int64{}
	earliest := make([]int64, files)
	for _, u := range p.uses {
		if places[u.rows] == nil {
			places[u.rows] = make([]int64, len(u.rows.Files))
			for i := range places[u.rows] {
				places[u.rows][i] = -1
			}
		}
		places[u.rows][u.at] = int64(u.place)
		earliest[u.place] = u.rows.Files[u.at].First
	}
	return places, earliest
}

// sources returns, by place among the files of the table, what stands for their rows.
func (p *keptPlan) sources(files int) []keptSource {
	out := make([]keptSource, files)
	for _, u := range p.uses {
		out[u.place] = u.source()
	}
	return out
}

func (u *keptUse) source() keptSource {
	f := &u.rows.Files[u.at]
	from := f.From
	switch {
	case from <= f.First:
		from = noTime
	case from > f.last():
		from = latestTime
	}
	text := fmt.Sprintf("%s %q %q %d %d %d", u.rows.Table, f.Path, f.Version, f.Size, f.Footer, from)
	if f.Version == "" {
		text += fmt.Sprintf(" %d %d", u.rows.sum, u.at)
	}
	sum := xxh3.HashString128(text)
	return keptSource{sum.Hi, sum.Lo}
}

// newTranslation brings tuples of a kept file up to date.
func newTranslation[T any](place []int64, recode func(*T) bool) *translation[T] {
	x := &translation[T]{place: place, whole: recode == nil, recode: recode}
	for _, p := range place {
		x.whole = x.whole && p >= 0
	}
	return x
}

// keptExposures makes the exposures of all files ready, reading those that are not kept, and
// returns the earliest time of each file.
func (r *runner) keptExposures(ctx context.Context, src source) ([]int64, error) {
	k := keptTable{r.kept, "exposures", r.exposureRules(), r.footer}
	plan, err := k.ready(ctx, src, r.seen, r.exposuresUsable(), r.scanKeptExposures)
	if err != nil {
		return nil, err
	}
	all := r.exposures[0]
	places, earliest := plan.places(len(src.files))
	experiments, variants := map[*keptRowsFile][]int{}, map[*keptRowsFile][]uint32{}
	for _, rows := range k.files {
		if places[rows] == nil {
			continue
		}
		experiments[rows] = r.experimentsNow(rows.keptIndex)
		for _, name := range rows.Variants {
			variants[rows] = append(variants[rows], r.variants.Code([]byte(name)))
		}
		var sets []int
		if r.segments != nil {
			sets = r.setsNow(rows.keptIndex)
		}
		for i := range rows.Dumps {
			switch d := &rows.Dumps[i]; d.Tuple {
			case exposureTuples:
				x := newTranslation(places[rows], recodeExposures(experiments[rows]))
				r.tuples.exposures.dumps = append(r.tuples.exposures.dumps, keptDumpOf(rows.file, d, x))
			case segmentedTuples:
				x := newTranslation(places[rows], recodeSegmented(experiments[rows], sets))
				r.tuples.segmented.dumps = append(r.tuples.segmented.dumps, keptDumpOf(rows.file, d, x))
			}
		}
	}
	r.keptExposureRows = plan.sources(len(src.files))
	r.keptExposureLast = make([]int64, len(src.files))
	for _, u := range plan.uses {
		r.keptExposureLast[u.place] = u.rows.Files[u.at].last()
		u.rows.Files[u.at].giveExposures(all, u.now, experiments[u.rows], variants[u.rows])
	}
	return earliest, k.prune(k.table)
}

// scanKeptExposures reads files and completes the index of what is kept of them.
func (r *runner) scanKeptExposures(ctx context.Context, src source, w *keptWriter, index *keptIndex) error {
	tally := &keptTally{files: index.Files}
	for _, v := range r.exposures {
		v.overflow.file = func() (*dumpFile, error) { return &w.dumpFile, nil }
		v.tally = tally
	}
	if err := runScans(newScan(ctx, src, r.exposures, r.progress.step("exposures"))); err != nil {
		return err
	}
	index.Experiments = r.keptExperiments()
	index.Variants = r.nameUnknown(index.Files)
	if r.segments != nil {
		index.Segments, index.Sets = r.segments.kept()
	}
	for _, v := range r.exposures {
		if err := dumpAll(&w.dumpFile, v.tuples()); err != nil {
			return err
		}
		addDumps(index, exposureTuples, v.kept)
		addDumps(index, segmentedTuples, v.segmented)
		v.kept, v.segmented = newScatter[exposureTuple](0), newScatter[segmentedTuple](0)
	}
	return nil
}

func dumpAll(to *dumpFile, tuples []heldTuples) error {
	for _, t := range tuples {
		if err := t.dumpAll(to); err != nil {
			return err
		}
	}
	return nil
}

// nameUnknown returns the names of unknown variants and makes the files' counts refer to
// places there.
func (r *runner) nameUnknown(files []keptFile) []string {
	var names []string
	places := map[int32]int32{}
	for i := range files {
		for j := range files[i].Unknown {
			u := &files[i].Unknown[j]
			place, ok := places[u.Variant]
			if !ok {
				place = int32(len(names))
				places[u.Variant] = place
				names = append(names, r.variantName(uint32(u.Variant)))
			}
			u.Variant = place
		}
	}
	return names
}

// keptConversions makes the conversions of all files ready, reading those that are not kept,
// and returns the earliest time of each file.
func (r *runner) keptConversions(ctx context.Context, src source) ([]int64, error) {
	k := keptTable{r.kept, "conversions", r.conversionRules(), r.footer}
	plan, err := k.ready(ctx, src, r.seen, r.conversionsUsable(), r.scanKeptConversions)
	if err != nil {
		return nil, err
	}
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
				x := newTranslation(places[rows], recodeEvents(kinds[rows]))
				r.tuples.events.dumps = append(r.tuples.events.dumps, keptDumpOf(rows.file, d, x))
			case valueTuples:
				x := newTranslation(places[rows], recodeValues(kinds[rows]))
				r.tuples.values.dumps = append(r.tuples.values.dumps, keptDumpOf(rows.file, d, x))
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
		v.overflow.file = func() (*dumpFile, error) { return &w.dumpFile, nil }
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
		if err := dumpAll(&w.dumpFile, v.tuples()); err != nil {
			return err
		}
		addDumps(index, eventTuples, v.events)
		addDumps(index, valueTuples, v.values)
		v.events, v.values = newScatter[eventTuple](0), newScatter[valueTuple](0)
	}
	return nil
}
