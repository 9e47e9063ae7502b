package simulate

import (
	"readout/analysis"
)

// record is a test whose looks are put on record day by day, as the daily job does.
type record struct {
	test
	analysis.Input
}

// onRecord returns the tests whose answers do not follow from a path: the always-valid one of
// rare rates, which takes conversions alone, and in an experiment that is extended all that
// look more than once.
func (w World) onRecord() ([]record, error) {
	if !w.Kind.rare && !w.Extended {
		return nil, nil
	}
	procedures, err := Procedures()
	if err != nil {
		return nil, err
	}
	var out []record
	for _, p := range procedures {
		if p.fixed || p.spending != nil && !w.Extended {
			continue
		}
		for _, alpha := range Alphas() {
			in := w.input()
			p.set(in.Experiment, alpha)
			out = append(out, record{test{p.Name, alpha}, in})
		}
	}
	return out, nil
}

// add makes the looks of a day and notes in the paths whether they cross.
func (r *record) add(paths []path, day []analysis.Day) error {
	r.Days = day
	looks, err := analysis.Looks(r.Input)
	if err != nil {
		return err
	}
	r.Looks = append(r.Looks, looks...)
	for m, metric := range r.Experiment.Scorecard.Secondary {
		if paths[m].recorded == nil {
			paths[m].recorded = make(map[test]bool)
		}
		crossed := paths[m].recorded[r.test]
		for _, l := range looks {
			crossed = crossed || l.Metric == metric.Name && l.Crossed
		}
		paths[m].recorded[r.test] = crossed
	}
	return nil
}
