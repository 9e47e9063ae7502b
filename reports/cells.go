package reports

import (
	"math"
	"strings"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/digits"
)

// column is one column of the table of a role. Its cells hold one line.
type column struct {
	head  string
	right bool
	cell  func(row) string
}

// columnsOf returns the columns of metrics of one role: only secondary metrics have q-values,
// and guardrails are read from the interval and the margin rather than from p.
func columnsOf(metrics ...*analysis.MetricResult) []column {
	columns := []column{
		{headUsers, true, usersCell},
		{headConversions, true, conversionsCell},
		{meanHead(metrics), true, meanCell},
		{headLift, false, liftCell},
		{headEffect, false, effectCell},
	}
	switch metrics[0].Role {
	case analysis.Secondary:
		columns = append(columns, column{headP, false, pCell}, column{headQ, false, qCell})
	case analysis.Guardrail:
		columns = append(columns, column{headMargin, false, marginCell})
	default:
		columns = append(columns, column{headP, false, pCell})
	}
	return columns
}

// meanHead is the head of the column of what the variants came to.
func meanHead(metrics []*analysis.MetricResult) string {
	quantiles := 0
	for _, m := range metrics {
		if m.Kind == string(experiment.KindQuantile) {
			quantiles++
		}
	}
	switch quantiles {
	case 0:
		return headMean
	case len(metrics):
		return headQuantile
	}
	return headMeanQuantile
}

func usersCell(r row) string {
	if r.result == nil {
		return missing
	}
	return knownCount(r.result.Users)
}

func conversionsCell(r row) string {
	if r.result == nil {
		return missing
	}
	return knownCount(r.result.Conversions)
}

// knownCount writes a count that may be unknown.
func knownCount(c analysis.Count) string {
	n, ok := c.Get()
	if !ok {
		return missing
	}
	return digits.Count(n)
}

func meanCell(r row) string {
	if r.result == nil {
		return missing
	}
	return mean(r.metric.Kind, r.result.Mean, leastSE(r.metric))
}

// leastSE returns the smallest standard error of the variants, so that their means have the
// same decimals.
func leastSE(m *analysis.MetricResult) analysis.Number {
	least := analysis.Number{}
	for _, v := range m.Variants {
		if se, ok := v.SE.Get(); ok && se > 0 && se < least.Or(math.Inf(1)) {
			least = v.SE
		}
	}
	return least
}

// compared returns what f says of the row's comparison. Control, which is compared with
// nothing, has an empty cell rather than a dash.
func compared(r row, f func(*analysis.Comparison) string) string {
	switch {
	case r.comparison != nil:
		return f(r.comparison)
	case r.variant.Control:
		return ""
	}
	return missing
}

func liftCell(r row) string { return compared(r, lift) }

func effectCell(r row) string {
	return compared(r, func(c *analysis.Comparison) string {
		return effect(r.metric.Kind, c.Effect.Value, c.Effect.SE, c.Lo, c.Hi)
	})
}

func pCell(r row) string {
	return compared(r, func(c *analysis.Comparison) string { return pValue(c.P, c.LnP, c.Alpha) })
}

func qCell(r row) string {
	return compared(r, func(c *analysis.Comparison) string {
		return pValue(c.Q, analysis.Number{}, analysis.Number{})
	})
}

func marginCell(r row) string {
	return compared(r, func(c *analysis.Comparison) string {
		if v, ok := c.Margin.Get(); ok {
			return shortPercent(v)
		}
		return missing
	})
}

// verdictWord is the verdict of the row; a metric without figures cannot say.
func verdictWord(r row) string {
	if r.comparison == nil && r.result == nil {
		return string(analysis.CannotSay)
	}
	return compared(r, func(c *analysis.Comparison) string { return visible(string(c.Verdict)) })
}

// metricName marks the metrics of which less is better.
func metricName(m *analysis.MetricResult) string {
	name := shortName(m.Name)
	if m.Goal == string(experiment.GoalDecrease) {
		name += labelLower
	}
	return name
}

// lowerWord says of a metric of which less is better just that, empty of others.
func lowerWord(m *analysis.MetricResult) string {
	if m.Goal != string(experiment.GoalDecrease) {
		return ""
	}
	return strings.Trim(labelLower, " ()")
}
