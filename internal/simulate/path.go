package simulate

import (
	"fmt"

	"readout/analysis"
	"readout/sequential"
)

// path is what the looks of one metric came to, until the end of the experiment.
type path struct {
	// time is the spending time, z the normal score of the statistic, correlation the one
	// with the look before.
	time, z, correlation []float64
	// t is the statistic as Student's, with df degrees of freedom; users of both arms, and
	// least those of the smaller arm.
	t, df, users, least []float64
	// se is the standard error of the effect.
	se []float64
	// recorded says whether tests have crossed whose looks were all put on record, because
	// they do not follow from the rest.
	recorded map[test]bool
}

// test is a procedure at an alpha.
type test struct {
	procedure string
	alpha     float64
}

// add appends a look.
func (p *path) add(l analysis.Look) {
	p.time = append(p.time, l.Time)
	p.z = append(p.z, l.Z)
	p.correlation = append(p.correlation, l.Correlation.Or(0))
	p.t = append(p.t, l.Effect/l.SE)
	p.se, p.df = append(p.se, l.SE), append(p.df, l.DF)
	control, treatment := users(l.Control), users(l.Treatment)
	p.users = append(p.users, float64(control+treatment))
	p.least = append(p.least, float64(min(control, treatment)))
}

// users returns the number of users of an arm over its phases.
func users(arms []analysis.LookArm) int64 {
	var n int64
	for _, a := range arms {
		n += a.N
	}
	return n
}

// process returns the process of the first looks.
func (p *path) process(looks int) (sequential.Process, error) {
	return sequential.FromCorrelations(p.correlation[:looks])
}

// paths runs one experiment to its end and returns the paths of its metrics. A look's
// estimate and its correlation with the look before depend on that look alone, so no other
// is on record when it is made; the boundaries that come out of that are not used.
func (w World) paths(seed uint64, run int) ([]path, error) {
	in := w.input()
	c := crowd{world: w, r: w.random(seed, run)}
	metrics := in.Experiment.Scorecard.Secondary
	out := make([]path, len(metrics))
	onRecord, err := w.onRecord()
	if err != nil {
		return nil, err
	}
	for k := range w.Looks {
		in.Days = []analysis.Day{c.next(k)}
		w.extend(&in, k)
		looks, err := analysis.Looks(in)
		if err != nil {
			return nil, fmt.Errorf("%s, run %d: %w", w.Name(), run, err)
		}
		for i := range onRecord {
			w.extend(&onRecord[i].Input, k)
			if err := onRecord[i].add(out, in.Days); err != nil {
				return nil, fmt.Errorf("%s, run %d: %w", w.Name(), run, err)
			}
		}
		last := in.Looks
		in.Looks = nil
		for m, metric := range metrics {
			made := false
			for _, l := range looks {
				if l.Metric == metric.Name {
					out[m].add(l)
					in.Looks = append(in.Looks, l)
					made = true
				}
			}
			// A day without a look leaves the one before on record.
			for _, l := range last {
				if l.Metric == metric.Name && !made {
					in.Looks = append(in.Looks, l)
				}
			}
		}
	}
	return out, nil
}
