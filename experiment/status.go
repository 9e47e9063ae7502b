package experiment

import (
	"cmp"
	"slices"
	"time"
)

// A Status is where an experiment is in its life.
type Status string

// The statuses, in the order of a life.
const (
	Draft          Status = "Draft"
	Scheduled      Status = "Scheduled"
	Running        Status = "Running"
	ReadyForReview Status = "Ready for review"
	Completed      Status = "Completed"
)

// underWay reports whether there are users who must not be drawn anew.
func (s Status) underWay() bool { return s == Running || s == ReadyForReview }

// An Action is what an entry of the lifecycle log records.
type Action string

// The actions. ActionBegin and ActionEnd happen by time, ActionPublish when a
// changed definition is published, the others by people.
const (
	ActionSchedule    Action = "schedule"
	ActionCancel      Action = "cancel" // schedule --cancel
	ActionStart       Action = "start"
	ActionBegin       Action = "begin" // the scheduled start has come
	ActionEnd         Action = "end"   // the end has come
	ActionStop        Action = "stop"
	ActionExtend      Action = "extend"
	ActionStopVariant Action = "stop-variant"
	ActionDecide      Action = "decide"
	ActionArchive     Action = "archive"
	ActionPublish     Action = "publish" // another definition is served from now on
)

// A transition is one row of the table of moves.
type transition struct {
	action    Action
	from      []Status
	to        Status // empty when the status stays
	automatic bool   // no move that people make
}

// target returns the status after the transition from a status.
func (t transition) target(from Status) Status { return cmp.Or(t.to, from) }

// transitions returns the table of moves, the only place that says which are legal.
func transitions() []transition {
	return []transition{
		{ActionSchedule, []Status{Draft}, Scheduled, false},
		{ActionCancel, []Status{Scheduled}, Draft, false},
		{ActionStart, []Status{Draft, Scheduled}, Running, false},
		{ActionBegin, []Status{Scheduled}, Running, true},
		{ActionEnd, []Status{Running}, ReadyForReview, true},
		{ActionStop, []Status{Running}, ReadyForReview, false},
		{ActionExtend, []Status{Running, ReadyForReview}, Running, false},
		{ActionStopVariant, []Status{Running}, Running, false},
		{ActionDecide, []Status{ReadyForReview}, Completed, false},
		{ActionArchive, []Status{Completed}, Completed, false},
		{ActionPublish, []Status{Scheduled, Running, ReadyForReview, Completed}, "", true},
	}
}

// transitionOf returns the row of an action.
func transitionOf(action Action) (transition, bool) {
	for _, t := range transitions() {
		if t.action == action {
			return t, true
		}
	}
	return transition{}, false
}

// A State is what the lifecycle log says about one experiment. An experiment
// without entries is a Draft with the schedule of its YAML.
type State struct {
	Experiment string
	Status     Status
	Start      time.Time // first instant; zero when a Draft's YAML gives none
	End        time.Time // first instant after enrolment: the planned end, or that of an early stop
	FirstEnd   time.Time // end as planned when it was scheduled or started; spending of alpha began with it
	Extensions []Extension
	Resumed    time.Time        // when it first went on after it was over; zero when it never did
	Stopped    []StoppedVariant // in the order of stopping
	StopReason string           // why it was stopped early; empty when it was not, or was extended since
	Decision   *Decision        // nil unless Completed
	Archived   bool
	Definition *Definition // as recorded last; nil for a Draft, and when none was recorded yet

	last   time.Time // latest instant of its entries
	ends   []endFact
	phases []Phase // in the order of the log; From is when the facts were logged, zero for "from the beginning"
}

// An Extension moved the end of an experiment to a later instant than any
// planned before.
type Extension struct {
	At       time.Time // when it was decided
	From, To time.Time // latest end planned before, and the new one
	End      time.Time // the end it had: From, or an earlier one as after a stop
}

// A StoppedVariant got no new users, and is not analysed, from an instant on.
type StoppedVariant struct {
	Variant string
	At      time.Time
	Why     string
}

// A Decision gives one variant to everybody and freezes the results.
type Decision struct {
	Variant string
	At      time.Time
	Why     string
	By      string
}

// endFact is an end and the instant at which it became known.
type endFact struct{ at, end time.Time }

// PlannedEnd returns the latest end ever planned: the timeline on which alpha
// is spent. An earlier end or a stop does not move it.
func (s State) PlannedEnd() time.Time {
	if n := len(s.Extensions); n > 0 {
		return s.Extensions[n-1].To
	}
	return s.FirstEnd
}

// EndAt returns the end as it was known at t, so that a past day computed
// again sees the end of that day. The first end holds from the beginning.
func (s State) EndAt(t time.Time) time.Time {
	end := s.End
	if len(s.ends) > 0 {
		end = s.ends[0].end
	}
	for _, fact := range s.ends {
		if !fact.at.After(t) {
			end = fact.end
		}
	}
	return end
}

// At returns the status at t as it follows from the facts alone, whether or
// not the transitions that time makes have been logged yet. The facts of a
// schedule hold from the beginning, so that an experiment of the past can be
// replayed day by day.
func (s State) At(t time.Time) Status {
	switch {
	case s.Status == Draft:
		return Draft
	case t.Before(s.Start):
		return Scheduled
	case s.Decision != nil && !t.Before(s.Decision.At):
		return Completed
	case t.Before(s.EndAt(t)):
		return Running
	}
	return ReadyForReview
}

// VariantStopped returns the instant from which a variant is stopped.
func (s State) VariantStopped(name string) (time.Time, bool) {
	for _, v := range s.Stopped {
		if v.Variant == name {
			return v.At, true
		}
	}
	return time.Time{}, false
}

// allowed returns the moves that people may make now.
func (s State) allowed() []Action {
	var allowed []Action
	for _, t := range transitions() {
		if t.automatic || !slices.Contains(t.from, s.Status) || s.Archived {
			continue
		}
		allowed = append(allowed, t.action)
	}
	return allowed
}

// Due returns the transitions that time has made until now and the log does
// not hold yet, each with the instant it was scheduled for.
func (s State) Due(now time.Time) []Entry {
	var due []Entry
	status := s.Status
	if status == Scheduled && !now.Before(s.Start) {
		due = append(due, automatic(s.Experiment, ActionBegin, s.Start))
		status = Running
	}
	if status == Running && !now.Before(s.End) {
		due = append(due, automatic(s.Experiment, ActionEnd, s.End))
	}
	return due
}

// automatic returns the entry of a transition that time makes.
func automatic(experiment string, action Action, at time.Time) Entry {
	t, _ := transitionOf(action)
	return Entry{
		Experiment: experiment, Action: action, From: t.from[0], To: t.to,
		At: at.UTC(), By: "readout", Why: "its time has come",
	}
}
