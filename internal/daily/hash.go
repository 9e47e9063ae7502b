package daily

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"readout/experiment"
)

// metricHashes returns, per metric of the scorecard, the hash of what its test is made of:
// the metric, the statistics, the arms, and for primary metrics the family they share
// alpha with. A look counts only for the test with the same hash.
func metricHashes(e *experiment.Experiment) map[string]string {
	var test strings.Builder
	fmt.Fprintf(&test, "readout test 1\n%s\n%s\n%s\n", e.Name, e.Statistics.ConfigHash(), e.SeveralVariants)
	for _, v := range e.Variants {
		fmt.Fprintln(&test, v.Name)
	}
	family := make([]string, len(e.Scorecard.Primary))
	for i, m := range e.Scorecard.Primary {
		family[i] = m.Name
	}
	out := make(map[string]string)
	add := func(m *experiment.Metric, role string) {
		sum := sha256.Sum256([]byte(test.String() + role + "\n" + m.ConfigHash()))
		out[m.Name] = hex.EncodeToString(sum[:])
	}
	for _, m := range e.Scorecard.Primary {
		add(m, "primary "+strings.Join(family, " "))
	}
	for _, m := range e.Scorecard.Secondary {
		add(m, "secondary")
	}
	for _, g := range e.Scorecard.Guardrails {
		add(g.Metric, "guardrail")
	}
	return out
}
