package experiment

import (
	"testing"
	"time"
)

// TestClockSetBack: what the log has already nobody acts before. A clock that is behind by a
// moment only makes entries of one instant.
func TestClockSetBack(t *testing.T) {
	l := newLife(t)
	l.move(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z", Scheduled)
	l.move(Request{Action: ActionCancel}, "2026-01-02T09:00:00Z", Draft)
	l.refuse(Request{Action: ActionStart}, "2026-01-02T08:30:00Z",
		"start checkout: now is 2026-01-02T09:30:00+01:00 by the clock, and its last entry in lifecycle.jsonl is of 2026-01-02T10:00:00+01:00: set the clock right, or correct that entry if it was made by a wrong one")
	l.move(Request{Action: ActionStart}, "2026-01-02T08:59:01Z", Running)
	if got := l.state().Start; !got.Equal(at(t, "2026-01-02T09:00:00Z")) {
		t.Errorf("start %s", got)
	}

	l.split(50, 25, 25)
	l.publish("2026-01-06T00:00:00Z")
	const behind = "now is 2026-01-05T12:00:00+01:00 by the clock, and its last entry in lifecycle.jsonl is of 2026-01-06T01:00:00+01:00: set the clock right, or correct that entry if it was made by a wrong one"
	for _, r := range []Request{
		{Action: ActionStop, Why: "harm"},
		{Action: ActionStopVariant, Variant: "big"},
		{Action: ActionExtend, Until: at(t, "2026-03-01T00:00:00Z")},
	} {
		l.refuse(r, "2026-01-05T11:00:00Z", string(r.Action)+" checkout: "+behind)
	}
	p := &Project{Experiments: []*Experiment{l.e}}
	noon := at(t, "2026-01-05T11:00:00Z")
	if refused := CheckEdits(p, l.log, noon); len(refused) != 0 {
		t.Errorf("without an edit: %v", refused)
	}
	l.e.Title = "Buttons"
	refused := CheckEdits(p, l.log, noon)
	if len(refused) != 1 || refused[0].Message != "it was changed, and from when on cannot be recorded: "+behind || len(Changes(p, l.log, noon)) != 0 {
		t.Errorf("an edit: %v, recorded as %v", refused, Changes(p, l.log, noon))
	}
	late := at(t, "2026-01-05T23:59:30Z")
	if entries := Changes(p, l.log, late); len(entries) != 1 || entries[0].At.Format(time.RFC3339) != "2026-01-06T00:00:00Z" {
		t.Errorf("an edit a moment before: %+v", entries)
	}
	l.move(Request{Action: ActionStopVariant, Variant: "big"}, "2026-01-05T23:59:30Z", Running)
	if stopped, _ := l.state().VariantStopped("big"); !stopped.Equal(at(t, "2026-01-06T00:00:00Z")) {
		t.Errorf("stopped %s", stopped)
	}
}
