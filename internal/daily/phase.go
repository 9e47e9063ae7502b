package daily

import (
	"time"

	"readout/experiment"
)

// phasesOf returns when the second and later phases of traffic began, and the planned
// split of every phase in the order of the variants: those recorded at each publish, or
// without a record the stops alone.
func phasesOf(e *experiment.Experiment, s experiment.State) (begins []time.Time, weights [][]float64) {
	recorded := s.TrafficPhases()
	if len(recorded) == 0 {
		weights = append(weights, splitOf(e, nil))
		for i, stop := range s.Stopped {
			begins = append(begins, stop.At)
			weights = append(weights, splitOf(e, s.Stopped[:i+1]))
		}
		return begins, weights
	}
	for i, p := range recorded {
		if i > 0 {
			begins = append(begins, p.From)
		}
		split := make([]float64, len(e.Variants))
		for j, v := range e.Variants {
			for _, t := range p.Traffic {
				if t.Variant == v.Name {
					split[j] = t.Share.Fraction()
				}
			}
		}
		weights = append(weights, split)
	}
	return begins, weights
}

// splitOf returns the planned split without the variants stopped.
func splitOf(e *experiment.Experiment, stopped []experiment.StoppedVariant) []float64 {
	split := make([]float64, len(e.Variants))
	for i, v := range e.Variants {
		split[i] = v.Traffic.Fraction()
		for _, s := range stopped {
			if s.Variant == v.Name {
				split[i] = 0
			}
		}
	}
	return split
}

// stoppedOf returns when variants were stopped.
func stoppedOf(s experiment.State) map[string]time.Time {
	out := make(map[string]time.Time, len(s.Stopped))
	for _, v := range s.Stopped {
		out[v.Variant] = v.At
	}
	return out
}
