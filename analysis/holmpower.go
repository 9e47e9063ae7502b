package analysis

import "fmt"

// sought is the effect that a comparison looks for, with today's standard error.
type sought struct {
	metric, variant string
	size, se        float64
}

// powerUnderHolm says of every primary comparison what power it has at the level at which Holm's
// correction tests it by now, alpha over those of the family that it has not rejected, and what
// it forecasts there. The others may be rejected later and leave it more, so that both are at
// least as high. One that is rejected itself counts among those that are left.
func (a *analyzer) powerUnderHolm(card *Scorecard) error {
	return a.eachPrimary(card, func(s scored, t test, c *Comparison) (err error) {
		at := t
		at.alpha /= float64(len(card.Plan.Family) - rejectedBeside(card, c))
		looks := a.shownLooks(c, s)
		for _, e := range a.sought {
			if e.metric != s.metric.Name || e.variant != c.Variant {
				continue
			}
			if c.PowerSoFar, err = at.powerSoFar(e.size, e.se, looks); err != nil {
				return err
			}
		}
		return a.describeFutility(c, t, looks, at.alpha)
	})
}

// eachPrimary calls do with every primary comparison, its metric and its test, until one fails.
func (a *analyzer) eachPrimary(card *Scorecard, do func(scored, test, *Comparison) error) error {
	for i, s := range scoredMetrics(a.in.Experiment.Scorecard) {
		if s.role != Primary {
			continue
		}
		t, err := a.test(s.metric, a.alpha(s.role))
		if err != nil {
			return fmt.Errorf("metric %s: %w", s.metric.Name, err)
		}
		for j := range card.Metrics[i].Comparisons {
			c := &card.Metrics[i].Comparisons[j]
			if err := do(s, t, c); err != nil {
				return fmt.Errorf("metric %s, variant %s: %w", s.metric.Name, c.Variant, err)
			}
		}
	}
	return nil
}

// rejectedBeside returns how many primary comparisons other than c are significant.
func rejectedBeside(card *Scorecard, c *Comparison) int {
	n := 0
	for i := range card.Metrics {
		for j := range card.Metrics[i].Comparisons {
			other := &card.Metrics[i].Comparisons[j]
			if card.Metrics[i].Role == Primary && other != c && other.Significant {
				n++
			}
		}
	}
	return n
}
