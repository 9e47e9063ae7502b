package simulate

import (
	"context"
	"math"
	"sync"
)

// Found is how many of a world's runs found an effect.
type Found struct {
	World World
	Runs  int
	// counts and both are in the order of the metrics (plain, adjusted), of [Procedures] and of
	// [Alphas]. both counts the runs in which a single look at the end found it too. Of a
	// quantile there is no adjusted metric.
	counts, both [][][]int
}

// newFound returns the counts of no run.
func newFound(w World, procedures int) Found {
	f := Found{World: w}
	for _, counts := range []*[][][]int{&f.counts, &f.both} {
		for range w.metrics() {
			metric := make([][]int, procedures)
			for p := range metric {
				metric[p] = make([]int, len(Alphas()))
			}
			*counts = append(*counts, metric)
		}
	}
	return f
}

// metrics returns how many metrics a run has.
func (w World) metrics() int {
	if w.Kind.quantile > 0 {
		return 1
	}
	return 2
}

// merge adds the runs of o.
func (f *Found) merge(o Found) {
	f.Runs += o.Runs
	for m := range o.counts {
		for p := range o.counts[m] {
			for a := range o.counts[m][p] {
				f.counts[m][p][a] += o.counts[m][p][a]
				f.both[m][p][a] += o.both[m][p][a]
			}
		}
	}
}

// rate returns a share of runs.
func (f Found) rate(metric, procedure, alpha int) Rate {
	return Rate{f.counts[metric][procedure][alpha], f.Runs}
}

// loss returns how much less often a procedure finds the effect than a single look at the
// end, with its standard error. Both are asked about the same users, so that the error is
// that of the runs in which they differ.
func (f Found) loss(metric, procedure, alpha int) (points, se float64) {
	n := float64(f.Runs)
	single := f.counts[metric][len(f.counts[metric])-1][alpha]
	own, both := f.counts[metric][procedure][alpha], f.both[metric][procedure][alpha]
	points = float64(single-own) / n
	return points, math.Sqrt((float64(single+own-2*both)/n - points*points) / n)
}

// find runs every world. Its counts do not depend on the workers.
func find(ctx context.Context, worlds []World, o Options) ([]Found, error) {
	procedures, err := Procedures()
	if err != nil {
		return nil, err
	}
	out := make([]Found, len(worlds))
	for i, w := range worlds {
		out[i] = newFound(w, len(procedures))
	}
	var mu sync.Mutex
	err = o.parallel(ctx, len(worlds), func(i, first, end int) error {
		f, err := worlds[i].find(procedures, o.Seed, first, end)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		out[i].merge(f)
		return nil
	})
	return out, err
}

// find runs the runs from first up to, not including, end.
func (w World) find(procedures []Procedure, seed uint64, first, end int) (Found, error) {
	out := newFound(w, len(procedures))
	out.Runs = end - first
	rules := make([][]*rule, len(procedures))
	for p, procedure := range procedures {
		for _, alpha := range Alphas() {
			r, err := newRule(procedure, alpha, w.planned())
			if err != nil {
				return out, err
			}
			rules[p] = append(rules[p], r)
		}
	}
	for run := first; run < end; run++ {
		paths, err := w.paths(seed, run)
		if err != nil {
			return out, err
		}
		for m := range paths {
			for a := range Alphas() {
				single := false
				// The single look is the last of the procedures.
				for p := len(rules) - 1; p >= 0; p-- {
					crosses, err := rules[p][a].crosses(&paths[m])
					if err != nil {
						return out, err
					}
					if p == len(rules)-1 {
						single = crosses
					}
					if crosses {
						out.counts[m][p][a]++
					}
					if crosses && single {
						out.both[m][p][a]++
					}
				}
			}
		}
	}
	return out, nil
}
