package experiment

import (
	"errors"
	"fmt"
)

// apply returns the state after an entry, or an error when the entry cannot
// follow on s or lacks a fact. The lists of the states of a log share memory, so
// that long ones cost no copy for each entry; nobody else appends to them.
func (s State) apply(entry Entry) (State, error) {
	if err := s.check(entry); err != nil {
		return State{}, err
	}
	s.Status = entry.To
	if entry.At.After(s.last) {
		s.last = entry.At
	}
	if entry.Start != nil {
		s.Start = *entry.Start
	}
	switch entry.Action {
	case ActionSchedule, ActionStart:
		s.FirstEnd = *entry.End
		s.ends, s.phases, s.Definition = nil, nil, nil
	case ActionCancel:
		return State{Experiment: s.Experiment, Status: Draft, last: s.last}, nil
	case ActionStop:
		s.StopReason = entry.Why
	case ActionExtend:
		s.StopReason = ""
		if entry.From == ReadyForReview && s.Resumed.IsZero() {
			s.Resumed = entry.At
		}
		if planned := s.PlannedEnd(); entry.End.After(planned) {
			s.Extensions = append(s.Extensions, Extension{At: entry.At, From: planned, To: *entry.End, End: s.End})
		}
	case ActionStopVariant:
		stopped := StoppedVariant{entry.Variant, entry.At, entry.Why}
		s.Stopped = append(s.Stopped, stopped)
		if s.Definition != nil {
			s = s.phase(entry.At, []string{changedStopped})
		}
	case ActionDecide:
		s.Decision = &Decision{entry.Variant, entry.At, entry.Why, entry.By}
	case ActionArchive:
		s.Archived = true
	}
	if entry.Definition != nil {
		s = s.record(entry)
	}
	if entry.End != nil {
		s.End = *entry.End
		s.ends = append(s.ends, endFact{entry.At, *entry.End})
	}
	return s, nil
}

// check says why an entry cannot follow on s.
func (s State) check(entry Entry) error {
	t, known := transitionOf(entry.Action)
	if !known {
		return fmt.Errorf("unknown action %q", entry.Action)
	}
	if err := s.permits(t); err != nil {
		return err
	}
	if entry.Experiment == "" || entry.At.IsZero() || entry.By == "" {
		return fmt.Errorf("%s lacks experiment, at or by", entry.Action)
	}
	if to := t.target(s.Status); entry.From != s.Status || entry.To != to {
		return fmt.Errorf("%s of %s goes from %s to %s, found %q to %q",
			entry.Action, entry.Experiment, s.Status, to, entry.From, entry.To)
	}
	if err := entry.checkDefinition(); err != nil {
		return err
	}
	return s.checkFacts(entry)
}

// checkDefinition says what is wrong with the definition of an entry. Those of
// the first logs have none.
func (e Entry) checkDefinition() error {
	switch {
	case e.Action == ActionPublish && e.Definition == nil:
		return errors.New("publish needs a definition")
	case e.Definition == nil:
		return nil
	case e.Action != ActionSchedule && e.Action != ActionStart && e.Action != ActionPublish:
		return fmt.Errorf("%s has no definition", e.Action)
	}
	return e.Definition.check()
}

// checkFacts says which fact of an entry is missing or impossible.
func (s State) checkFacts(entry Entry) error {
	switch entry.Action {
	case ActionSchedule, ActionStart:
		if entry.Start == nil || entry.End == nil || !entry.End.After(*entry.Start) {
			return fmt.Errorf("%s needs a start and a later end", entry.Action)
		}
	case ActionStop:
		if entry.End == nil || !entry.End.After(s.Start) || entry.End.After(s.End) {
			return errors.New("stop needs an end between the start and the end before")
		}
	case ActionExtend:
		if entry.End == nil || !entry.End.After(s.Start) {
			return errors.New("extend needs an end after the start")
		}
	case ActionStopVariant:
		if _, stopped := s.VariantStopped(entry.Variant); stopped {
			return fmt.Errorf("variant %s is stopped already", entry.Variant)
		}
		fallthrough
	case ActionDecide:
		if entry.Variant == "" {
			return fmt.Errorf("%s needs a variant", entry.Action)
		}
	}
	return nil
}
