package analysis

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// Analyze returns the scorecard of the last day of in, and the looks that it adds to the
// log. It is a pure function: the same input gives the same bytes.
//
// A fault in the data of a metric is not an error: the metric has its row and a reason. The
// error is for definitions that cannot be tested at all, such as an unknown spending function.
func Analyze(in Input) (Scorecard, []Look, error) {
	if len(in.Days) == 0 {
		return Scorecard{}, nil, errors.New("there is no day of data to analyse")
	}
	// Instants are written with the offset of the project's zone, whatever they came with.
	in.Start, in.End = in.Start.In(in.Location), in.End.In(in.Location)
	a := analyzer{in: &in, day: in.today(), control: in.control()}
	card := a.header()
	if err := a.metrics(&card); err != nil {
		return Scorecard{}, nil, err
	}
	adjusted, exact, quantiles := false, false, false
	for _, m := range card.Metrics {
		adjusted = adjusted || m.CUPED != nil
		exact = exact || m.Exact
		quantiles = quantiles || m.Kind == string(experiment.KindQuantile)
	}
	card.Plan.Sentence = methodSentence(in.Experiment.Statistics, len(card.Plan.Family), adjusted, exact, quantiles)
	if err := a.adjustFamilies(&card); err != nil {
		return Scorecard{}, nil, err
	}
	if err := a.conclude(&card); err != nil {
		return Scorecard{}, nil, err
	}
	var err error
	if card.Segments, err = a.segments(&card); err != nil {
		return Scorecard{}, nil, err
	}
	card.Checks = a.checks(&card)
	card.Recommendation = a.recommend(&card)
	return card, a.looks, nil
}

// Looks returns the looks that the last day of in adds to the log, for when nobody will
// see the day's scorecard: they lack p-values, which cost most, except where a comparison
// stops. [Analyze] fills in what it shows of them. They are not for the log.
func Looks(in Input) ([]Look, error) {
	a := analyzer{in: &in, day: in.today(), control: in.control(), passing: true}
	card := a.header()
	err := a.metrics(&card)
	return a.looks, err
}

// analyzer carries what the steps of one analysis share.
type analyzer struct {
	in      *Input
	day     *Day
	control int
	looks   []Look
	// passing says that only looks are wanted.
	passing bool
	// redefined names comparisons whose recorded looks belong to another definition.
	redefined []string
	// smallPhases are the comparisons in which a phase takes no part yet.
	smallPhases []smallPhase
	// imbalance collects the covariates' differences between arms.
	imbalance []imbalance
}

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

// treatments returns the positions of the variants other than control.
func (a *analyzer) treatments() []int {
	var out []int
	for i := range a.in.Experiment.Variants {
		if i != a.control {
			out = append(out, i)
		}
	}
	return out
}

// alpha returns the error probability of one comparison in the given role.
func (a *analyzer) alpha(role Role) float64 {
	stats := a.in.Experiment.Statistics
	alpha := alphaOf(stats)
	if m := len(a.in.Experiment.Scorecard.Primary) * len(a.treatments()); role == Primary && m > 0 &&
		stats.Correction == experiment.CorrectionBonferroni {
		return alpha / float64(m)
	}
	return alpha
}

// alphaOf returns 1 − confidence, rounded to the decimals that percentages have, so that
// 95% confidence is an alpha of 0.05.
func alphaOf(s experiment.Statistics) float64 {
	return math.Round((1-s.Confidence)*1e12) / 1e12
}

