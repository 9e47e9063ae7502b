package analysis

import (
	"fmt"
	"math"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// scored is a metric in its role.
type scored struct {
	metric *experiment.Metric
	role   Role
	margin float64
}

// scoredMetrics returns the metrics of the scorecard in order: primary, secondary,
// guardrails. Day.Metrics has the same order.
func scoredMetrics(s experiment.Scorecard) []scored {
	var out []scored
	for _, m := range s.Primary {
		out = append(out, scored{metric: m, role: Primary})
	}
	for _, m := range s.Secondary {
		out = append(out, scored{metric: m, role: Secondary})
	}
	for _, g := range s.Guardrails {
		out = append(out, scored{metric: g.Metric, role: Guardrail, margin: g.Margin})
	}
	return out
}

// metrics fills in a row per metric of the scorecard.
func (a *analyzer) metrics(card *Scorecard) error {
	for i, s := range scoredMetrics(a.in.Experiment.Scorecard) {
		row, err := a.metric(s, i)
		if err != nil {
			return err
		}
		if row.Final.After(card.Final) {
			card.Final = row.Final
		}
		card.Metrics = append(card.Metrics, row)
	}
	return nil
}

// metric computes the i-th metric of the scorecard.
func (a *analyzer) metric(s scored, i int) (MetricResult, error) {
	m := s.metric
	row := MetricResult{
		Name: m.Name, Role: s.role, Kind: string(m.Kind()), Goal: string(m.Goal), OneSided: m.Sides == experiment.SidesOne,
		Window: windowSentence(m), FirstNumber: a.in.Start.Add(MatureAfter(m)), Final: a.in.final(m),
		Variants: []VariantResult{}, Comparisons: []Comparison{},
	}
	if a.in.Summarized {
		row.Window = summarizedSentence
	}
	phases := withQuantiles(m, a.day.Metrics[i])
	if i < len(a.day.Caps) {
		row.Caps = a.day.Caps[i]
	}
	if a.day.Metrics[i] == nil {
		row.Reason = notComputed(row.Caps)
	}
	model, covariates := modelOf(m, phases, a.in.Experiment.Statistics.Method)
	pooled := a.addVariants(&row, m, model, phases)
	t, err := a.test(m, a.alpha(s.role))
	if err != nil {
		return row, fmt.Errorf("metric %s: %w", m.Name, err)
	}
	before := model.Covariates
	if _, row.Exact = t.procedure.(exactRate); row.Exact {
		model.Covariates, covariates = nil, nil
	}
	arms := a.fitPhases(model, phases, needOf(m, row.Exact))
	if len(covariates) > 0 {
		row.CUPED = a.cupedResult(covariates, arms.fits, pooled)
	}
	for _, v := range a.treatments() {
		c, err := a.comparison(s, t, row, arms, v)
		if err != nil {
			return row, fmt.Errorf("metric %s, variant %s: %w", m.Name, a.in.Experiment.Variants[v].Name, err)
		}
		row.Comparisons = append(row.Comparisons, c)
		if len(before) > 0 {
			a.addImbalance(m.Name, a.in.Experiment.Variants[v].Name, before[0], pooled[v], pooled[a.control])
		}
	}
	return row, nil
}

// addVariants adds the raw figures of every variant to a row, and returns the variants' moments
// over all phases.
func (a *analyzer) addVariants(row *MetricResult, m *experiment.Metric, model cuped.Model, phases [][]Arm) []moments.Set {
	pooled := make([]moments.Set, len(a.in.Experiment.Variants))
	for v, variant := range a.in.Experiment.Variants {
		var result VariantResult
		if result, pooled[v] = armsResult(variant.Name, m, model, column(phases, v)); row.Reason != "" {
			result = VariantResult{Variant: variant.Name, Users: Unknown, Conversions: Unknown, Reason: row.Reason}
		}
		if a.in.Summarized {
			result.Conversions = Unknown
		}
		row.Variants = append(row.Variants, result)
	}
	return pooled
}

// momentsOf returns the moments of the arms of a phase.
func momentsOf(arms []Arm) []moments.Set {
	out := make([]moments.Set, len(arms))
	for v := range arms {
		out[v] = arms[v].Moments
	}
	return out
}

// armsResult returns the raw figures of a variant from its arms, and their moments over all phases.
func armsResult(name string, m *experiment.Metric, model cuped.Model, arms []Arm) (VariantResult, moments.Set) {
	var pooled moments.Set
	var converted int64
	for _, arm := range arms {
		pooled.Merge(arm.Moments)
		converted += arm.Converted
	}
	if m.Kind() == experiment.KindQuantile {
		return quantileResult(name, arms), pooled
	}
	return variantResult(name, m, model, pooled, converted), pooled
}

// variantResult returns the raw figures of one variant.
func variantResult(name string, m *experiment.Metric, model cuped.Model, set moments.Set, converted int64) VariantResult {
	r := VariantResult{Variant: name, Users: Count(set.N), Conversions: Count(converted)}
	if set.N == 0 {
		r.Reason = errNoUsersYet.Error()
		return r
	}
	n := float64(set.N)
	r.Total = Defined(total(set, 0))
	r.Mean = Defined(set.Mean[0])
	if m.Denominator != nil {
		r.DenominatorTotal = Defined(total(set, 1))
		r.Mean = Defined(set.Mean[0] / set.Mean[1])
	}
	if len(model.Covariates) > 0 {
		if c, err := model.Covariates[0].Estimate(set); err == nil {
			r.Covariate = Defined(c.Mean)
		}
	}
	e, err := model.Outcome.Estimate(set)
	if err != nil {
		r.Reason = err.Error()
		return r
	}
	r.Variance = Defined(e.Variance)
	r.SE = Defined(math.Sqrt(e.Variance / n))
	return r
}

// total returns the sum of a column over the users of a set, n times its mean. That product is
// some units in the last place off: where a whole number is as near as that, it is the whole
// number, so that conversions and events are counted whole.
func total(set moments.Set, column int) float64 {
	sum := float64(set.N) * set.Mean[column]
	if whole := math.Round(sum); math.Abs(sum-whole) <= 4*0x1p-52*math.Abs(sum) {
		return whole
	}
	return sum
}
