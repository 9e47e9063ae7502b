package experiment

// WithoutLookback returns the scorecard with metrics that have no CUPED covariate.
func (s Scorecard) WithoutLookback() Scorecard {
	plain := func(m *Metric) *Metric {
		c := *m
		c.Lookback = 0
		return &c
	}
	var out Scorecard
	for _, m := range s.Primary {
		out.Primary = append(out.Primary, plain(m))
	}
	for _, m := range s.Secondary {
		out.Secondary = append(out.Secondary, plain(m))
	}
	for _, g := range s.Guardrails {
		out.Guardrails = append(out.Guardrails, Guardrail{plain(g.Metric), g.Margin})
	}
	return out
}
