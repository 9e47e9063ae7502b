package analysis

import "readout/experiment"

// The actions of a Recommendation.
const (
	ActionInvestigate  = "investigate"
	ActionStopForHarm  = "stop-for-harm"
	ActionShip         = "ship"
	ActionStopFutility = "stop-for-futility"
	ActionKeepRunning  = "keep-running"
	ActionInconclusive = "inconclusive"
	ActionNone         = "none"
)

// fullWeek is how many days an experiment runs before shipping is advised, so that every
// day of the week has been seen.
const fullWeek = 7

// recommend returns what to do, by the first rule that holds: investigate, because a check
// failed; stop for harm; none without a primary metric; ship the best arm, or wait until the
// week is full; inconclusive at the end; stop for futility; keep running.
func (a *analyzer) recommend(card *Scorecard) Recommendation {
	for _, c := range card.Checks {
		if c.Severity == Alarm {
			return Recommendation{Action: ActionInvestigate, Sentence: a.investigate(c)}
		}
	}
	if c, metric, ok := harmed(card); ok {
		return Recommendation{Action: ActionStopForHarm, Variant: c.Variant, Sentence: harmSentence(card, c, metric)}
	}
	primaries := 0
	for _, m := range card.Metrics {
		if m.Role == Primary {
			primaries++
		}
	}
	if primaries == 0 {
		return Recommendation{Action: ActionNone, Sentence: noPrimarySentence}
	}
	final := !card.Through.Before(card.Final)
	if best, ok := bestArm(card); ok {
		if days := DaysBetween(card.Start, card.Through, a.in.Location); days < fullWeek && !final {
			return Recommendation{Action: ActionKeepRunning, Variant: best.variant, Sentence: fullWeekSentence(best, fullWeek-days)}
		}
		return Recommendation{Action: ActionShip, Variant: best.variant, Sentence: shipSentence(best, card)}
	}
	if final {
		return Recommendation{Action: ActionInconclusive, Sentence: inconclusiveSentence(card, "the experiment is over")}
	}
	if a.testEnded(card) {
		return Recommendation{Action: ActionInconclusive, Sentence: inconclusiveSentence(card, "the last look was taken before the experiment was extended") + " Nothing can become significant any more."}
	}
	if futile(card) {
		return Recommendation{Action: ActionStopFutility, Sentence: futilitySentence(card)}
	}
	return Recommendation{Action: ActionKeepRunning, Sentence: a.keepRunningSentence(card)}
}

// testEnded reports whether no look of any primary comparison is to come although the experiment
// is not final, since its end was moved after the last look.
func (a *analyzer) testEnded(card *Scorecard) bool {
	if len(a.in.Extensions) == 0 {
		return false
	}
	found := false
	for _, m := range card.Metrics {
		if m.Role != Primary {
			continue
		}
		for i := range m.Comparisons {
			if c := &m.Comparisons[i]; !c.Stopped && !card.spentAll(c) {
				return false
			}
			found = true
		}
	}
	return found
}

// futile reports whether every primary comparison is futile.
func futile(card *Scorecard) bool {
	found := false
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			if m.Role != Primary || c.Stopped {
				continue
			}
			if !c.Futile {
				return false
			}
			found = true
		}
	}
	return found
}

// decidedWhenStopped reports whether a primary metric was better or worse for a variant that was
// stopped.
func decidedWhenStopped(card *Scorecard) bool {
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			if m.Role == Primary && c.Stopped && c.Significant {
				return true
			}
		}
	}
	return false
}

// harmed returns the first comparison by which a treatment does harm, and its metric.
func harmed(card *Scorecard) (first Comparison, metric string, ok bool) {
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			if harms(m.Role, c) {
				return c, m.Name, true
			}
		}
	}
	return Comparison{}, "", false
}

// harms reports whether a comparison of a treatment that still gets users shows harm: a
// primary metric that is significantly worse, or a guardrail beyond its margin at the level
// corrected for the number of guardrails.
func harms(role Role, c Comparison) bool {
	return !c.Stopped && (c.Harm || role == Primary && c.Verdict == Worse)
}

// harmsAny reports whether a variant does harm.
func harmsAny(card *Scorecard, variant string) bool {
	for _, m := range card.Metrics {
		if c, ok := m.comparison(variant); ok && harms(m.Role, c) {
			return true
		}
	}
	return false
}

