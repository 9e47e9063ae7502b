package server

import (
	"context"
	"fmt"
	"slices"
	"time"

	"readout/decision"
)

// A question asks about one visitor.
type question struct {
	snapshot *decision.Snapshot
	visitor  decision.Visitor
	// experiments are asked about in this order. Of several with the same selector the
	// first that is shown answers, and the others are not asked.
	experiments []*decision.Experiment
	now         time.Time
	// expose says that showing counts: exposures are logged and display budgets spent.
	expose bool
	// keep leaves what is not shown in the answer, with its reason.
	keep bool
	// explain changes nothing.
	explain bool
	// unrendered are the experiments whose payload cannot be made for the visitor, after answer.
	unrendered []*decision.Experiment
}

// An answered experiment.
type answered struct {
	experiment *decision.Experiment
	decision.Outcome
}

// maxTries is how often a decision is made because another request of the same visitor came
// first. From the second on, those of one process take turns.
const maxTries = 20

// decide decides about every experiment of a question, in order. What is new is durable in
// the store when it returns.
func (s *Server) decide(e *exchange, q *question) ([]answered, error) {
	ctx := e.request.Context()
	e.names, e.remembered = e.names[:0], e.remembered[:0]
	for _, x := range q.experiments {
		if x.Remembers() {
			e.names = append(e.names, x.Definition().Name)
		}
	}
	e.remembered = slices.Grow(e.remembered, len(e.names))[:len(e.names)]
	for try := range maxTries {
		if try == 1 {
			turn := s.turns.of(q.visitor.ID)
			turn.Lock()
			defer turn.Unlock()
		}
		if len(e.names) > 0 {
			if err := s.store.Get(ctx, q.visitor.ID, e.names, e.remembered); err != nil {
				return nil, err
			}
		}
		var changes []decision.Change
		e.answered, changes = q.answer(e.remembered, e.answered[:0])
		if len(changes) > 0 && !q.explain {
			lost, err := s.commit(ctx, changes)
			if err != nil {
				return nil, err
			}
			if len(lost) > 0 {
				continue
			}
		}
		if !q.explain {
			s.metrics.countChoices(e.answered)
			s.metrics.countUnrendered(q.unrendered)
		}
		return e.answered, nil
	}
	return nil, fmt.Errorf("no decision in %d tries: other requests of the same visitor come first", maxTries)
}

// commit makes changes durable and measures how long that takes.
func (s *Server) commit(ctx context.Context, changes []decision.Change) (lost []int, err error) {
	begin := s.now()
	lost, err = s.store.Commit(ctx, changes)
	s.metrics.commits.Observe(s.now().Sub(begin).Seconds())
	return lost, err
}

// answer decides about every experiment and returns what is to be made durable. remembered
// has what the store knows of those that remember, in the same order.
func (q *question) answer(remembered []decision.Assignment, out []answered) ([]answered, []decision.Change) {
	var changes []decision.Change
	var shown []string // selectors that several experiments have and one is shown for
	q.unrendered = nil
	for _, x := range q.experiments {
		var before decision.Assignment
		if x.Remembers() {
			before, remembered = remembered[0], remembered[1:]
		}
		selector := x.Definition().Selector
		shared := len(q.experiments) > 1 && len(q.snapshot.Selector(selector)) > 1
		if shared && slices.Contains(shown, selector) {
			if q.keep {
				out = append(out, answered{x, decision.Outcome{Reason: decision.AnotherMatched}})
			}
			continue
		}
		o := x.Decide(&q.visitor, before, q.now, q.expose)
		if o.Reason == decision.NotRendered {
			q.unrendered = append(q.unrendered, x)
		}
		if shared && o.Shown {
			shown = append(shown, selector)
		}
		if o.Changed && x.Remembers() {
			c := decision.Change{Experiment: x.Definition().Name, ID: q.visitor.ID, Before: before, After: o.Remember}
			if o.Expose {
				row := q.snapshot.Exposure(x, &q.visitor, o.Variant, q.now)
				c.Exposure = &row
			}
			changes = append(changes, c)
		}
		if o.Shown || q.keep {
			out = append(out, answered{x, o})
		}
	}
	return out, changes
}
