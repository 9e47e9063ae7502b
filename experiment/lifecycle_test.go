package experiment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// checkout is an experiment that is to run through January 2026 in Berlin.
func checkout(t testing.TB) *Experiment {
	t.Helper()
	p := loadFiles(t, filepath.Join("testdata", "lifecycle.txtar"))
	e, ok := p.Experiment("checkout")
	if !ok {
		t.Fatal("no experiment checkout")
	}
	return e
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// A life plays the lifecycle of one experiment over a log on disk.
type life struct {
	t    testing.TB
	e    *Experiment
	path string
	log  *Log
}

func newLife(t testing.TB) *life {
	path := filepath.Join(t.TempDir(), "state", "lifecycle.jsonl")
	log, err := ReadLog(path)
	if err != nil {
		t.Fatal(err)
	}
	return &life{t, checkout(t), path, log}
}

func (l *life) state() State { return l.log.State(l.e) }

// tick logs what is due at a time.
func (l *life) tick(now string) {
	l.t.Helper()
	if err := l.log.Append(l.path, l.state().Due(at(l.t, now))...); err != nil {
		l.t.Fatal(err)
	}
}

// move makes a move and checks the status after it.
func (l *life) move(r Request, now string, want Status) {
	l.t.Helper()
	r.At, r.By = at(l.t, now), "ann"
	entry, err := Move(l.e, l.state(), r)
	if err == nil {
		err = l.log.Append(l.path, entry)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	l.is(want)
}

// refuse makes a move that must be refused and leave no trace.
func (l *life) refuse(r Request, now, want string) {
	l.t.Helper()
	before := l.state()
	r.At, r.By = at(l.t, now), "ann"
	_, err := Move(l.e, before, r)
	if err == nil || err.Error() != want {
		l.t.Errorf("%s: error %v, want %s", r.Action, err, want)
	}
}

func (l *life) is(want Status) {
	l.t.Helper()
	if got := l.state().Status; got != want {
		l.t.Fatalf("status %s, want %s", got, want)
	}
}

// TestScheduledLife runs by itself from its start to its end, whatever the
// hour at which somebody looks.
func TestScheduledLife(t *testing.T) {
	l := newLife(t)
	l.is(Draft)
	l.tick("2026-01-10T00:00:00Z")
	l.is(Draft) // a start in YAML schedules nothing

	l.move(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z", Scheduled)
	l.tick("2026-01-04T22:59:59Z")
	l.is(Scheduled)
	if due := l.state().Due(at(t, "2026-01-04T23:00:00Z")); len(due) != 1 || due[0].To != Running {
		t.Errorf("due at the start itself: %+v", due)
	}
	l.tick("2026-01-07T03:30:00Z")
	l.is(Running)
	l.tick("2026-02-01T22:59:59Z")
	l.is(Running)
	l.tick("2026-02-01T23:00:00Z")
	l.is(ReadyForReview)
	l.tick("2026-03-01T00:00:00Z")
	l.is(ReadyForReview) // only a decision completes it

	entries := l.log.Entries("checkout")
	if len(entries) != 3 {
		t.Fatalf("%d entries, want 3", len(entries))
	}
	// Automatic transitions carry the scheduled instant, not the run's time.
	for i, want := range []string{"2026-01-02T08:00:00Z", "2026-01-04T23:00:00Z", "2026-02-01T23:00:00Z"} {
		if got := entries[i].At.Format(time.RFC3339); got != want {
			t.Errorf("entry %d at %s, want %s", i, got, want)
		}
	}
	l.move(Request{Action: ActionDecide, Variant: "big", Why: "sells more"}, "2026-02-03T10:00:00Z", Completed)
	l.move(Request{Action: ActionArchive}, "2026-02-04T10:00:00Z", Completed)
	if s := l.state(); !s.Archived || s.Decision.Variant != "big" || s.Decision.By != "ann" {
		t.Errorf("state %+v", s)
	}
	l.refuse(Request{Action: ActionArchive}, "2026-02-04T11:00:00Z",
		"checkout is archived, archive needs Completed; nothing is allowed any more")
}

// TestBothDue makes both transitions when nobody looked between start and end.
func TestBothDue(t *testing.T) {
	l := newLife(t)
	l.move(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z", Scheduled)
	due := l.state().Due(at(t, "2026-05-01T00:00:00Z"))
	if len(due) != 2 || due[0].To != Running || due[1].To != ReadyForReview || due[1].From != Running {
		t.Fatalf("due %+v", due)
	}
	l.tick("2026-05-01T00:00:00Z")
	l.is(ReadyForReview)
	if left := l.state().Due(at(t, "2026-05-01T00:00:00Z")); left != nil {
		t.Errorf("still due: %+v", left)
	}
}

func TestIllegalMoves(t *testing.T) {
	l := newLife(t)
	f := func(r Request, want string) {
		t.Helper()
		l.refuse(r, "2026-01-02T08:00:00Z", want)
	}
	f(Request{Action: ActionStop, Why: "harm"},
		"checkout is Draft, stop needs Running; allowed now: schedule, start")
	f(Request{Action: ActionDecide, Variant: "big"},
		"checkout is Draft, decide needs Ready for review; allowed now: schedule, start")
	f(Request{Action: ActionExtend},
		"checkout is Draft, extend needs Running or Ready for review; allowed now: schedule, start")
	f(Request{Action: ActionBegin}, `unknown move "begin": allowed now: schedule, start`)
	f(Request{Action: "fly"}, `unknown move "fly": allowed now: schedule, start`)
	l.refuse(Request{Action: ActionStart}, "2026-02-02T00:00:00Z",
		"start checkout: its end 2026-02-02T00:00:00+01:00 is not after now: move schedule.end first")

	l.move(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z", Scheduled)
	f(Request{Action: ActionSchedule}, "checkout is Scheduled, schedule needs Draft; allowed now: schedule --cancel, start")
	l.move(Request{Action: ActionCancel}, "2026-01-02T09:00:00Z", Draft)
	l.move(Request{Action: ActionStart}, "2026-01-03T09:00:00Z", Running)
	if s := l.state(); !s.Start.Equal(at(t, "2026-01-03T09:00:00Z")) || !s.End.Equal(at(t, "2026-02-01T23:00:00Z")) {
		t.Errorf("start %s, end %s", s.Start, s.End)
	}

	l.refuse(Request{Action: ActionStop, Why: "harm"}, "2026-01-03T09:00:00Z",
		"stop checkout: now is 2026-01-03T10:00:00+01:00 by the clock, and it started 2026-01-03T10:00:00+01:00: set the clock right")

	g := func(r Request, want string) {
		t.Helper()
		l.refuse(r, "2026-01-10T00:00:00Z", want)
	}
	g(Request{Action: ActionStop}, "stop checkout: say why: an early winner, futility, harm")
	g(Request{Action: ActionStopVariant, Variant: "control"}, "stop-variant checkout: control cannot be stopped: stop the experiment instead")
	g(Request{Action: ActionStopVariant, Variant: "bgi"},
		`stop-variant checkout: unknown variant "bgi", did you mean "big"?; known: control, big, bigger`)
	g(Request{Action: ActionExtend, Until: at(t, "2026-01-09T00:00:00Z")},
		"extend checkout: the new end 2026-01-09T01:00:00+01:00 is not after now")
	l.move(Request{Action: ActionStopVariant, Variant: "big", Why: "crashes"}, "2026-01-10T00:00:00Z", Running)
	g(Request{Action: ActionStopVariant, Variant: "big"}, "variant big is stopped already")
	g(Request{Action: ActionStopVariant, Variant: "bigger"},
		"stop-variant checkout: bigger is the last variant beside control: stop the experiment instead")
	l.refuse(Request{Action: ActionStop, Why: "late"}, "2026-03-01T00:00:00Z",
		"stop checkout: the transition to Ready for review is due and not logged yet")

	l.move(Request{Action: ActionStop, Why: "futility"}, "2026-01-20T00:00:00Z", ReadyForReview)
	l.refuse(Request{Action: ActionDecide, Variant: "big", Why: "x"}, "2026-01-21T00:00:00Z",
		"decide checkout: variant big was stopped on 2026-01-10T01:00:00+01:00: decide for another one")
	l.refuse(Request{Action: ActionDecide, Variant: "control"}, "2026-01-21T00:00:00Z", "decide checkout: say why")
	if _, err := Move(l.e, l.state(), Request{Action: ActionDecide, At: at(t, "2026-01-21T00:00:00Z")}); err == nil {
		t.Error("a move without a name was allowed")
	}
}

// TestScheduleNeedsStart refuses to schedule what has an end only.
func TestScheduleNeedsStart(t *testing.T) {
	l := newLife(t)
	l.e.Schedule.Start = time.Time{}
	l.refuse(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z",
		"schedule checkout: its schedule has no start: add one, or start it now")
	l.move(Request{Action: ActionStart}, "2026-01-02T08:00:00Z", Running)
}

// TestGroupsBeginInOrder refuses to schedule one of an exclusion group from a time that has
// passed: it would move the ranges of those that began since.
func TestGroupsBeginInOrder(t *testing.T) {
	l := newLife(t)
	l.e.Exclusion = &Exclusion{Group: "checkout", Share: Whole / 2}
	after := l.e.Schedule.Start.Add(time.Hour).UTC().Format(time.RFC3339)
	l.refuse(Request{Action: ActionSchedule}, after, "schedule checkout: its start "+l.e.stamp(l.e.Schedule.Start)+
		` has passed, and those of exclusion group "checkout" that began since would share users with it: move schedule.start, or start it now`)
	l.move(Request{Action: ActionStart}, after, Running)
}

// TestEnds follows the end through a stop and extensions, as it was known then.
func TestEnds(t *testing.T) {
	l := newLife(t)
	l.move(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z", Scheduled)
	l.tick("2026-01-05T00:00:00Z")
	l.move(Request{Action: ActionStop, Why: "looks good"}, "2026-01-20T00:00:00Z", ReadyForReview)
	if s := l.state(); s.StopReason != "looks good" || !s.PlannedEnd().Equal(at(t, "2026-02-01T23:00:00Z")) {
		t.Errorf("stop reason %q, planned end %s", s.StopReason, s.PlannedEnd())
	}
	// Back to an end before the planned one: alpha is still spent on the first timeline.
	l.move(Request{Action: ActionExtend, Until: at(t, "2026-01-25T00:00:00Z")}, "2026-01-22T00:00:00Z", Running)
	l.move(Request{Action: ActionExtend, Until: at(t, "2026-02-10T00:00:00Z")}, "2026-01-23T00:00:00Z", Running)
	l.tick("2026-02-11T00:00:00Z")
	l.is(ReadyForReview)
	l.move(Request{Action: ActionExtend, Until: at(t, "2026-03-01T00:00:00Z")}, "2026-02-12T00:00:00Z", Running)

	s := l.state()
	want := []Extension{
		{at(t, "2026-01-23T00:00:00Z"), at(t, "2026-02-01T23:00:00Z"), at(t, "2026-02-10T00:00:00Z"), at(t, "2026-01-25T00:00:00Z")},
		{at(t, "2026-02-12T00:00:00Z"), at(t, "2026-02-10T00:00:00Z"), at(t, "2026-03-01T00:00:00Z"), at(t, "2026-02-10T00:00:00Z")},
	}
	if diff := cmp.Diff(want, s.Extensions); diff != "" {
		t.Errorf("extensions (-want +got):\n%s", diff)
	}
	if want := at(t, "2026-01-22T00:00:00Z"); !s.Resumed.Equal(want) {
		t.Errorf("went on at %s after it was over, want %s", s.Resumed, want)
	}
	for text, want := range map[string]Status{
		"2026-01-01T00:00:00Z": Scheduled,
		"2026-01-04T23:00:00Z": Running,
		"2026-01-19T00:00:00Z": Running,
		"2026-01-20T00:00:00Z": ReadyForReview,
		"2026-01-22T00:00:00Z": Running,
		"2026-02-09T00:00:00Z": Running,
		"2026-02-10T00:00:00Z": ReadyForReview,
		"2026-02-20T00:00:00Z": Running,
		"2026-03-01T00:00:00Z": ReadyForReview,
	} {
		if got := s.At(at(t, text)); got != want {
			t.Errorf("at %s %s, want %s", text, got, want)
		}
	}
	if got := s.EndAt(at(t, "2026-01-10T00:00:00Z")); !got.Equal(at(t, "2026-02-01T23:00:00Z")) {
		t.Errorf("end known on 10 January: %s", got)
	}
	if s.StopReason != "" {
		t.Errorf("stop reason %q after an extension", s.StopReason)
	}
}

// TestReplayOfThePast gives the status of each day to an experiment that was
// scheduled after it was over.
func TestReplayOfThePast(t *testing.T) {
	l := newLife(t)
	l.move(Request{Action: ActionSchedule}, "2026-09-01T00:00:00Z", Scheduled)
	s := l.state()
	if s.At(at(t, "2026-01-10T00:00:00Z")) != Running || s.At(at(t, "2026-02-02T00:00:00Z")) != ReadyForReview {
		t.Errorf("state %+v", s)
	}
	l.tick("2026-02-02T00:00:00Z")
	l.is(ReadyForReview)
}

// TestLogRoundTrip reads back what was written, whatever was written.
func TestLogRoundTrip(t *testing.T) {
	actions := []Action{ActionSchedule, ActionCancel, ActionStart, ActionStop, ActionExtend, ActionStopVariant, ActionDecide, ActionArchive}
	base := at(t, "2026-01-01T00:00:00Z")
	e := checkout(t)
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		path := filepath.Join(dir, "log", strings.Repeat("x", run%7), "lifecycle.jsonl")
		_ = os.Remove(path)
		log := &Log{}
		now := base
		for range rapid.IntRange(1, 30).Draw(t, "moves") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour)
			if err := log.Append(path, log.State(e).Due(now)...); err != nil {
				t.Fatal(err)
			}
			entry, err := Move(e, log.State(e), Request{
				Action: rapid.SampledFrom(actions).Draw(t, "action"), At: now, By: "ann",
				Why:     rapid.String().Draw(t, "why"),
				Until:   now.Add(time.Duration(rapid.IntRange(-5, 400).Draw(t, "until")) * time.Hour),
				Variant: rapid.SampledFrom([]string{"control", "big", "bigger"}).Draw(t, "variant"),
			})
			if err != nil || rapid.IntRange(0, 4).Draw(t, "thinks better of it") == 0 {
				continue
			}
			if err := log.Append(path, entry); err != nil {
				t.Fatal(err)
			}
		}
		read, err := ReadLog(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(log.Entries("checkout"), read.Entries("checkout"), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("entries (-written +read):\n%s", diff)
		}
		if diff := cmp.Diff(log.State(e), read.State(e), cmp.AllowUnexported(State{}, endFact{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("state (-written +read):\n%s", diff)
		}
	})
}

// TestLongLog holds that a log costs as much a line as it gets longer: copies of what came before
// would make it several times as much here.
func TestLongLog(t *testing.T) {
	allocated := func(lines int) uint64 {
		log := []byte(`{"experiment":"a","at":"2026-01-01T00:00:00Z","action":"start","from":"Draft","to":"Running","start":"2026-01-01T00:00:00Z","end":"2026-02-01T00:00:00Z","by":"ann"}` + "\n")
		for i := range lines {
			end := at(t, "2026-02-01T00:00:01Z").Add(time.Duration(i) * time.Second).Format(time.RFC3339)
			log = fmt.Appendf(log, `{"experiment":"a","at":"2026-01-02T00:00:00Z","action":"extend","from":"Running","to":"Running","end":"%s","by":"ann"}`+"\n", end)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		read, err := ParseLog("lifecycle.jsonl", log)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(read.states["a"].Extensions); n != lines {
			t.Fatalf("%d extensions, want %d", n, lines)
		}
		return (after.TotalAlloc - before.TotalAlloc) / uint64(lines)
	}
	if few, many := allocated(50), allocated(500); many > 2*few {
		t.Errorf("%d bytes a line in a log of 50, %d in one of 500", few, many)
	}
}

func TestLogFaults(t *testing.T) {
	const schedule = `{"experiment":"a","at":"2026-01-01T00:00:00Z","action":"schedule","from":"Draft","to":"Scheduled","start":"2026-01-05T00:00:00Z","end":"2026-02-01T00:00:00Z","by":"ann"}` + "\n"
	f := func(data, want string) {
		t.Helper()
		_, err := ParseLog("lifecycle.jsonl", []byte(data))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s\nerror %s\nwant  %s", data, got, want)
		}
	}
	f("", "")
	f(schedule, "")
	f(schedule+`{"experiment":"a","at":`, "") // cut by a crash
	f(schedule+"\n", "lifecycle.jsonl:2: not an entry of the lifecycle log: EOF")
	f(schedule+"{}\n", `lifecycle.jsonl:2: experiment "": allowed are letters a to z, digits, - and _, with a letter or digit first`)
	f(schedule+`{"experiment":"../a\u001b"}`+"\n", `lifecycle.jsonl:2: experiment "../a\x1b": allowed are letters a to z, digits, - and _, with a letter or digit first`)
	f(schedule+`{"experiment":"a"}`+"\n", `lifecycle.jsonl:2: unknown action ""`)
	f(schedule+schedule, "lifecycle.jsonl:2: a is Scheduled, schedule needs Draft; allowed now: schedule --cancel, start")
	f(schedule+"{} {}\n", "lifecycle.jsonl:2: not an entry of the lifecycle log: text after the entry")
	f(strings.Replace(schedule, `"by"`, `"bye"`, 1), `lifecycle.jsonl:1: not an entry of the lifecycle log: json: unknown field "bye"`)
	f(strings.Replace(schedule, `"by":"ann"`, `"by":""`, 1), "lifecycle.jsonl:1: schedule lacks experiment, at or by")
	f(strings.Replace(schedule, `"to":"Scheduled"`, `"to":"Running"`, 1),
		`lifecycle.jsonl:1: schedule of a goes from Draft to Scheduled, found "Draft" to "Running"`)
	const begin = `{"experiment":"a","at":"2026-01-05T00:00:00Z","action":"begin","from":"Scheduled","to":"Running","by":"readout"}` + "\n"
	const stop = `{"experiment":"a","at":"2026-03-01T00:00:00Z","action":"stop","from":"Running","to":"Ready for review","end":"2026-03-01T00:00:00Z","by":"ann"}` + "\n"
	f(schedule+begin+stop, "lifecycle.jsonl:3: stop needs an end between the start and the end before")
	f(schedule+begin+strings.ReplaceAll(stop, "2026-03-01", "2026-01-20"), "")
	f(schedule+begin+strings.ReplaceAll(stop, "2026-03-01", "2026-01-05"), "lifecycle.jsonl:3: stop needs an end between the start and the end before")
	extend := strings.ReplaceAll(strings.Replace(stop, `"stop"`, `"extend"`, 1), "Ready for review", "Running")
	f(schedule+begin+extend, "")
	f(schedule+begin+strings.ReplaceAll(extend, "2026-03-01", "2026-01-05"), "lifecycle.jsonl:3: extend needs an end after the start")
	f(strings.Replace(schedule, "2026-02-01", "2025-02-01", 1), "lifecycle.jsonl:1: schedule needs a start and a later end")

	var located Error
	if _, err := ParseLog("l", []byte("x\n")); !errors.As(err, &located) || located.Line != 1 {
		t.Errorf("error %v has no line", err)
	}
}

// TestAppendAfterCrash drops the line that a crash has cut.
func TestAppendAfterCrash(t *testing.T) {
	l := newLife(t)
	l.move(Request{Action: ActionSchedule}, "2026-01-02T08:00:00Z", Scheduled)
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"experiment":"check`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if l.log, err = ReadLog(l.path); err != nil {
		t.Fatal(err)
	}
	l.is(Scheduled)
	l.tick("2026-01-05T00:00:00Z")
	if l.log, err = ReadLog(l.path); err != nil {
		t.Fatal(err)
	}
	l.is(Running)
}

// TestAppendAllOrNothing writes no entry when one of several is illegal.
func TestAppendAllOrNothing(t *testing.T) {
	l := newLife(t)
	entry, err := Move(l.e, l.state(), Request{Action: ActionSchedule, At: at(t, "2026-01-02T08:00:00Z"), By: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.log.Append(l.path, entry, entry); err == nil {
		t.Error("the same move twice was allowed")
	}
	l.is(Draft)
	if _, err := os.Stat(l.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("log exists: %v", err)
	}
}

// FuzzParseLog reads any bytes as a log: an error with a place, or lines of JSON with states of known
// statuses, which are the same when they are written again.
func FuzzParseLog(f *testing.F) {
	f.Add([]byte(`{"experiment":"a","at":"2026-01-01T00:00:00Z","action":"start","from":"Draft","to":"Running","start":"2026-01-05T00:00:00Z","end":"2026-02-01T00:00:00Z","by":"ann"}` + "\n"))
	f.Add([]byte(`{"experiment":"a","action":"end","from":"Running","to":"Ready for review"}` + "\n"))
	f.Add([]byte("\n\n"))
	_, whole := publishedProject(f)
	data := logLines(f, whole)
	f.Add(data)
	f.Add(bytes.Replace(data, []byte("\n"), []byte("}\n"), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		log, err := ParseLog("log", data)
		if err != nil {
			var located Error
			if !errors.As(err, &located) || located.Line < 1 {
				t.Fatalf("error without a line: %v", err)
			}
			return
		}
		lines := bytes.Split(data, []byte("\n"))
		for _, line := range lines[:len(lines)-1] {
			if !json.Valid(line) {
				t.Fatalf("what is no JSON was read: %q", line)
			}
		}
		for _, name := range log.Experiments() {
			s := log.recorded(name)
			if s.Status != Draft && (s.Start.IsZero() || s.End.IsZero()) {
				t.Errorf("state %+v lacks its facts", s)
			}
		}
		written := logLines(t, log)
		again, err := ParseLog("log", written)
		if err != nil {
			t.Fatalf("written and not readable: %v", err)
		}
		if twice := logLines(t, again); !bytes.Equal(written, twice) {
			t.Errorf("%s was read as %s", written, twice)
		}
	})
}

// logLines returns the lines of a log.
func logLines(t testing.TB, log *Log) []byte {
	t.Helper()
	var out []byte
	for _, entry := range log.entries {
		line, err := json.Marshal(entry)
		if err != nil {
			t.Fatal(err)
		}
		out = append(append(out, line...), '\n')
	}
	return out
}
