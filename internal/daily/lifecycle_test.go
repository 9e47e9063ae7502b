package daily

import (
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"readout/experiment"
)

// buttonProject returns a project with an experiment button, from the texts of their files.
func buttonProject(t *testing.T, project, button string) *experiment.Project {
	t.Helper()
	p, err := experiment.LoadFS(fstest.MapFS{"readout.yaml": {Data: []byte(project)}, "experiments/button.yaml": {Data: []byte(button)}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What was published by an entry is known to be missing when the log has gone back before it.
func TestLostEntries(t *testing.T) {
	p := buttonProject(t, "organization: a\nproject: b\ndata: {exposures: {path: e}, conversions: {path: c}}\nmetrics: {bought: {event: buy, window: 1d}}\n",
		"name: button\nvariants: {control: {traffic: 50}, big: {traffic: 25}, huge: {traffic: 25}}\n"+
			"scorecard: {primary: [bought]}\nschedule: {start: 2026-01-05, end: 2026-01-11}\n")
	e := p.Experiments[0]
	path := filepath.Join(t.TempDir(), "lifecycle.jsonl")
	log := &experiment.Log{}
	at := e.Schedule.Start.Add(-12 * time.Hour)
	for _, step := range []struct {
		request experiment.Request
		lost    string
	}{
		{experiment.Request{Action: experiment.ActionSchedule}, "Scheduled"},
		{experiment.Request{Action: experiment.ActionStart}, ""},
		{experiment.Request{Action: experiment.ActionStopVariant, Variant: "huge", Why: "slow"}, "without huge, which was stopped"},
		{experiment.Request{Action: experiment.ActionStop, Why: "enough"}, ""},
		{experiment.Request{Action: experiment.ActionDecide, Variant: "big", Why: "better"}, "decided for big"},
		{experiment.Request{Action: experiment.ActionArchive}, "archived"},
	} {
		before, err := experiment.ReadLog(path)
		if err != nil {
			t.Fatal(err)
		}
		step.request.By, step.request.At = "ana", at
		at = at.Add(time.Hour)
		entry, err := experiment.Move(e, log.State(e), step.request)
		if err == nil {
			err = log.Append(path, entry)
		}
		if err != nil {
			t.Fatal(err)
		}
		published := experiment.NewPublished(p, log, nil, at)
		if len(published.Experiments) == 0 {
			t.Fatalf("%s: nothing published", step.request.Action)
		}
		if got := lostOf(before, &published.Experiments[0]); got != step.lost {
			t.Errorf("the log before %s: lost %q, want %q", step.request.Action, got, step.lost)
		}
		if got := lostOf(log, &published.Experiments[0]); got != "" {
			t.Errorf("the log after %s: lost %q", step.request.Action, got)
		}
	}
}

// Transitions that could not be logged were not made, and nobody is told of them.
func TestTransitionsNotLogged(t *testing.T) {
	p := buttonProject(t, "organization: a\nproject: b\ndata: {exposures: {path: e}, conversions: {path: c}}\n",
		"name: button\nvariants: {control: {traffic: 50}, big: {traffic: 50}}\n"+
			"schedule: {start: 2026-01-05, end: 2026-01-11}\n")
	e := p.Experiments[0]
	state, log := t.TempDir(), &experiment.Log{}
	entry, err := experiment.Move(e, log.State(e), experiment.Request{Action: experiment.ActionSchedule, At: e.Schedule.Start.Add(-time.Hour), By: "ana"})
	if err == nil {
		err = log.Append(LifecyclePath(state), entry)
	}
	if err != nil {
		t.Fatal(err)
	}
	file := LifecyclePath(state) // below a file there can be no log
	if made, err := Advance(p, log, file, e.Schedule.Start); err == nil || len(made) != 0 {
		t.Errorf("%d transitions are told of, error %v", len(made), err)
	}
	if made, err := Advance(p, log, state, e.Schedule.Start); err != nil || len(made) != 1 {
		t.Errorf("%d transitions, error %v, want the start", len(made), err)
	}
}
