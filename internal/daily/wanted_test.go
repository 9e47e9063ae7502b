package daily

import (
	"reflect"
	"testing"
	"time"

	"readout/experiment"
)

// Active are just those days for which there is no reason to be idle, wherever the end was moved.
func TestActiveDays(t *testing.T) {
	p := buttonProject(t, "organization: a\nproject: b\ntimezone: Europe/Berlin\ndata: {exposures: {path: e}, conversions: {path: c}}\nmetrics: {bought: {event: buy, window: 36h}}\n",
		"name: button\nvariants: {control: {traffic: 50}, big: {traffic: 50}}\n"+
			"scorecard: {primary: [bought]}\nschedule: {start: 2026-03-02, end: 2026-03-15}\n")
	e := p.Experiments[0]
	day := func(n int) time.Time { return e.Schedule.Start.AddDate(0, 0, n).Add(5 * time.Hour) }
	f := func(active int, moves ...experiment.Request) {
		t.Helper()
		state, log := t.TempDir(), &experiment.Log{}
		for _, move := range append([]experiment.Request{{Action: experiment.ActionSchedule, At: day(-1)}}, moves...) {
			_, err := Advance(p, log, state, move.At)
			var entry experiment.Entry
			if err == nil {
				move.By, move.Why = "ana", "test"
				entry, err = experiment.Move(e, log.State(e), move)
			}
			if err == nil {
				err = log.Append(LifecyclePath(state), entry)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		x := task{subject: subject{experiment: e}, state: log.State(e)}
		x.start, x.end = x.state.Start, x.state.End
		last := DayOf(day(100), p.Location)
		var want []Day
		for _, d := range days(x.start, last, p.Location) {
			if x.idle(d) == "" {
				want = append(want, d)
			}
		}
		got := x.activeDays(last, p.Location)
		if !reflect.DeepEqual(got, want) || len(got) != active {
			t.Errorf("active on %d days, want %d, by their reasons to be idle %d", len(got), active, len(want))
		}
	}
	stop := experiment.Request{Action: experiment.ActionStop, At: day(4)}
	extend := func(at, until int) experiment.Request {
		return experiment.Request{Action: experiment.ActionExtend, At: day(at), Until: day(until)}
	}
	f(16)                         // two weeks and the window
	f(6, stop)                    // the window ends on the second day after the stop
	f(22, extend(10, 20))         // it never was over
	f(16+3, extend(20, 21))       // over for some days
	f(6+12, stop, extend(10, 20)) // stopped for some days
	f(13, extend(5, 11))          // ends earlier than planned
}
