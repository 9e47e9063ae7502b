package analysis

import (
	"testing"

	"readout/experiment"
)

// TestEverySpendingFunctionIsKnown: one that a project may name and package sequential lacks
// would fail only when the experiment is first analysed.
func TestEverySpendingFunctionIsKnown(t *testing.T) {
	for _, name := range experiment.SpendingNames() {
		var in Input
		in.Experiment = &experiment.Experiment{}
		in.Experiment.Statistics.Spending = experiment.Spending{Name: name, Parameter: 1}
		if _, err := in.spending(nil); err != nil {
			t.Error(err)
		}
	}
}
