package reports

import (
	"fmt"
	"time"

	"readout/analysis"
	"readout/experiment"
	"readout/internal/digits"
)

// standing is where an experiment stands in its life, for its page and for the index.
type standing struct {
	Status      string
	StatusClass string
	// Percent is the progress to the end for the picture, Progress all of it in words; both
	// are empty where nothing is planned and where it is over. Before the start there are words only.
	Percent, Progress, Short string
	DaysLeft                 string
	start, end               time.Time
}

// standing returns it, by the lifecycle where it is known, else by the scorecard.
func (s *Site) standing(p *Page) standing {
	var out standing
	var progress float64
	var left int
	zone := s.zone(p)
	switch {
	case p.State != nil:
		out.start, out.end = p.State.Start, p.State.End
		status := p.State.At(s.At)
		out.Status = string(status)
		if status == experiment.Draft || status == experiment.Completed || out.end.IsZero() {
			out.StatusClass = statusClass(out.Status)
			return out
		}
		if status == experiment.Scheduled {
			out.StatusClass = statusClass(out.Status)
			out.Progress = fmt.Sprintf(pagePlanned, zone.date(out.start), zone.end(out.end))
			return out
		}
		progress = analysis.Progress(out.start, out.end, s.At)
		left = analysis.DaysBetween(s.At, out.end, zone.location)
	case p.Card != nil:
		out.start, out.end = p.Card.Start, p.Card.End
		out.Status = visible(p.Card.Status)
		progress, left = p.Card.Progress, p.Card.DaysLeft
	}
	out.StatusClass = statusClass(out.Status)
	if out.end.IsZero() {
		return out
	}
	out.Percent = coordinate(100 * clamp(progress))
	out.Short = digits.WholePercent(clamp(progress))
	out.DaysLeft = daysLeft(left)
	out.Progress = fmt.Sprintf(labelProgress, out.Short, zone.end(out.end), out.DaysLeft)
	return out
}

// advice is what to do, first and big, and what else must be known about it.
type advice struct {
	Class, Sentence string
	Notes           []string
}

// advice returns what the page says first: a decision when there is one, else the
// recommendation, else why there is none.
func (s *Site) advice(p *Page, st standing) advice {
	zone := s.zone(p)
	var out advice
	if p.Card != nil {
		out.Class = adviceClass(p.Card.Recommendation.Action)
		out.Sentence = visible(p.Card.Recommendation.Sentence)
		if out.Sentence == "" {
			out.Sentence = labelNoAdvice
		}
		out.Notes = cardNotes(p.Card, zone, experiment.Status(st.Status) == experiment.Completed)
		if commands := next(p, experiment.Status(st.Status)); commands != "" {
			out.Notes = append(out.Notes, commands)
		}
	} else {
		out.Class = "open"
		out.Sentence = s.notYet(p, st)
		if first, ok := firstNumber(p); ok && first.After(s.At) {
			out.Notes = append(out.Notes, firstNote(first, st.start, zone))
		}
	}
	if p.State == nil {
		return out
	}
	if d := p.State.Decision; d != nil && experiment.Status(st.Status) == experiment.Completed {
		if p.Card != nil {
			out.Notes = append([]string{fmt.Sprintf(pageAdvised, out.Sentence)}, out.Notes...)
		}
		out.Class, out.Sentence = "good", fmt.Sprintf(pageCompleted, zone.date(d.At), shortName(d.Variant))
		if d.Why != "" {
			out.Notes = append([]string{fmt.Sprintf(pageDecisionWhy, visible(d.Why), visible(d.By))}, out.Notes...)
		}
	}
	if p.State.StopReason != "" {
		out.Notes = append(out.Notes, fmt.Sprintf(pageStopped, visible(p.State.StopReason)))
	}
	if p.State.Archived {
		out.Notes = append(out.Notes, pageArchived)
	}
	return out
}

// cardNotes says what qualifies the recommendation of a scorecard. Once the experiment is
// decided nothing more is to come.
func cardNotes(card *analysis.Scorecard, zone zone, decided bool) []string {
	notes := nothingNotes(card)
	var first time.Time
	immature := len(card.Metrics) > 0
	for i, m := range card.Metrics {
		immature = immature && awaitsFirst(card, &card.Metrics[i])
		if i == 0 || m.FirstNumber.Before(first) {
			first = m.FirstNumber
		}
	}
	if immature && !decided {
		notes = append(notes, firstNote(first, card.Start, zone))
	}
	// The advice to wait says itself for whom.
	waits := card.Recommendation.Action == analysis.ActionKeepRunning && card.DaysLeft == 0
	switch open := !card.End.IsZero() && card.Final.After(card.Through); {
	case open && decided:
		notes = append(notes, fmt.Sprintf(pageFrozen, visible(card.Date)))
	case open && !card.Through.Before(card.End) && !waits:
		notes = append(notes, fmt.Sprintf(pageNotFinal, zone.end(card.Final)))
	}
	return notes
}

// firstNote says when the first number comes, of an experiment that begins at start.
func firstNote(first, start time.Time, zone zone) string {
	if first.After(start) {
		return fmt.Sprintf(pageFirstWindow, zone.date(first))
	}
	return fmt.Sprintf(pageFirstNumber, zone.date(first))
}

// notYet says why an experiment has no scorecard.
func (s *Site) notYet(p *Page, st standing) string {
	if p.Definition != nil && p.Definition.Type == experiment.TypePersonalization {
		return pageServedOnly
	}
	switch experiment.Status(st.Status) {
	case experiment.Draft:
		return pageDraft
	case experiment.Scheduled:
		return fmt.Sprintf(pageScheduled, s.zone(p).minute(st.start))
	case experiment.Running:
		return pageRunning
	case experiment.ReadyForReview:
		return pageEnded
	}
	return pageNoScorecard
}

// firstNumber returns when the first user counts for a metric of an experiment that has a
// start and no scorecard yet.
func firstNumber(p *Page) (first time.Time, ok bool) {
	if p.Definition == nil || p.State == nil || p.State.Status == experiment.Draft || p.State.Start.IsZero() {
		return first, false
	}
	for _, m := range p.Definition.Scorecard.Metrics() {
		at := p.State.Start.Add(analysis.MatureAfter(m))
		if !ok || at.Before(first) {
			first, ok = at, true
		}
	}
	return first, ok
}
