package daily

import (
	"testing"

	"readout/experiment"
)

// TestHashesOfTestsStay holds hashes as the log of looks has them: with other ones no look
// of an experiment under way would count any more.
func TestHashesOfTestsStay(t *testing.T) {
	metric := func(name string) *experiment.Metric {
		return &experiment.Metric{Name: name, Numerator: experiment.Column{Event: name, Aggregate: experiment.AggregateAny}}
	}
	e := &experiment.Experiment{
		Name: "checkout", Statistics: experiment.DefaultStatistics(), SeveralVariants: experiment.SeveralExclude,
		Variants: []experiment.Variant{{Name: experiment.Control}, {Name: "big"}},
		Scorecard: experiment.Scorecard{
			Primary:    []*experiment.Metric{metric("bought"), metric("signed_up")},
			Secondary:  []*experiment.Metric{metric("clicked")},
			Guardrails: []experiment.Guardrail{{Metric: metric("cancelled"), Margin: 0.02}},
		},
	}
	hashes := metricHashes(e)
	for name, want := range map[string]string{
		"bought": "48705f78151e0318", "signed_up": "47f989d26641d507", "clicked": "a628a1338433ff45", "cancelled": "83976b07e3f47cd8",
	} {
		if got := hashes[name]; len(got) != 64 || got[:16] != want {
			t.Errorf("%s: hash %s, want %s…", name, got, want)
		}
	}
	e.Statistics.Confidence = 0.9
	for name, hash := range metricHashes(e) {
		if hash == hashes[name] {
			t.Errorf("%s: the same hash with other statistics", name)
		}
	}
}