// header fills in everything that needs no metric.
func (a *analyzer) header() Scorecard {
	in, day, e := a.in, a.day, a.in.Experiment
	card := Scorecard{
		Schema:       SchemaVersion,
		Organization: in.Organization,
		Project:      in.Project,
		Experiment:   e.Name,
		Title:        e.Title,
		Hypothesis:   e.Hypothesis,
		Owner:        e.Owner,
		Date:         day.Date,
		TimeZone:     in.Location.String(),
		Through:      day.Through,
		Status:       in.Status,
		Start:        in.Start,
		End:          in.End,
		Final:        in.End,
		DaysLeft:     DaysBetween(day.Through, in.End, in.Location),
		Progress:     Progress(in.Start, in.End, day.Through),
		Data:         day.Data,
		Metrics:      []MetricResult{},
		Checks:       []Check{},
	}
	var whole experiment.Share
	for _, v := range e.Variants {
		whole += v.Traffic
	}
	for i, v := range e.Variants {
		card.Variants = append(card.Variants, Variant{
			Name: v.Name, Control: i == a.control,
			Traffic: float64(v.Traffic) / float64(max(whole, 1)),
			Users:   day.Users[i], Several: Count(day.Several[i]),
		})
		if in.Summarized {
			card.Variants[i].Several = Unknown
		}
		if at, ok := in.Stopped[v.Name]; ok && at.Before(day.Through) {
			card.Variants[i].Stopped = at.In(in.Location)
		}
	}
	for i := range in.Days {
		d := &in.Days[i]
		card.History = append(card.History, DayUsers{Date: d.Date, Users: d.Users, Planned: a.plannedSplit(d)})
	}
	card.Plan = a.plan()
	return card
}

// DaysBetween counts the days that begin in zone at or after from and before to.
func DaysBetween(from, to time.Time, zone *time.Location) int {
	days := 0
	for d := from; d.Before(to); days++ {
		y, m, dd := d.In(zone).Date()
		d = experiment.StartOfDay(y, m, dd+1, zone)
	}
	return days
}

// Progress returns the share of the time from start to end that has passed, in [0, 1].
func Progress(start, end, now time.Time) float64 {
	if !end.After(start) {
		return 1
	}
	return min(1, max(0, float64(now.Sub(start))/float64(end.Sub(start))))
}

