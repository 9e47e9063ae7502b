package experiment

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// publish records what was changed, as a publish does.
func (l *life) publish(now string) {
	l.t.Helper()
	l.tick(now)
	p := &Project{Experiments: []*Experiment{l.e}}
	if err := l.log.Append(l.path, Changes(p, l.log, at(l.t, now))...); err != nil {
		l.t.Fatal(err)
	}
}

// split sets the traffic of control, big and bigger.
func (l *life) split(control, big, bigger Share) {
	for i, percent := range []Share{control, big, bigger} {
		l.e.Variants[i].Traffic = percent * Whole / 100
	}
}

// phases checks when phases begin, why, and how they split users.
func (l *life) phases(phases []Phase, want ...string) {
	l.t.Helper()
	got := make([]string, len(phases))
	for i, p := range phases {
		got[i] = p.From.Format(time.RFC3339)
		for _, v := range p.Traffic {
			got[i] += " " + v.Share.percent()
		}
		for _, field := range p.Changed {
			got[i] += " " + field
		}
	}
	same(l.t, "phases", want, got)
}

// TestPhases follows the traffic through a life.
func TestPhases(t *testing.T) {
	l := newLife(t)
	l.publish("2026-01-01T00:00:00Z")
	l.phases(l.state().Phases(), []string{}...)
	l.move(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z", Scheduled)
	l.phases(l.state().Phases(), "2026-01-04T23:00:00Z 40 30 30")

	l.split(50, 25, 25)
	l.publish("2026-01-03T00:00:00Z")
	l.phases(l.state().Phases(), "2026-01-04T23:00:00Z 50 25 25")

	l.publish("2026-01-05T00:00:00Z")
	l.is(Running)
	l.e.Coverage = Whole / 2
	l.publish("2026-01-06T00:00:00Z")
	l.publish("2026-01-06T12:00:00Z")
	l.split(60, 20, 20)
	l.e.Title = "Buttons"
	l.publish("2026-01-07T00:00:00Z")
	l.move(Request{Action: ActionStopVariant, Variant: "big", Why: "crashes"}, "2026-01-08T00:00:00Z", Running)
	l.split(10, 20, 70)
	l.publish("2026-01-09T00:00:00Z")
	l.phases(l.state().Phases(),
		"2026-01-04T23:00:00Z 50 25 25",
		"2026-01-06T00:00:00Z 50 25 25 coverage",
		"2026-01-07T00:00:00Z 60 20 20 title traffic",
		"2026-01-08T00:00:00Z 60 0 20 stopped",
		"2026-01-09T00:00:00Z 10 0 70 traffic")
	l.phases(l.state().TrafficPhases(),
		"2026-01-04T23:00:00Z 50 25 25",
		"2026-01-07T00:00:00Z 60 20 20 title traffic",
		"2026-01-08T00:00:00Z 60 0 20 stopped",
		"2026-01-09T00:00:00Z 10 0 70 traffic")

	entries := l.log.Entries("checkout")
	last := entries[len(entries)-1]
	same(t, "reason", "traffic changed; new users are split anew and the analysis begins a new phase, users who are in keep their variant", last.Why)
	same(t, "who", "readout", last.By)

	read, err := ReadLog(l.path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "phases read back", l.state().Phases(), read.State(l.e).Phases())
}

// TestReasons says when a change was made.
func TestReasons(t *testing.T) {
	l := newLife(t)
	last := func(want string) {
		t.Helper()
		entries := l.log.Entries("checkout")
		same(t, "reason", want, entries[len(entries)-1].Why)
	}
	l.move(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z", Scheduled)
	l.split(50, 25, 25)
	l.publish("2026-01-03T00:00:00Z")
	last("traffic changed before the start")
	l.publish("2026-02-02T00:00:00Z")
	l.is(ReadyForReview)
	l.split(60, 20, 20)
	l.publish("2026-02-03T00:00:00Z")
	last("traffic changed after the end")
	l.move(Request{Action: ActionDecide, Variant: "big", Why: "sells more"}, "2026-02-04T00:00:00Z", Completed)
	l.e.Title = "Buttons"
	l.publish("2026-02-05T00:00:00Z")
	last("title changed after the decision")
}

// TestPhasesOfOneInstant joins what changed at one time.
func TestPhasesOfOneInstant(t *testing.T) {
	l := newLife(t)
	l.move(Request{Action: ActionStart}, "2026-01-03T09:00:00Z", Running)
	l.split(50, 25, 25)
	l.publish("2026-01-06T00:00:00Z")
	l.e.Title = "Buttons"
	l.split(60, 20, 20)
	l.publish("2026-01-06T00:00:00Z")
	// An entry by a clock that was set back does not put phases out of order.
	l.e.Coverage = 1
	back := Changes(&Project{Experiments: []*Experiment{l.e}}, l.log, at(t, "2026-01-06T00:00:00Z"))[0]
	back.At = at(t, "2026-01-05T00:00:00Z")
	if err := l.log.Append(l.path, back); err != nil {
		t.Fatal(err)
	}
	l.phases(l.state().Phases(), "2026-01-03T09:00:00Z 40 30 30", "2026-01-06T00:00:00Z 60 20 20 traffic title coverage")
}

// TestPhasesAfterCancel begins anew.
func TestPhasesAfterCancel(t *testing.T) {
	l := newLife(t)
	l.move(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z", Scheduled)
	l.split(50, 25, 25)
	l.publish("2026-01-02T09:00:00Z")
	l.move(Request{Action: ActionCancel}, "2026-01-02T10:00:00Z", Draft)
	l.phases(l.state().Phases(), []string{}...)
	l.split(60, 20, 20)
	l.move(Request{Action: ActionStart}, "2026-01-03T09:00:00Z", Running)
	l.phases(l.state().Phases(), "2026-01-03T09:00:00Z 60 20 20")
}

// TestOldLog reads a log without definitions and records them at the next publish.
func TestOldLog(t *testing.T) {
	const old = `{"experiment":"checkout","at":"2026-01-01T00:00:00Z","action":"start","from":"Draft","to":"Running","start":"2026-01-01T00:00:00Z","end":"2026-02-01T23:00:00Z","by":"ann"}
{"experiment":"checkout","at":"2026-01-08T00:00:00Z","action":"stop-variant","from":"Running","to":"Running","variant":"big","by":"ann"}
`
	l := newLife(t)
	log, err := ParseLog(l.path, []byte(old))
	if err != nil {
		t.Fatal(err)
	}
	l.log, l.path = log, filepath.Join(t.TempDir(), "lifecycle.jsonl")
	l.phases(l.state().Phases(), []string{}...)
	l.publish("2026-01-10T00:00:00Z")
	l.phases(l.state().Phases(), "2026-01-01T00:00:00Z 40 30 30", "2026-01-08T00:00:00Z 40 0 30 stopped")
	entries := l.log.Entries("checkout")
	same(t, "reason", "no definition was recorded yet", entries[len(entries)-1].Why)
	l.publish("2026-01-11T00:00:00Z")
	if n := len(l.log.Entries("checkout")); n != len(entries) {
		t.Errorf("%d entries after a publish of nothing new, want %d", n, len(entries))
	}
}

// TestFirstPublishOfSeveral records every experiment that has no definition in the log.
func TestFirstPublishOfSeveral(t *testing.T) {
	const started = `{"experiment":"checkout","at":"2026-01-01T00:00:00Z","action":"start","from":"Draft","to":"Running","start":"2026-01-01T00:00:00Z","end":"2026-02-01T23:00:00Z","by":"ann"}
`
	log, err := ParseLog("lifecycle.jsonl", []byte(started+strings.Replace(started, "checkout", "search", 1)))
	if err != nil {
		t.Fatal(err)
	}
	search := *newLife(t).e
	search.Name = "search"
	var recorded []string
	for _, entry := range Changes(&Project{Experiments: []*Experiment{newLife(t).e, &search}}, log, at(t, "2026-01-10T00:00:00Z")) {
		recorded = append(recorded, entry.Experiment)
	}
	same(t, "recorded", []string{"checkout", "search"}, recorded)
}

// TestPublishEntries reads back only what a publish writes.
func TestPublishEntries(t *testing.T) {
	l := newLife(t)
	l.move(Request{Action: ActionStart}, "2026-01-03T09:00:00Z", Running)
	f := func(want string, change func(*Entry)) {
		t.Helper()
		entry := Entry{
			Experiment: "checkout", At: at(t, "2026-01-05T00:00:00Z"), Action: ActionPublish,
			From: Running, To: Running, By: "readout", Definition: l.e.Definition(),
		}
		change(&entry)
		_, err := l.state().apply(entry)
		got := ""
		if err != nil {
			got = err.Error()
		}
		same(t, "error", want, got)
	}
	f("", func(*Entry) {})
	f("publish needs a definition", func(e *Entry) { e.Definition = nil })
	f("definition lacks its hash or the shares of all variants", func(e *Entry) { e.Definition.Traffic = nil })
	f(`publish of checkout goes from Running to Running, found "Running" to "Completed"`, func(e *Entry) { e.To = Completed })
	f("stop has no definition", func(e *Entry) { e.Action, e.To = ActionStop, ReadyForReview })
	if _, err := Move(l.e, l.state(), Request{Action: ActionPublish, At: at(t, "2026-01-05T00:00:00Z"), By: "ann"}); err == nil {
		t.Error("a person may publish by a move")
	}
}
