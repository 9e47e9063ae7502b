package reports

import (
	"fmt"
	"strings"

	"readout/analysis"
	"readout/experiment"
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
	return list(" ", out, visible(a.Note))
}

// upperFirst raises an ASCII letter at the beginning of a sentence.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
