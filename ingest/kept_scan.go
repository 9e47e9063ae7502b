package ingest

import (
	"context"
	"fmt"
	"sync"

	"github.com/zeebo/xxh3"

	"readout/ingest/scatter"
	"readout/ingest/tables"
)

// keptTally takes the counts of visitors into the files they come from.
type keptTally struct {
	mu    sync.Mutex
	files []keptFile
}

// exposures takes the counts of the row group that has ended.
func (t *keptTally) exposures(v *exposureVisitor, order int64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files[order>>32].takeExposures(v)
}

// conversions does the same for conversions.
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
		earliest[u.place] = u.rows.Files[u.at].earliest()
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

// source returns what stands for the rows that are kept of the file. Where the store does not tell
// its versions apart, the rows of each time that it was read are others. From when on rows are kept
// matters only if that lies between the times of the file's own rows.
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

// dumpAll writes all tuples that are still in memory to a file of kept rows.
func dumpAll(to *scatter.File, tuples []heldTuples) error {
	for _, t := range tuples {
		if err := t.DumpAll(to); err != nil {
			return err
		}
	}
	return nil
}
