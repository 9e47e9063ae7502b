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
// failed; stop for harm; ship the best arm; stop for futility; keep running; inconclusive
// at the end.
func (a *analyzer) recommend(card *Scorecard) Recommendation {
	for _, c := range card.Checks {
		if c.Severity == Alarm {
			return Recommendation{Action: ActionInvestigate, Sentence: investigateSentence(c)}
		}
	}
	if arm, metric, ok := harmed(card); ok {
		return Recommendation{Action: ActionStopForHarm, Variant: arm, Sentence: harmSentence(arm, metric)}
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
		return Recommendation{Action: ActionShip, Variant: best.variant, Sentence: shipSentence(best)}
	}
	if final {
		return Recommendation{Action: ActionInconclusive, Sentence: inconclusiveSentence(card)}
	}
	if futile(card) {
		return Recommendation{Action: ActionStopFutility, Sentence: futilitySentence(card)}
	}
	return Recommendation{Action: ActionKeepRunning, Sentence: keepRunningSentence(card)}
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

// harmed returns the first treatment with a primary metric that is significantly worse, or
// with a guardrail beyond its margin at the level corrected for the number of guardrails.
func harmed(card *Scorecard) (variant, metric string, ok bool) {
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			if c.Stopped {
				continue
			}
			if c.Harm || m.Role == Primary && c.Verdict == Worse {
				return c.Variant, m.Name, true
			}
		}
	}
	return "", "", false
}

// winner is an arm that may be shipped and why.
type winner struct {
	variant, metric string
	lift            Number
	// improvement is the lift in the direction of the goal.
	improvement float64
}

// bestArm returns the treatment with the largest improvement of the first primary metric
// that is better, among those whose guardrails all pass. Arms with a primary metric that is
// worse do not get here: they are harmed.
func bestArm(card *Scorecard) (best winner, found bool) {
	for _, v := range card.Variants {
		if v.Control || !v.Stopped.IsZero() || !guardrailsPass(card, v.Name) {
			continue
		}
		for _, m := range card.Metrics {
			c, ok := m.comparison(v.Name)
			if m.Role != Primary || !ok || c.Verdict != Better {
				continue
			}
			w := winner{v.Name, m.Name, c.Lift, c.Lift.Or(0)}
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

// guardrailsPass reports whether every guardrail passes for a variant.
func guardrailsPass(card *Scorecard, variant string) bool {
	for _, m := range card.Metrics {
		if m.Role != Guardrail {
			continue
		}
		if c, ok := m.comparison(variant); !ok || c.Verdict != Passes {
			return false
		}
	}
	return true
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
