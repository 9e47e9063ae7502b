package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Request is a move that a person wants to make.
type Request struct {
	Action  Action
	At      time.Time // now
	By      string    // who asks
	Why     string    // required for stop and decide
	Until   time.Time // the new end, for extend
	Variant string    // for stop-variant and decide
}

// Move returns the entry that makes a move, or an error that says what is
// allowed instead. It changes nothing: append the entry to the log.
//
// Transitions that time has made ([State.Due]) must be in the log before, so
// that a stop cannot move an end that has passed. A move by a clock that was set back
// is refused.
func Move(e *Experiment, s State, r Request) (Entry, error) {
	if due := s.Due(r.At); len(due) > 0 {
		return Entry{}, fmt.Errorf("%s %s: the transition to %s is due and not logged yet", r.Action, e.Name, due[0].To)
	}
	t, known := transitionOf(r.Action)
	if !known || t.automatic {
		return Entry{}, fmt.Errorf("unknown move %q: %s", r.Action, s.allowedText())
	}
	if err := s.permits(t); err != nil {
		return Entry{}, err
	}
	if r.By == "" {
		return Entry{}, fmt.Errorf("%s %s: say who does it", r.Action, e.Name)
	}
	at, err := e.dated(s, r.At)
	if err != nil {
		return Entry{}, fmt.Errorf("%s %s: %w", r.Action, e.Name, err)
	}
	r.At = at
	entry := Entry{
		Experiment: e.Name, At: r.At.UTC(), Action: r.Action, From: s.Status, To: t.to,
		Why: r.Why, By: r.By,
	}
	if err := e.complete(&entry, s, r); err != nil {
		return Entry{}, fmt.Errorf("%s %s: %w", r.Action, e.Name, err)
	}
	if _, err := s.apply(entry); err != nil {
		return Entry{}, err
	}
	return entry, nil
}

// complete adds the facts that a move carries.
func (e *Experiment) complete(entry *Entry, s State, r Request) error {
	switch r.Action {
	case ActionSchedule:
		if e.Schedule.Start.IsZero() {
			return errors.New("its schedule has no start: add one, or start it now")
		}
		// Ranges of a group are given out in the order of starts: one that begins in the past
		// would be in front of those that began since, and move theirs.
		if x := e.Exclusion; x != nil && e.Schedule.Start.Before(r.At) {
			return fmt.Errorf("its start %s has passed, and those of exclusion group %q that began since would share users with it: move schedule.start, or start it now",
				e.stamp(e.Schedule.Start), x.Group)
		}
		entry.Start, entry.End = instant(e.Schedule.Start), instant(e.Schedule.End)
		entry.Definition = e.Definition()
	case ActionStart:
		end := s.End
		if !end.After(r.At) {
			return fmt.Errorf("its end %s is not after now: move schedule.end first", e.stamp(end))
		}
		entry.Start, entry.End = instant(r.At), instant(end)
		entry.Definition = e.Definition()
	case ActionStop:
		if r.Why == "" {
			return errors.New("say why: an early winner, futility, harm")
		}
		if !r.At.After(s.Start) {
			return fmt.Errorf("now is %s by the clock, and it started %s: set the clock right", e.stamp(r.At), e.stamp(s.Start))
		}
		entry.End = instant(r.At)
	case ActionExtend:
		if !r.Until.After(r.At) {
			return fmt.Errorf("the new end %s is not after now", e.stamp(r.Until))
		}
		entry.End = instant(r.Until)
	case ActionStopVariant:
		entry.Variant = r.Variant
		return e.mayStop(s, r.Variant)
	case ActionDecide:
		entry.Variant = r.Variant
		return e.mayDecide(s, r)
	}
	return nil
}

// mayStop says why a variant may not be stopped.
func (e *Experiment) mayStop(s State, name string) error {
	if err := e.knows(name); err != nil {
		return err
	}
	if name == Control {
		return errors.New("control cannot be stopped: stop the experiment instead")
	}
	running := 0
	for _, v := range e.treatments() {
		if _, stopped := s.VariantStopped(v.Name); !stopped && v.Name != name {
			running++
		}
	}
	if running == 0 {
		return fmt.Errorf("%s is the last variant beside control: stop the experiment instead", name)
	}
	return nil
}

// mayDecide says why a decision may not be made.
func (e *Experiment) mayDecide(s State, r Request) error {
	if err := e.knows(r.Variant); err != nil {
		return err
	}
	if at, stopped := s.VariantStopped(r.Variant); stopped {
		return fmt.Errorf("variant %s was stopped on %s: decide for another one", r.Variant, e.stamp(at))
	}
	if r.Why == "" {
		return errors.New("say why")
	}
	return nil
}

// knows returns an error that names the variants when name is none of them.
func (e *Experiment) knows(name string) error {
	names := e.variantNames()
	if slices.Contains(names, name) {
		return nil
	}
	return errors.New(Unknown("variant", name, names))
}

// stamp writes an instant in the zone of the experiment's schedule.
func (e *Experiment) stamp(t time.Time) string {
	return t.In(e.Schedule.End.Location()).Format(time.RFC3339)
}

func instant(t time.Time) *time.Time {
	t = t.UTC()
	return &t
}

// permits returns an error that says what is allowed instead of a transition.
func (s State) permits(t transition) error {
	if slices.Contains(t.from, s.Status) && !s.Archived {
		return nil
	}
	status := string(s.Status)
	if s.Archived {
		status = "archived"
	}
	return fmt.Errorf("%s is %s, %s needs %s; %s",
		s.Experiment, status, t.action, joinWords(t.from, " or "), s.allowedText())
}

// allowedText names the moves that are allowed now.
func (s State) allowedText() string {
	allowed := s.allowed()
	if len(allowed) == 0 {
		return "nothing is allowed any more"
	}
	commands := make([]string, len(allowed))
	for i, action := range allowed {
		if commands[i] = string(action); action == ActionCancel {
			commands[i] = "schedule --cancel"
		}
	}
	return "allowed now: " + strings.Join(commands, ", ")
}

func joinWords[T ~string](words []T, separator string) string {
	return strings.Join(asTexts(words), separator)
}