// plan describes the test.
func (a *analyzer) plan() PlanLine {
	e := a.in.Experiment
	stats := e.Statistics
	p := PlanLine{
		Method: string(stats.Method), Confidence: stats.Confidence, Power: stats.Power,
		Correction: string(stats.Correction), Family: []string{}, ConfigHash: a.in.ConfigHash,
	}
	if stats.HasMDE {
		p.MDE = Defined(stats.MDE)
	}
	if stats.Method != experiment.MethodFixed {
		p.Procedure = string(stats.Procedure)
		if stats.Procedure == experiment.ProcedureGroupSequential {
			p.Spending = string(stats.Spending.Name)
		}
	}
	for _, m := range e.Scorecard.Primary {
		for _, t := range a.treatments() {
			p.Family = append(p.Family, m.Name+": "+e.Variants[t].Name)
		}
	}
	if len(p.Family) > 0 {
		p.AlphaEach = Defined(a.alpha(Primary))
	}
	return p
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
	pooled := make([]moments.Set, len(a.in.Experiment.Variants))
	for v, variant := range a.in.Experiment.Variants {
		var converted int64
		for _, arms := range phases {
			pooled[v].Merge(arms[v].Moments)
			converted += arms[v].Converted
		}
		result := VariantResult{Variant: variant.Name, Reason: row.Reason}
		if row.Reason == "" {
			result = variantResult(variant.Name, m, model, pooled[v], converted)
			if m.Kind() == experiment.KindQuantile {
				result = quantileResult(variant.Name, column(phases, v))
			}
		}
		if a.in.Summarized {
			result.Conversions = Unknown
		}
		row.Variants = append(row.Variants, result)
	}
	t, err := a.test(m, a.alpha(s.role))
	if err != nil {
		return row, fmt.Errorf("metric %s: %w", m.Name, err)
	}
	before := model.Covariates
	if _, row.Exact = t.procedure.(exactRate); row.Exact {
		model.Covariates, covariates = nil, nil
	}
	var fits, raws [][]cuped.Adjustment
	for _, arms := range phases {
		sets := momentsOf(arms)
		fits = append(fits, a.fit(model, sets))
		raws = append(raws, a.fit(cuped.Model{Outcome: model.Outcome}, sets))
	}
	if len(covariates) > 0 {
		row.CUPED = a.cupedResult(covariates, fits, pooled)
	}
	for _, v := range a.treatments() {
		c, err := a.comparison(s, t, row, phases, fits, raws, v)
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

// modelOf returns which columns of the metric's moments are what, and the names of the covariates.
// The columns are value, denominator (of a ratio), the covariate of each, and the
// missing-history mark.
func modelOf(m *experiment.Metric, phases [][]Arm, method experiment.Method) (cuped.Model, []string) {
	columns := 0
	if len(phases) > 0 && len(phases[0]) > 0 {
		columns = phases[0][0].Moments.Columns()
	}
	outcome, per := cuped.Column(0), 1
	if m.Denominator != nil {
		outcome, per = cuped.Ratio(0, 1), 2
	}
	model := cuped.Model{Outcome: outcome}
	if method == experiment.MethodSequential || columns <= per {
		return model, nil
	}
	if m.Denominator != nil {
		model.Covariates = []cuped.Term{cuped.Ratio(2, 3), cuped.Column(4)}
	} else {
		model.Covariates = []cuped.Term{cuped.Column(1), cuped.Column(2)}
	}
	return model, []string{"the same before exposure", "whether history is missing"}
}

// momentsOf returns the moments of the arms of a phase.
func momentsOf(arms []Arm) []moments.Set {
	out := make([]moments.Set, len(arms))
	for v := range arms {
		out[v] = arms[v].Moments
	}
	return out
}

// fit returns the adjustment of every arm of a phase: one for all, or where the plan says so
// one of its own for each.
func (a *analyzer) fit(model cuped.Model, sets []moments.Set) []cuped.Adjustment {
	if len(model.Covariates) > 0 && a.in.Experiment.Statistics.CUPED == experiment.CUPEDInteracted {
		return cuped.FitArms(model, sets...)
	}
	out := make([]cuped.Adjustment, len(sets))
	one := cuped.Fit(model, sets...)
	for v := range out {
		out[v] = one
	}
	return out
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

// variantResult returns the raw figures of one variant.
func variantResult(name string, m *experiment.Metric, model cuped.Model, set moments.Set, converted int64) VariantResult {
	r := VariantResult{Variant: name, Users: set.N, Conversions: Count(converted)}
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

// cupedResult says what the adjustments of the last phase did, with the covariates that took
// part in any arm's.
func (a *analyzer) cupedResult(covariates []string, fits [][]cuped.Adjustment, pooled []moments.Set) *CUPED {
	last := fits[len(fits)-1]
	out := &CUPED{Covariates: []string{}, Theta: []float64{}, Note: last[0].Note()}
	interacted := a.in.Experiment.Statistics.CUPED == experiment.CUPEDInteracted
	if interacted {
		out.ThetaByVariant = make([][]float64, len(last))
	}
	for j, name := range covariates {
		if !slices.ContainsFunc(last, func(fit cuped.Adjustment) bool { return takesPart(fit, j) }) {
			continue
		}
		out.Covariates = append(out.Covariates, name)
		if !interacted {
			out.Theta = append(out.Theta, last[0].Theta[j])
			continue
		}
		for v, fit := range last {
			out.ThetaByVariant[v] = append(out.ThetaByVariant[v], fit.Theta[j])
		}
	}
	var fitted []cuped.Adjustment
	var users []moments.Set
	var all int64
	for v, set := range pooled {
		if set.N > 0 {
			all += set.N
			out.MissingHistory += int64(math.Round(float64(set.N) * set.Mean[set.Columns()-1]))
			fitted, users = append(fitted, last[v]), append(users, set)
		}
	}
	if out.Note != "" && out.MissingHistory == all && a.convertedBefore() {
		out.Note = noHistory
	}
	if kept, ok := cuped.VarianceKept(fitted, users); ok {
		out.VarianceKept = Defined(kept)
		if kept > 0 {
			out.EffectiveSampleGained = Defined(1/kept - 1)
		}
	}
	return out
}

// convertedBefore reports whether anybody has conversions before the exposure.
func (a *analyzer) convertedBefore() bool {
	return slices.ContainsFunc(a.day.Data.LeftOut, func(l LeftOut) bool { return l.Reason == LeftBeforeExposure && l.Rows > 0 })
}

// takesPart reports whether covariate j was not left out of a fit.
func takesPart(fit cuped.Adjustment, j int) bool {
	return !slices.ContainsFunc(fit.Dropped, func(d cuped.Dropped) bool { return d.Covariate == j })
}
