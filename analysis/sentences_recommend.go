package analysis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"readout/experiment"
)

const noPrimarySentence = "No primary metric is named, so there is nothing to decide by."

func investigateSentence(c Check) string {
	return "Investigate before believing any number: " + lowerFirst(c.Sentence)
}

// harmSentence says which variant harms what, and what that means for the others. Once
// enrolment is over there is nothing to stop.
func harmSentence(card *Scorecard, c Comparison, metric string) string {
	harm := "makes " + metric + " worse" + decidedSize(c)
	best, found := bestArm(card)
	if card.DaysLeft == 0 {
		sentence := fmt.Sprintf("Do not ship %s: it %s.", c.Variant, harm)
		if found {
			sentence += " " + improvesSentence(best, card)
		}
		return sentence
	}
	sentence := fmt.Sprintf("Stop for harm: %s %s.", c.Variant, harm)
	if unharmed(card) {
		sentence += " The other variants may go on without it."
	}
	return sentence
}

func shipSentence(w winner, card *Scorecard) string {
	sentence := shipClause(w, card) + untestedSentence(oneSided(card, w.variant))
	if w.turned {
		sentence += " Find out first why the figures turned."
	}
	return sentence
}

// gain says on what a variant is better. Of one whose latest figures point the other way it does
// not say that it improves anything today.
func (w winner) gain() string {
	if w.turned {
		return "was found to improve " + w.metric + w.size
	}
	return "improves " + w.metric + w.size
}

// untestedSentence says for which metrics nobody looks for harm: a one-sided test finds none.
func untestedSentence(metrics []string) string {
	switch len(metrics) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(" Whether it harms %s was not tested: that test looks for an improvement only.", metrics[0])
	}
	return fmt.Sprintf(" Whether it harms %s was not tested: those tests look for an improvement only.", firstOf(3, metrics))
}

func shipClause(w winner, card *Scorecard) string {
	if worse := worseSecondaries(card, w.variant); len(worse) > 0 {
		return fmt.Sprintf("Ship %s: it %s and harms no other primary metric and no guardrail. Weigh first that it makes %s worse, by the uncorrected test of secondary metrics.",
			w.variant, w.gain(), firstOf(3, worse))
	}
	return fmt.Sprintf("Ship %s: it %s and harms nothing that is watched.", w.variant, w.gain())
}

// improvesSentence says what speaks for a variant beside one that harms.
func improvesSentence(w winner, card *Scorecard) string {
	if worse := worseSecondaries(card, w.variant); len(worse) > 0 {
		return fmt.Sprintf("Of the others, %s %s, and makes the secondary metric %s worse.", w.variant, w.gain(), firstOf(3, worse))
	}
	return fmt.Sprintf("Of the others, %s %s and harms nothing that is watched.%s", w.variant, w.gain(), untestedSentence(oneSided(card, w.variant)))
}

// heldBackSentence says which guardrail keeps a variant that is better from being shipped.
func heldBackSentence(w winner, guardrail string, v Verdict) string {
	held := "may still be beyond its margin"
	switch v {
	case Fails:
		held = "is beyond its margin"
	case CannotSay, TooEarly:
		held = "says nothing yet"
	}
	return fmt.Sprintf("%s %s, but guardrail %s %s", w.variant, w.gain(), guardrail, held)
}

// turned reports whether the latest figures of a comparison point the other way than those it
// was decided by. The verdict stays, and what it is based on must be said.
func turned(c Comparison) bool {
	return (c.Verdict == Better || c.Verdict == Worse) && c.Record != nil && c.Record.Effect.Or(0)*c.Effect.Value.Or(0) < 0
}

// decidedElse says what a comparison was decided by, before its latest figures, which point the
// other way.
func decidedElse(c Comparison) string {
	at := ""
	if v, ok := c.Record.Lift.Get(); ok {
		at = " at " + signed(v, liftDecimals(c.Record.Lift, c.Record.LiftLo, c.Record.LiftHi))
	}
	return fmt.Sprintf("decided on %s%s, but the latest figures point the other way", c.Record.Date, at)
}

// decidedSize writes how large the difference of a comparison is, in parentheses.
func decidedSize(c Comparison) string {
	var parts []string
	if turned(c) {
		parts = append(parts, decidedElse(c))
	}
	if v, ok := c.Lift.Get(); ok {
		parts = append(parts, signed(v, liftDecimals(c.Lift, c.LiftLo, c.LiftHi)))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ": ") + ")"
}

