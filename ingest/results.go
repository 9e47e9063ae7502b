package ingest

import (
	"context"
	"slices"
)

// experiments makes the results of totals, which are used up.
func (r *runner) experiments(ctx context.Context, programs []*program, totals []*experimentTotals, segments experimentSegments) ([]ExperimentResult, error) {
	unknown, err := r.unknownVariants(ctx)
	if err != nil {
		return nil, err
	}
	wanted, noValue := r.kindRows()
	out := make([]ExperimentResult, len(programs))
	err = share(ctx, min(r.workers, len(programs)), len(programs), func(_, i int) error {
		p, t := programs[i], totals[i]
		looks := make([]LookResult, len(r.looks))
		users(p, t, looks)
		r.leftOut(i, p, t, wanted, noValue, looks)
		for k := range looks {
			looks[k].Left.UnknownVariants = unknownAt(unknown[i], r.atLooks[k])
		}
		cumulateAll(t.clocks, p.looks)
		var columns []segmentColumn
		if segments.ranks != nil {
			columns = r.segmentColumns(p, t, segments.ranks, segments.slots[i], looks)
		}
		for b := range p.bundles {
			p.show(t, b, columns, looks, r.looks.asked())
		}
		out[i].Looks = looks[:len(r.q.Looks)]
		return nil
	})
	return out, err
}

// users fills in how many users the looks have, and makes room for their metrics.
func users(p *program, t *experimentTotals, looks []LookResult) {
	phases, variants := len(p.phases)+1, len(p.variants)
	for k := range looks {
		looks[k].Users, looks[k].Several = make([]int64, variants), make([]int64, variants)
		looks[k].PhaseUsers, looks[k].PhaseSeveral = p.noUsers(), p.noUsers()
		looks[k].Metrics, looks[k].Caps = make([][][]Cell, len(p.metrics)), make([][]Capping, len(p.metrics))
	}
	for phase := range phases {
		for rank, variant := range p.variants {
			at := (phase*variants + rank) * p.looks
			users, several := t.users[at:at+p.looks], t.several[at:at+p.looks]
			cumulate(users)
			cumulate(several)
			for k := range users {
				look := &looks[p.skip+k]
				look.PhaseUsers[phase][variant] = users[k]
				look.PhaseSeveral[phase][variant] = several[k]
				look.Users[variant] += users[k]
				look.Several[variant] += several[k]
			}
		}
	}
}

// noUsers returns counts by phase and variant, all 0.
func (p *program) noUsers() [][]int64 {
	out := make([][]int64, len(p.phases)+1)
	for phase := range out {
		out[phase] = make([]int64, len(p.variants))
	}
	return out
}

// cumulateAll cumulates counts by look, one arm after the other.
func cumulateAll(counts [][]int64, looks int) {
	for _, n := range counts {
		for at := 0; at < len(n); at += looks {
			cumulate(n[at : at+looks])
		}
	}
}

// show fills in the cells of the metrics of a bundle, at the looks asked for.
func (p *program) show(t *experimentTotals, bundle int, columns []segmentColumn, looks []LookResult, asked int) {
	w := newLookWalk(p, t, bundle)
	metrics := w.metrics(p, t, bundle)
	var walks []*segmentWalk
	for column := range columns {
		walks = append(walks, newSegmentWalk(w, &columns[column], column, bundle, metrics))
	}
	for k := p.skip; k < asked; k++ {
		w.next()
		for i := range metrics {
			m := &metrics[i]
			looks[k].Metrics[m.at] = p.cube(func(arm int) Cell { return w.cell(m, arm) })
			looks[k].Caps[m.at] = w.capping
		}
		for column, s := range walks {
			s.next()
			for n, slot := range columns[column].shown[k-p.skip] {
				for i := range metrics {
					m := &metrics[i]
					looks[k].Segments[column][n].Metrics[m.at] = p.cube(func(arm int) Cell { return s.cell(m, slot, arm) })
				}
			}
		}
	}
	for k := range p.skip {
		for i := range metrics {
			at := metrics[i].at
			looks[k].Metrics[at], looks[k].Caps[at] = looks[p.skip].Metrics[at], looks[p.skip].Caps[at]
			if k == 0 {
				looks[k].Metrics[at] = withoutPrevious(looks[k].Metrics[at])
			}
		}
	}
}

// withoutPrevious returns cells as those of the first look of a run, before which there is none.
func withoutPrevious(cube [][]Cell) [][]Cell {
	out := make([][]Cell, len(cube))
	for phase, cells := range cube {
		out[phase] = slices.Clone(cells)
		for i := range out[phase] {
			out[phase][i].Previous = nil
		}
	}
	return out
}

// cube arranges the cells of arms by phase and variant.
func (p *program) cube(cell func(arm int) Cell) [][]Cell {
	cube := make([][]Cell, len(p.phases)+1)
	for phase := range cube {
		cube[phase] = make([]Cell, len(p.variants))
		for rank, variant := range p.variants {
			cube[phase][variant] = cell(phase*len(p.variants) + rank)
		}
	}
	return cube
}
