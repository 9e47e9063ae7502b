package reports

import (
	"strings"

	"readout/experiment"
	"readout/internal/digits"
)

// betterWhen says a goal in words.
func betterWhen(goal string) string {
	switch experiment.Goal(goal) {
	case experiment.GoalIncrease:
		return "higher"
	case experiment.GoalDecrease:
		return "lower"
	}
	return visible(goal)
}

// kindWords says what a metric without a definition at hand is.
func kindWords(kind string) string {
	switch experiment.Kind(kind) {
	case experiment.KindProportion:
		return "the share of users who converted"
	case experiment.KindMean:
		return "a mean per user"
	case experiment.KindRatio:
		return "a ratio of two totals"
	case experiment.KindQuantile:
		return "a quantile"
	}
	return visible(kind)
}

// metricFacts says how a metric is defined.
func metricFacts(m *experiment.Metric) []term {
	var facts []term
	measures := columnWords(m.Numerator)
	switch {
	case m.Kind() == experiment.KindQuantile:
		measures = "the " + shortPercent(m.Quantile) + " quantile of the values of " + eventName(m.Numerator)
	case m.Denominator != nil:
		measures += ", divided by " + columnWords(*m.Denominator)
	}
	facts = append(facts, term{"Measures", measures})
	for _, c := range m.Columns() {
		if len(c.Where) > 0 {
			var filters []string
			for _, f := range c.Where {
				filters = append(filters, comparisonWords(f.Column, f.Operator, f.Values))
			}
			facts = append(facts, term{"Only rows of " + eventName(c), "where " + strings.Join(filters, " and ")})
		}
		if c.Cap != nil {
			facts = append(facts, term{"Capped", capWords(c.Cap)})
		}
	}
	if m.Sides == experiment.SidesOne {
		facts = append(facts, term{"Tested", "in the direction of its goal only"})
	}
	return facts
}

// adjustedBy says by what a metric is adjusted where the method has CUPED; quantiles are not.
func adjustedBy(m *experiment.Metric) []term {
	if m.Lookback <= 0 || m.Kind() == experiment.KindQuantile {
		return nil
	}
	return []term{{"Adjusted by", "the same over " + digits.Span(m.Lookback) + " before each user's first exposure (CUPED)"}}
}

// eventName quotes the event of a column.
func eventName(c experiment.Column) string { return `"` + shortName(c.Event) + `"` }

// columnWords says what one column of a metric is.
func columnWords(c experiment.Column) string {
	event := eventName(c)
	switch c.Aggregate {
	case experiment.AggregateAny:
		return "the share of users with at least one " + event
	case experiment.AggregateCount:
		return "the number of " + event + " per user"
	case experiment.AggregateSum:
		return "the sum of the values of " + event + " per user"
	case experiment.AggregateMax:
		return "the greatest value of " + event + " per user"
	case experiment.AggregateMin:
		return "the smallest value of " + event + " per user"
	case experiment.AggregateFirst:
		return "the value of the first " + event + " per user"
	case experiment.AggregateLast:
		return "the value of the last " + event + " per user"
	case experiment.AggregateDistinctDays:
		return "the number of days with " + event + " per user"
	}
	return event
}

// capWords says how the numbers of users are limited.
func capWords(c *experiment.Cap) string {
	var parts []string
	for _, side := range []struct {
		bound *experiment.CapBound
		word  string
	}{{c.Lower, "below"}, {c.Upper, "above"}} {
		switch {
		case side.bound == nil:
		case side.bound.IsPercentile:
			parts = append(parts, side.word+" the "+shortPercent(side.bound.Percentile)+" percentile")
		default:
			parts = append(parts, side.word+" "+digits.Plain(side.bound.Value))
		}
	}
	return "numbers of users " + strings.Join(parts, " and ") + " are moved there"
}