func futilitySentence(card *Scorecard) string {
	stop, allowed := "Stop for futility", "Going on is allowed and keeps the error rate."
	forecast := ", if users keep coming as they did"
	if card.DaysLeft == 0 {
		stop, allowed, forecast = "Nothing to wait for", "To wait for the last users is allowed and keeps the error rate.", ""
	}
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			p, ok := c.ConditionalPowerMDE.Get()
			if mde, has := card.Plan.MDE.Get(); m.Role == Primary && !c.Stopped && ok && has {
				return fmt.Sprintf("%s: had %s improved %s by %s, results as weak as these would be unlikely by now. %s (Should %s be that good after all, the end would show it with %s probability%s.)",
					stop, c.Variant, m.Name, plainPercent(mde), allowed, c.Variant, chance(p), forecast)
			}
		}
	}
	return stop + ": had a primary metric improved as planned, results as weak as these would be unlikely by now. " + allowed
}

func fullWeekSentence(w winner, days int) string {
	ahead := "is ahead on " + w.metric
	if w.turned {
		ahead = "is better on " + w.metric + w.size
	}
	return fmt.Sprintf("Keep running for %s more: %s %s, but not every day of the week has been seen.",
		count(int64(days), "day", "days"), w.variant, ahead)
}

// nobody reports whether no user was exposed so far.
func nobody(card *Scorecard) bool {
	for _, v := range card.Variants {
		if v.Users > 0 || v.Several > 0 {
			return false
		}
	}
	return true
}

// allLeftOut says why none of the users who were exposed counts; it is empty where some do, or nobody
// was exposed.
func allLeftOut(card *Scorecard) string {
	for _, v := range card.Variants {
		if v.Users > 0 {
			return ""
		}
	}
	if !nobody(card) {
		return "everybody was seen in several variants and is left out: find out why"
	}
	if slices.ContainsFunc(card.Checks, func(c Check) bool { return c.Name == CheckUnknownVariants }) {
		return "everybody was exposed to variants that the experiment does not have: put the names right"
	}
	return ""
}

// inconclusiveSentence says what came of an experiment that nothing more comes of, for the reason
// over.
func inconclusiveSentence(card *Scorecard, over string) string {
	if clause := allLeftOut(card); clause != "" {
		return "Inconclusive: " + over + " and " + clause + "."
	}
	if nobody(card) {
		return "Inconclusive: " + over + " and nobody was exposed to it."
	}
	if w, guardrail, verdict, ok := heldBack(card); ok {
		return "Inconclusive: " + over + " and " + heldBackSentence(w, guardrail, verdict) + "."
	}
	if silent := silence(card); silent != "" {
		return "Inconclusive: " + over + ". " + silent
	}
	moved := "Inconclusive: " + over + " and no primary metric has moved beyond chance"
	if decidedWhenStopped(card) {
		moved += " for a variant that was not stopped"
	}
	return moved + powerClause(card, foundSoFar) + "."
}

// keepRunningSentence says how long still, and what is known so far. The day that it names is
// the one whose scorecard is final.
func (a *analyzer) keepRunningSentence(card *Scorecard) string {
	leftOut := allLeftOut(card)
	if nobody(card) && leftOut == "" && card.DaysLeft > 0 {
		return fmt.Sprintf("Keep running: nobody has been exposed yet, %s left. Check that the experiment is served and that its exposures are logged.", count(int64(card.DaysLeft), "day", "days"))
	}
	sentence := fmt.Sprintf("Keep running: %s left", count(int64(card.DaysLeft), "day", "days"))
	if card.DaysLeft == 0 {
		sentence = "Keep waiting: enrolment is over, the last users are counted by the end of " +
			card.Final.Add(-1).In(a.in.Location).Format(time.DateOnly)
	}
	if leftOut != "" {
		return sentence + ". But " + leftOut + "."
	}
	if nobody(card) {
		return sentence + ". But nobody has been exposed: check that the experiment was served and that its exposures were logged."
	}
	if w, guardrail, verdict, ok := heldBack(card); ok {
		return sentence + ". So far " + heldBackSentence(w, guardrail, verdict) + "."
	}
	if silent := silence(card); silent != "" {
		return sentence + ". " + silent
	}
	would := foundSoFar
	if card.Plan.Procedure == string(experiment.ProcedureGroupSequential) {
		would = foundAtAnEnd
	}
	return sentence + powerClause(card, would) + "."
}

// How probable it is that an effect of some size is found. A look before the end has little of
// alpha, and would find less than an end would.
const (
	foundSoFar   = "with today's data an effect of %s would be found with %s probability"
	foundAtAnEnd = "a test that ended with today's data would find an effect of %s with %s probability"
)

// powerClause says how much power there is by now in the first primary comparison of a
// variant that still gets users.
func powerClause(card *Scorecard, would string) string {
	for _, m := range card.Metrics {
		for _, c := range m.Comparisons {
			p, ok := c.PowerSoFar.Get()
			if mde, has := card.Plan.MDE.Get(); m.Role == Primary && !c.Stopped && ok && has {
				return fmt.Sprintf(" ("+would+")", plainPercent(mde), chance(p))
			}
		}
	}
	return ""
}
