package reports

import (
	"fmt"
	"strings"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/digits"
)

// definitionView is what a metric is, in words.
type definitionView struct {
	Name, Description string
	Facts             []term
	CUPED             string
	// Adjusted holds the raw result beside the adjusted one.
	Adjusted []adjustedView
}

// adjustedView is one comparison without and with adjustment.
type adjustedView struct {
	Variant, Raw, RawSE, Adjusted, AdjustedSE string
}

// definitions returns the tab of metrics: those of the scorecard, or of the definition
// where there is no scorecard.
func definitions(p *Page, zone zone) []definitionView {
	var out []definitionView
	known := make(map[string]*experiment.Metric)
	margins := make(map[string]float64)
	if p.Definition != nil {
		for _, m := range p.Definition.Scorecard.Metrics() {
			known[m.Name] = m
		}
		for _, g := range p.Definition.Scorecard.Guardrails {
			margins[g.Metric.Name] = g.Margin
		}
	}
	if p.Card != nil {
		for i := range p.Card.Metrics {
			m := &p.Card.Metrics[i]
			out = append(out, definitionOf(p.Card, m, known[m.Name], margins, zone))
		}
		return out
	}
	if p.Definition == nil {
		return nil
	}
	for _, m := range p.Definition.Scorecard.Metrics() {
		v := definitionView{Name: shortName(m.Name), Description: visible(m.Description)}
		v.Facts = append(v.Facts, term{"Role", roleOf(p.Definition, m)})
		v.Facts = append(v.Facts, metricFacts(m)...)
		if p.Definition.Statistics.Method == experiment.MethodSequentialCUPED {
			v.Facts = append(v.Facts, adjustedBy(m)...)
		}
		v.Facts = append(v.Facts, term{"Better when", betterWhen(string(m.Goal))})
		if margin, ok := margins[m.Name]; ok {
			v.Facts = append(v.Facts, term{"Margin", shortPercent(margin)})
		}
		out = append(out, v)
	}
	return out
}

// roleOf returns the role of a metric in a definition.
func roleOf(e *experiment.Experiment, m *experiment.Metric) string {
	for _, have := range e.Scorecard.Primary {
		if have == m {
			return string(analysis.Primary)
		}
	}
	for _, have := range e.Scorecard.Secondary {
		if have == m {
			return string(analysis.Secondary)
		}
	}
	return string(analysis.Guardrail)
}

// definitionOf returns a metric of a scorecard; m is its definition or nil.
func definitionOf(card *analysis.Scorecard, r *analysis.MetricResult, m *experiment.Metric, margins map[string]float64, zone zone) definitionView {
	v := definitionView{Name: shortName(r.Name)}
	add := func(name, text string) {
		if text != "" {
			v.Facts = append(v.Facts, term{name, text})
		}
	}
	add("Role", visible(string(r.Role)))
	if m != nil {
		v.Description = visible(m.Description)
		v.Facts = append(v.Facts, metricFacts(m)...)
		if r.CUPED != nil {
			v.Facts = append(v.Facts, adjustedBy(m)...)
		}
	} else {
		add("Measures", kindWords(r.Kind))
	}
	add("Counts", visible(r.Window))
	add("Better when", betterWhen(r.Goal))
	if margin, ok := margins[r.Name]; ok {
		add("Margin", shortPercent(margin))
	}
	if !r.FirstNumber.IsZero() {
		add("First number", zone.date(r.FirstNumber))
	}
	if !r.Final.IsZero() {
		add("Final", "at "+zone.end(r.Final))
	}
	add("No numbers", visible(r.Reason))
	for _, capped := range r.Caps {
		if capped.Problem != "" {
			continue // it is the reason why there are no numbers
		}
		add("Cap", capNote(capped))
	}
	if !saysCUPED(r.CUPED) {
		return v
	}
	v.CUPED = cupedSentence(r.CUPED)
	for _, row := range rows(card, r) {
		c := row.comparison
		if c == nil || c.AsOf != "" || len(r.CUPED.Covariates) == 0 {
			// The adjusted figures of an earlier day say nothing beside the raw ones of today.
			continue
		}
		none := analysis.Number{}
		v.Adjusted = append(v.Adjusted, adjustedView{
			shortName(c.Variant),
			effect(r.Kind, c.Raw.Value, c.Raw.SE, none, none), effectSE(r.Kind, c.Raw.SE),
			effect(r.Kind, c.Effect.Value, c.Effect.SE, none, none), effectSE(r.Kind, c.Effect.SE),
		})
	}
	return v
}

// cupedSentence says what the adjustment did.
func cupedSentence(a *analysis.CUPED) string {
	if len(a.Covariates) == 0 {
		return upperFirst(cupedNote(a)) + "."
	}
	out := fmt.Sprintf(pageCuped, covariateNames(a))
	if _, ok := a.VarianceKept.Get(); ok {
		out += fmt.Sprintf(pageCupedGain, roughShare(a.VarianceKept), roughShare(a.EffectiveSampleGained))
	}
	out += "."
	if a.MissingHistory > 0 {
		out += " " + fmt.Sprintf(labelHistory, several(a.MissingHistory, labelOneUser, labelManyUsers)) + "."
	}
	return join(out, visible(a.Note))
}

// upperFirst raises an ASCII letter at the beginning of a sentence.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

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
	return []term{{"Adjusted by", "the same over " + spanWords(m.Lookback) + " before each user's first exposure (CUPED)"}}
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

// spanWords writes a duration in its largest whole unit.
func spanWords(d time.Duration) string {
	for _, unit := range []struct {
		size      time.Duration
		one, many string
	}{{24 * time.Hour, "1 day", "%s days"}, {time.Hour, "1 hour", "%s hours"}, {time.Minute, "1 minute", "%s minutes"}} {
		if d >= unit.size && d%unit.size == 0 {
			return several(int64(d/unit.size), unit.one, unit.many)
		}
	}
	return d.String()
}
