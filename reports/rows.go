package reports

import (
	"slices"

	"readout/analysis"
	"readout/experiment"
)

// kindProportion is the metric kind that is shown in percent.
const kindProportion = string(experiment.KindProportion)

// row is one metric in one variant, the unit of the tables and of the Arrow record.
type row struct {
	card    *analysis.Scorecard
	metric  *analysis.MetricResult
	variant analysis.Variant
	// result and comparison are nil where the metric has none for this variant.
	result     *analysis.VariantResult
	comparison *analysis.Comparison
	// segment is the part of the users that the row is about; nil for all.
	segment *segmentOf
}

// rows returns every metric in every variant, in the scorecard's order. A metric without
// figures has its rows too, so that it cannot vanish from a report; on a scorecard that
// lists no variants it has one, of a variant without a name.
func rows(card *analysis.Scorecard, metric *analysis.MetricResult) []row {
	variants := card.Variants
	known := make(map[string]bool, len(variants))
	for _, v := range variants {
		known[v.Name] = true
	}
	add := func(name string) {
		if !known[name] {
			known[name] = true
			variants = append(variants[:len(variants):len(variants)], analysis.Variant{Name: name})
		}
	}
	for i := range metric.Variants {
		add(metric.Variants[i].Variant)
	}
	for i := range metric.Comparisons {
		add(metric.Comparisons[i].Variant)
	}
	if len(variants) == 0 {
		variants = []analysis.Variant{{}}
	}

	out := make([]row, len(variants))
	for i, v := range variants {
		out[i] = row{card: card, metric: metric, variant: v}
		for j := range metric.Variants {
			if metric.Variants[j].Variant == v.Name {
				out[i].result = &metric.Variants[j]
			}
		}
		for j := range metric.Comparisons {
			if metric.Comparisons[j].Variant == v.Name {
				out[i].comparison = &metric.Comparisons[j]
			}
		}
	}
	return out
}

// reasons returns why figures of the row are not defined: of the metric, of the variant,
// of the comparison, each once.
func (r row) reasons() []string {
	candidates := []string{r.metric.Reason}
	if r.result != nil {
		candidates = append(candidates, r.result.Reason)
	}
	if r.comparison != nil {
		candidates = append(candidates, r.comparison.Reason)
	}
	var out []string
	for _, reason := range candidates {
		if reason != "" && !slices.Contains(out, reason) {
			out = append(out, reason)
		}
	}
	return out
}

// tableRows returns the rows of a metric for people: one where it has no figures at all.
func tableRows(card *analysis.Scorecard, m *analysis.MetricResult) []row {
	if len(m.Variants) == 0 && len(m.Comparisons) == 0 {
		return []row{{card: card, metric: m}}
	}
	return rows(card, m)
}
