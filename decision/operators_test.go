package decision

import (
	"testing"

	"readout/experiment"
)

// TestEveryOperatorIsKnown: an operator that a project may use and the service cannot evaluate
// would drop the experiment when it is published.
func TestEveryOperatorIsKnown(t *testing.T) {
	for _, op := range experiment.Operators() {
		if _, err := comparison(op, []experiment.Scalar{{Kind: experiment.ScalarText, Text: "a"}}); err != nil {
			t.Errorf("audience: %v", err)
		}
	}
	for _, op := range experiment.PageOperators() {
		if _, err := pageRule(experiment.PageRule{Operator: op, Text: "a"}); err != nil {
			t.Errorf("pages: %v", err)
		}
	}
}
