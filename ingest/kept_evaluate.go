package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"readout/ingest/raw"
	"readout/ingest/scatter"
)

// base is totals of an earlier run that a run may start from.
type base struct {
	totals []*experimentTotals // by experiment; nil for those to be added up from nothing
	kept   *keptTotals         // one of them: files and looks are those of all
	added  int                 // the first look since then
	ahead  []bool              // by experiment: what is kept goes on to days after the last look
}

// evaluateKept returns the totals of all users, starting from those of an earlier run, and
// keeps them for the next.
func (r *runner) evaluateKept(ctx context.Context, h history, programs []*program, segments experimentSegments, wholeFits bool) ([]*experimentTotals, error) {
	keys, err := r.totalsKeys(h, wholeFits)
	if err != nil {
		return nil, err
	}
	b := r.findBase(keys, h, programs, segments, wholeFits)
	totals, changed, err := r.evaluateFrom(ctx, b, h, programs, segments, wholeFits)
	if err != nil {
		return nil, err
	}
	err = share(ctx, min(r.workers, len(totals)), len(totals), func(_, i int) error {
		p, t := programs[i], totals[i]
		if !p.additive(segments) {
			return nil
		}
		p.capLooks(t, r.looks.asked())
		// A run for a day in the past leaves alone what the next day will start from.
		if !changed || b.ahead[i] {
			return nil
		}
		k := keepTotals(t, segments.named(i))
		k.keepCaps(p, t)
		k.Key, k.Looks, k.Skip, k.History = keys[i], r.looks, p.skip, h.first
		k.Files = slices.Concat(r.keptExposureRows, r.keptConversionRows)
		return r.kept.writeTotals(&k)
	})
	if err != nil || !changed {
		return totals, err
	}
	return totals, r.kept.pruneTotals(keys)
}

// additive reports whether all that the experiment comes to is sums over users, or can be
// brought up to date like these.
func (p *program) additive(segments experimentSegments) bool {
	return !p.hasValues && !slices.ContainsFunc(p.bundles, func(b bundle) bool {
		return !b.keepable() || b.caps != nil && segments.ranks != nil
	})
}

// totalsKeys returns, by experiment, all that its totals depend on but for rows and looks.
func (r *runner) totalsKeys(h history, wholeFits bool) ([]string, error) {
	rules := fmt.Sprintf("%s\n%s\n%t %t %t\n", r.exposureRules(), r.conversionRules(), h.date, h.dates, wholeFits)
	keys := make([]string, len(r.q.Experiments))
	for i := range keys {
		e, err := json.Marshal(&r.q.Experiments[i])
		if err != nil {
			return nil, fmt.Errorf("experiment %q: %w", r.q.Experiments[i].Name, err)
		}
		keys[i] = rules + string(e)
	}
	return keys, nil
}

// findBase finds the totals of an earlier run. Its files must all be there still, and looks
// may have been added since.
func (r *runner) findBase(keys []string, h history, programs []*program, segments experimentSegments, wholeFits bool) base {
	here := map[keptSource]bool{}
	for _, s := range slices.Concat(r.keptExposureRows, r.keptConversionRows) {
		here[s] = true
	}
	b := base{totals: make([]*experimentTotals, len(programs)), ahead: make([]bool, len(programs))}
	for i, p := range programs {
		if !p.additive(segments) {
			continue
		}
		k := r.kept.readTotals(keys[i])
		if k == nil || k.History != h.first || slices.ContainsFunc(k.Files, func(s keptSource) bool { return !here[s] }) {
			continue
		}
		b.ahead[i] = lookTable(k.Looks).lastAsked() > r.looks.lastAsked()
		if b.kept != nil && (!slices.Equal(k.Files, b.kept.Files) || !slices.Equal(k.Looks, b.kept.Looks)) {
			continue
		}
		to, added, ok := k.looksNow(r.looks, p.start)
		t := newExperimentTotals(p, segments.of(i), wholeFits)
		if ok && k.give(t, to, p.ownLooks, segments.named(i)) && k.giveCaps(p, t, raw.Move{To: to, Looks: len(r.looks)}, r.looks.asked(), wholeFits) {
			b.totals[i], b.kept, b.added = t, k, added
		}
	}
	return b
}

// evaluateFrom returns the totals of all users, and whether they are others than the base.
func (r *runner) evaluateFrom(ctx context.Context, b base, h history, programs []*program, segments experimentSegments, wholeFits bool) ([]*experimentTotals, bool, error) {
	if b.kept == nil {
		totals, err := r.evaluateAll(ctx, h, programs, segments, wholeFits)
		return totals, true, err
	}
	newExposures, newConversions := sinceThen(r.keptExposureRows, b.kept.Files), sinceThen(r.keptConversionRows, b.kept.Files)
	whole := make([]bool, len(programs))
	for i := range whole {
		whole[i] = b.totals[i] == nil
	}
	if b.added == len(r.looks)-1 && !slices.Contains(slices.Concat(newExposures, newConversions, whole), true) {
		return b.totals, false, nil
	}
	workers := min(r.workers, r.partitions())
	deltas := make([]*delta, workers)
	for i := range deltas {
		evaluator := func(looks lookTable, segments experimentSegments) *evaluator {
			return newEvaluator(looks, r.location, h, programs, r.kinds, segments, wholeFits)
		}
		then, now := evaluator(looksThen(r.looks, b.added), experimentSegments{}), evaluator(r.looks, segments)
		deltas[i] = newDelta(then, now, b.added, whole, newExposures, newConversions, r.keptExposureLast, r.keptConversionLast)
	}
	err := r.eachPartition(ctx, workers, func(worker int, rows userRows) { deltas[worker].partition(rows) })
	if err != nil {
		return nil, false, err
	}
	totals := deltas[0].now.totals
	for _, d := range deltas[1:] {
		for i, t := range d.now.totals {
			totals[i].merge(t)
		}
	}
	// Most cells of the difference are empty.
	for i, t := range b.totals {
		if t == nil {
			continue
		}
		if !programs[i].exchangeSpells(t, totals[i]) {
			return nil, false, fmt.Errorf("%w: users of experiment %q are not those that were added up", scatter.ErrUnreadable, r.q.Experiments[i].Name)
		}
		t.merge(totals[i])
		totals[i] = t
	}
	return totals, true, r.checkValues(totals)
}

// sinceThen reports, by place of the file, whether its rows are not among those of a run.
func sinceThen(files, then []keptSource) []bool {
	was := map[keptSource]bool{}
	for _, s := range then {
		was[s] = true
	}
	out := make([]bool, len(files))
	for i, s := range files {
		out[i] = !was[s]
	}
	return out
}
