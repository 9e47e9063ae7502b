package analysis

import (
	"math"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
	"readout/sequential"
)

// imbalance is the difference of a covariate between a treatment and control.
type imbalance struct {
	metric, variant string
	difference      cuped.Difference
}

// addImbalance notes how much a covariate differs between two arms, unless it is a ratio that
// comes from too few users to say.
func (a *analyzer) addImbalance(metric, variant string, covariate cuped.Term, treatment, control moments.Set) {
	if ratioOfFew(covariate, []Arm{{Moments: treatment}}) || ratioOfFew(covariate, []Arm{{Moments: control}}) {
		return
	}
	d, err := covariate.Difference(treatment, control)
	if err == nil && d.StandardError > 0 {
		a.imbalance = append(a.imbalance, imbalance{metric, variant, d})
	}
}

// balanceCheck warns when a covariate differs between arms beyond chance: what happened
// before the exposure cannot be an effect of it.
func (a *analyzer) balanceCheck(*Scorecard) (Check, bool) {
	if len(a.imbalance) == 0 {
		return Check{}, false
	}
	worst := 0
	score := func(i imbalance) float64 { return math.Abs(i.difference.Value / i.difference.StandardError) }
	for i := range a.imbalance {
		if score(a.imbalance[i]) > score(a.imbalance[worst]) {
			worst = i
		}
	}
	w := a.imbalance[worst]
	lnp := math.Ln2 + sequential.LogUpperTail(score(w)) + math.Log(float64(len(a.imbalance)))
	p := math.Min(1, math.Max(floorP, math.Exp(lnp)))
	check := Check{
		Name: CheckCovariateBalance, Severity: OK, Sentence: balancedSentence,
		Numbers: []CheckNumber{
			{"p", Defined(p)},
			{"difference", Defined(w.difference.Value)},
			{"standard_error", Defined(w.difference.StandardError)},
		},
	}
	if p < imbalanceLevel {
		check.Severity = Warning
		check.Sentence = imbalanceSentence(w, p)
	}
	return check, true
}

// fewUsersCheck names what is too small for the normal approximation.
func (a *analyzer) fewUsersCheck(card *Scorecard) (Check, bool) {
	for _, m := range card.Metrics {
		if m.Exact {
			continue
		}
		for _, v := range m.Variants {
			converted, known := v.Conversions.Get()
			few := v.Users > 0 && v.Users < smallArm
			switch kind := experiment.Kind(m.Kind); kind {
			case experiment.KindQuantile:
				few = converted > 0 && converted < smallArm
			case experiment.KindProportion:
				few = v.Users > 0 && fewConverted(kind, v)
			case experiment.KindMean:
				few = few || v.Users > 0 && fewConverted(kind, v)
			}
			if !few {
				continue
			}
			numbers := []CheckNumber{{"users", Defined(float64(v.Users))}}
			if known {
				numbers = append(numbers, CheckNumber{"conversions", Defined(float64(converted))})
			}
			return Check{Name: CheckFewUsers, Severity: Info, Sentence: fewUsersSentence(m, v), Numbers: numbers}, true
		}
	}
	return Check{}, false
}

// fewConverted reports whether so few users of an arm converted, or of a rate did not, that the
// normal approximation does not hold. Where nobody knows who converted a mean has enough.
func fewConverted(kind experiment.Kind, arm VariantResult) bool {
	converted, known := arm.Conversions.Get()
	switch kind {
	case experiment.KindProportion:
		return min(converted, int64(arm.Users)-converted) < fewConversions
	case experiment.KindMean:
		return known && converted < fewConversions
	}
	return false
}

// smallPhasesCheck says which comparisons leave out users of phases that have few.
func (a *analyzer) smallPhasesCheck(*Scorecard) (Check, bool) {
	if len(a.smallPhases) == 0 {
		return Check{}, false
	}
	return Check{
		Name: CheckSmallPhases, Severity: Info, Sentence: smallPhasesSentence(a.smallPhases),
		Numbers: []CheckNumber{{"comparisons", Defined(float64(len(a.smallPhases)))}},
	}, true
}

// noConversionsCheck warns of events that nobody of many users has: their name is mistyped more
// often than they never happen.
func (a *analyzer) noConversionsCheck(card *Scorecard) (Check, bool) {
	if a.in.Summarized {
		return Check{}, false
	}
	var unseen []unseenEvent
	seen := false
	for i, m := range a.in.Experiment.Scorecard.Metrics() {
		var users, converted int64
		var denominator float64
		for _, v := range card.Metrics[i].Variants {
			users += int64(v.Users)
			converted += int64(v.Conversions)
			denominator += v.DenominatorTotal.Or(0)
		}
		if users < smallArm {
			continue
		}
		if seen = seen || converted > 0; converted == 0 {
			unseen = append(unseen, unseenEvent{m.Name, m.Numerator.Event})
		}
		if d := m.Denominator; d != nil && denominator == 0 && countsEvents(d.Aggregate) && (converted > 0 || d.Event != m.Numerator.Event) {
			unseen = append(unseen, unseenEvent{m.Name, m.Denominator.Event})
		}
	}
	if len(unseen) == 0 {
		return Check{}, false
	}
	return Check{
		Name: CheckNoConversions, Severity: Warning, Sentence: noConversionsSentence(unseen, seen),
		Numbers: []CheckNumber{{"events", Defined(float64(len(unseen)))}},
	}, true
}

// countsEvents reports whether a total of 0 means that there was no event; values may add up to 0.
func countsEvents(aggregate experiment.Aggregate) bool {
	switch aggregate {
	case experiment.AggregateAny, experiment.AggregateCount, experiment.AggregateDistinctDays:
		return true
	}
	return false
}

// unseenEvent is an event of a metric that no user has.
type unseenEvent struct{ metric, event string }

// definitionCheck alarms when recorded looks belong to another definition of the test, and when what
// decides was changed.
func (a *analyzer) definitionCheck(*Scorecard) (Check, bool) {
	c := Check{Name: CheckDefinition, Severity: Alarm}
	switch {
	case len(a.redefined) > 0:
		c.Sentence = definitionSentence(a.redefined)
	case len(a.in.Changed) > 0:
		c.Sentence = changedSentence(a.in.Changed)
	default:
		return Check{}, false
	}
	return c, true
}
