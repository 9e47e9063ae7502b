package daily

import (
	"testing"

	"readout/experiment"
)

// TestEveryAggregateIsAsked: one without a line in aggregates would be asked of the engine as
// its zero value, which is another aggregate.
func TestEveryAggregateIsAsked(t *testing.T) {
	for _, a := range experiment.Aggregates() {
		if asked := columnQuery(experiment.Column{Aggregate: a}).Aggregate; asked.String() != string(a) {
			t.Errorf("%s is asked of the engine as %s", a, asked)
		}
	}
}
