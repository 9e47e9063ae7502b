package analysis

import (
	"fmt"
	"math"

	"readout/experiment"
)

// verdict returns the one word for a comparison; final says that no look is to come.
func verdict(c *Comparison, s scored, t test, final bool) Verdict {
	switch {
	case c.Reason != "":
		return CannotSay
	case c.Look == 0:
		return TooEarly
	case s.role == Guardrail:
		return guardrailVerdict(c, t)
	case c.Significant:
		value := c.Record.Effect.Or(0)
		if value*t.direction > 0 {
			return Better
		}
		return Worse
	case final:
		return NoDifference
	case !c.Critical.ok && !c.Lo.ok && !c.Hi.ok:
		return TooEarly
	}
	return NotYet
}

// guardrailVerdict reads a guardrail from the interval shown: it passes when the lift
// cannot be as bad as the margin, fails when it cannot be better, else it is undecided.
func guardrailVerdict(c *Comparison, t test) Verdict {
	bad, good := c.LiftLo, c.LiftHi
	if t.direction < 0 {
		bad, good = c.LiftHi, c.LiftLo
	}
	margin := -t.direction * c.Margin.Or(0)
	if v, ok := bad.Get(); ok && (v-margin)*t.direction > 0 {
		return Passes
	}
	if v, ok := good.Get(); ok && (v-margin)*t.direction < 0 {
		return Fails
	}
	return Undecided
}

// conclude gives every comparison its verdict and its sentence.
func (a *analyzer) conclude(card *Scorecard) error {
	for i, s := range scoredMetrics(a.in.Experiment.Scorecard) {
		row := &card.Metrics[i]
		t, err := a.test(s.metric, a.alpha(s.role))
		if err != nil {
			return fmt.Errorf("metric %s: %w", s.metric.Name, err)
		}
		final := !a.day.Through.Before(row.Final)
		for j := range row.Comparisons {
			c := &row.Comparisons[j]
			if err := a.setStagewise(c, s, t, final); err != nil {
				return fmt.Errorf("metric %s, variant %s: %w", s.metric.Name, c.Variant, err)
			}
			c.Verdict = verdict(c, s, t, card.Over(row, c))
			if row.nobody() && !card.Over(row, c) {
				c.Verdict = TooEarly
			}
			c.Sentence = comparisonSentence(c, s)
			if c.Verdict == TooEarly && c.Reason == "" && c.Look == 0 && !c.Stopped && a.waits(t, s, i, a.treatments()[j]) {
				c.Sentence = waitingSentence(c, s)
			}
		}
	}
	return nil
}

// nobody reports whether no user counts for a metric, as while no window is over.
func (m *MetricResult) nobody() bool {
	for _, v := range m.Variants {
		if v.Users > 0 {
			return false
		}
	}
	return m.Reason == ""
}

// Over reports whether no look of a comparison of metric m is to come.
func (card *Scorecard) Over(m *MetricResult, c *Comparison) bool {
	return c.Stopped || !card.Through.Before(m.Final) || card.spentAll(c)
}

// spentAll reports whether the last look of a comparison had all of alpha to spend. None follows
// it, although the end may have been moved since and the metric not be final.
func (card *Scorecard) spentAll(c *Comparison) bool {
	return card.Plan.Procedure == string(experiment.ProcedureGroupSequential) && c.Time.Or(0) >= 1
}

// waits reports whether the looks of the i-th metric in treatment v wait, see [readyPhase].
func (a *analyzer) waits(t test, s scored, i, v int) bool {
	switch t.procedure.(type) {
	case groupSequential, alwaysValid:
	default:
		return false
	}
	phases := a.day.Metrics[i]
	return !readyPhase(s.metric, column(phases, a.control), column(phases, v))
}

// adjustFamilies adds what needs all comparisons at once: q-values of the secondary
// metrics, and Holm's adjustment of the primary ones where it is chosen.
func (a *analyzer) adjustFamilies(card *Scorecard) error {
	stats := a.in.Experiment.Statistics
	setAll(card, Secondary, benjaminiHochberg, func(c *Comparison, q float64) { c.Q = Defined(q) })
	if stats.Correction != experiment.CorrectionHolm {
		return nil
	}
	// The family is what was planned, whatever of it has a p-value today: a metric with a shorter
	// window must not have all of alpha until the others begin.
	adjust := func(p []float64) []float64 { return holm(p, len(card.Plan.Family)) }
	setAll(card, Primary, adjust, func(c *Comparison, p float64) {
		c.PAdjusted = Defined(p)
		c.IntervalUnadjusted = true
		// Without a look that crossed its own boundary there is nothing to put on record.
		if c.Significant = c.Significant && p <= stats.Alpha(); !c.Significant {
			c.Record = nil
		}
	})
	if err := a.recordUnderHolm(card); err != nil {
		return err
	}
	return a.powerUnderHolm(card)
}

// setAll adjusts the p-values of all comparisons in a role together.
func setAll(card *Scorecard, role Role, adjust func([]float64) []float64, set func(*Comparison, float64)) {
	var all []*Comparison
	var p []float64
	for i := range card.Metrics {
		if card.Metrics[i].Role != role {
			continue
		}
		for j := range card.Metrics[i].Comparisons {
			c := &card.Metrics[i].Comparisons[j]
			if ln, ok := c.LnP.Get(); ok {
				all = append(all, c)
				p = append(p, math.Exp(ln))
			}
		}
	}
	for i, v := range adjust(p) {
		set(all[i], v)
	}
}