// unharmed reports whether there is a treatment that still gets users and does no harm.
func unharmed(card *Scorecard) bool {
	for _, v := range card.Variants {
		if !v.Control && v.Stopped.IsZero() && !harmsAny(card, v.Name) {
			return true
		}
	}
	return false
}

// winner is an arm that may be shipped and why.
type winner struct {
	variant, metric string
	// size is how large the improvement is, in parentheses, and turned says that the latest
	// figures point the other way.
	size   string
	turned bool
	// improvement is the lift in the direction of the goal.
	improvement float64
}

// bestArm returns the treatment with the largest improvement of the first primary metric
// that is better, among those that do no harm and whose guardrails all pass.
func bestArm(card *Scorecard) (best winner, found bool) {
	return bestOf(card, func(variant string) bool {
		_, _, waits := guardrailOpen(card, variant)
		return !waits && !harmsAny(card, variant)
	})
}

// heldBack returns the treatment that would be shipped but for a guardrail, with the first
// such guardrail and its verdict.
func heldBack(card *Scorecard) (best winner, guardrail string, verdict Verdict, found bool) {
	best, found = bestOf(card, func(variant string) bool { return !harmsAny(card, variant) })
	if found {
		guardrail, verdict, found = guardrailOpen(card, best.variant)
	}
	return best, guardrail, verdict, found
}

// bestOf returns the treatment with the largest improvement of the first primary metric that
// is better, among those that still get users and that allowed lets through.
func bestOf(card *Scorecard, allowed func(variant string) bool) (best winner, found bool) {
	for _, v := range card.Variants {
		if v.Control || !v.Stopped.IsZero() || !allowed(v.Name) {
			continue
		}
		for _, m := range card.Metrics {
			c, ok := m.comparison(v.Name)
			if m.Role != Primary || !ok || c.Verdict != Better {
				continue
			}
			w := winner{v.Name, m.Name, decidedSize(c), turned(c), c.Lift.Or(0)}
			if m.Goal == string(experiment.GoalDecrease) {
				w.improvement = -w.improvement
			}
			if !found || w.improvement > best.improvement {
				best, found = w, true
			}
			break
		}
	}
	return best, found
}

// guardrailOpen returns the first guardrail that does not pass for a variant, and its
// verdict.
func guardrailOpen(card *Scorecard, variant string) (metric string, verdict Verdict, open bool) {
	for _, m := range card.Metrics {
		if m.Role != Guardrail {
			continue
		}
		c, ok := m.comparison(variant)
		if !ok {
			return m.Name, CannotSay, true
		}
		if c.Verdict != Passes {
			return m.Name, c.Verdict, true
		}
	}
	return "", "", false
}

// worseSecondaries returns the secondary metrics that a variant makes worse.
func worseSecondaries(card *Scorecard, variant string) []string {
	var worse []string
	for _, m := range card.Metrics {
		if c, ok := m.comparison(variant); ok && m.Role == Secondary && c.Verdict == Worse {
			worse = append(worse, m.Name)
		}
	}
	return worse
}

// oneSided returns the primary and secondary metrics that are tested for an improvement only, and
// have not been found to be improved by a variant.
func oneSided(card *Scorecard, variant string) []string {
	var out []string
	for _, m := range card.Metrics {
		if c, ok := m.comparison(variant); ok && m.OneSided && m.Role != Guardrail && c.Verdict != Better {
			out = append(out, m.Name)
		}
	}
	return out
}

// silence returns why the first primary comparison says nothing, where none of them does
// although users count for their metrics; else nothing.
func silence(card *Scorecard) string {
	sentence := ""
	for _, m := range card.Metrics {
		if m.Role != Primary {
			continue
		}
		for _, c := range m.Comparisons {
			if c.Stopped {
				continue
			}
			if c.Verdict != CannotSay || m.nobody() {
				return ""
			}
			if sentence == "" {
				sentence = c.Sentence
			}
		}
	}
	return sentence
}

// comparison returns the comparison of a variant.
func (m MetricResult) comparison(variant string) (Comparison, bool) {
	for _, c := range m.Comparisons {
		if c.Variant == variant {
			return c, true
		}
	}
	return Comparison{}, false
}
