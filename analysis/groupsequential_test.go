package analysis

import (
	"strings"
	"testing"

	"readout/experiment"
	"readout/sequential"
)

// TestOneLookIsLeftForTheLast: a test that runs for longer than it may have looks goes on
// without any until its end.
func TestOneLookIsLeftForTheLast(t *testing.T) {
	more := effect{control: []LookArm{{N: 200}}, treatment: []LookArm{{N: 200}}}
	before := Look{Time: 0.5, Control: []LookArm{{N: 100}}, Treatment: []LookArm{{N: 100}}}
	for _, c := range []struct {
		looks       int
		final, want bool
	}{
		{sequential.MaxLooks - 2, false, true},
		{sequential.MaxLooks - 1, false, false},
		{sequential.MaxLooks - 1, true, true},
		{sequential.MaxLooks, true, false},
	} {
		past := make([]Look, c.looks)
		past[c.looks-1] = before
		if got := (groupSequential{}).due(past, more, sight{time: 0.6, final: c.final}); got != c.want {
			t.Errorf("after %d looks, final %v: due %v, want %v", c.looks, c.final, got, c.want)
		}
	}
}

// TestMethodLineNamesTheSpending: two tests that spend alpha otherwise do not read alike.
func TestMethodLineNamesTheSpending(t *testing.T) {
	for _, c := range []struct {
		spending experiment.Spending
		want     string
	}{
		{experiment.Spending{Name: experiment.SpendingPocock}, "(pocock)"},
		{experiment.Spending{Name: experiment.SpendingKimDeMets, Parameter: 2.5}, "(kim-demets, ρ = 2.5)"},
		{experiment.Spending{Name: experiment.SpendingHwangShihDeCani, Parameter: -4}, "(hwang-shih-decani, γ = -4)"},
	} {
		s := experiment.DefaultStatistics()
		s.Spending = c.spending
		if got := methodSentence(s, 1, false, false, false); !strings.Contains(got, c.want) {
			t.Errorf("%q does not contain %s", got, c.want)
		}
	}
}
