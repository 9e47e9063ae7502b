package experiment

import (
	"testing"
	"time"
)

// TestConfigHash says which changes make another test and which do not.
func TestConfigHash(t *testing.T) {
	f := func(name string, differs bool, change func(*Experiment)) {
		t.Helper()
		before, _ := completeProject(t).Experiment("checkout-button")
		after, _ := completeProject(t).Experiment("checkout-button")
		change(after)
		if got := before.ConfigHash() != after.ConfigHash(); got != differs {
			t.Errorf("%s: hash differs: %v, want %v", name, got, differs)
		}
	}
	f("nothing", false, func(*Experiment) {})
	f("texts", false, func(e *Experiment) { e.Title, e.Hypothesis, e.File = "x", "y", "z" })
	f("targeting", false, func(e *Experiment) { e.Audience, e.Coverage = nil, 1 })
	f("traffic", false, func(e *Experiment) { e.Variants[0].Traffic = 1 })
	f("dates", false, func(e *Experiment) { e.Schedule.End = e.Schedule.End.Add(time.Hour) })
	f("secondary metrics", false, func(e *Experiment) { e.Scorecard.Secondary = nil })
	f("description of a metric", false, func(e *Experiment) { e.Scorecard.Primary[0].Description = "x" })

	f("salt", true, func(e *Experiment) { e.Salt = "x" })
	f("variant", true, func(e *Experiment) { e.Variants[1].Name = "bigger" })
	f("confidence", true, func(e *Experiment) { e.Statistics.Confidence = 0.9 })
	f("regression", true, func(e *Experiment) { e.Statistics.CUPED = CUPEDPooled })
	f("spending", true, func(e *Experiment) { e.Statistics.Spending.Parameter = 2 })
	f("policy", true, func(e *Experiment) { e.SeveralVariants = SeveralExclude })
	f("primary metrics", true, func(e *Experiment) { e.Scorecard.Primary = e.Scorecard.Secondary[:1] })
	f("definition of a metric", true, func(e *Experiment) { e.Scorecard.Primary[0].Numerator.Window.To++ })
	f("margin", true, func(e *Experiment) { e.Scorecard.Guardrails[0].Margin = 0.03 })
}

// TestMetricHash changes with every field that defines a metric.
func TestMetricHash(t *testing.T) {
	p := completeProject(t)
	m, _ := p.Metric("clicks_per_search")
	const want = 64
	if got := m.ConfigHash(); len(got) != want {
		t.Fatalf("hash %q", got)
	}
	f := func(name string, change func(*Metric)) {
		t.Helper()
		changed := *m
		denominator := *m.Denominator
		changed.Denominator = &denominator
		change(&changed)
		if changed.ConfigHash() == m.ConfigHash() {
			t.Errorf("%s does not change the hash", name)
		}
	}
	f("name", func(m *Metric) { m.Name = "x" })
	f("event", func(m *Metric) { m.Numerator.Event = "x" })
	f("denominator", func(m *Metric) { m.Denominator.Aggregate = AggregateSum })
	f("window", func(m *Metric) { m.Denominator.Window.Open = true })
	f("where", func(m *Metric) { m.Numerator.Where = []Filter{{"a", OpIs, nil}} })
	f("cap", func(m *Metric) { m.Numerator.Cap = nil })
	f("quantile", func(m *Metric) { m.Quantile = 0.5 })
	f("goal", func(m *Metric) { m.Goal = GoalDecrease })
	f("sides", func(m *Metric) { m.Sides = SidesOne })
	f("immature", func(m *Metric) { m.Immature = ImmatureInclude })
	f("lookback", func(m *Metric) { m.Lookback++ })
}
