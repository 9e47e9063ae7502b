package daily

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"readout/experiment"
)

// The days of a run are made some weeks at a time, each once, and only of experiments that
// want them.
func TestSteps(t *testing.T) {
	day := func(date string) Day {
		d, err := ParseDay(date, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	span := func(name, from, to string) task {
		x := task{subject: subject{experiment: &experiment.Experiment{Name: name}, start: day(from).Start}, days: map[string]bool{}}
		for _, d := range days(day(from).Start, day(to), time.UTC) {
			x.days[d.Date] = true
		}
		return x
	}
	f := func(last string, want []string, tasks ...task) {
		t.Helper()
		found, err := steps(tasks, day(last), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range found {
			text := s.last.Date
			for _, x := range s.tasks {
				text += fmt.Sprintf(" %s:%d", x.experiment.Name, len(x.days))
			}
			got = append(got, text)
		}
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("steps: %q, want %q", got, want)
		}
	}
	f("2026-03-31", nil)
	f("2026-03-31", []string{"2026-03-31 a:90 b:1"}, span("a", "2026-01-01", "2026-03-31"), span("b", "2026-03-31", "2026-03-31"))
	// Some that were over long ago, one since, and one of years.
	f("2026-03-31", []string{"2022-01-28 old:5 long:28", "2022-02-25 long:3", "2026-03-31 new:9"},
		span("old", "2022-01-01", "2022-01-05"), span("long", "2022-01-01", "2022-01-31"), span("new", "2026-03-23", "2026-03-31"))
	f("2026-03-31", []string{"2020-01-28 old:28", "2026-03-30 new:28", "2026-03-31 new:1 last:1"},
		span("old", "2020-01-01", "2020-01-28"), span("new", "2026-03-03", "2026-03-31"), span("last", "2026-03-31", "2026-03-31"))
	// One whose scorecards follow their files comes to the last step, which goes through the last day.
	watched := span("watched", "2026-03-01", "2026-02-28")
	watched.watched = true
	f("2026-03-31", []string{"2026-03-31 watched:0"}, watched)
	f("2036-03-31", []string{"2036-03-31 watched:0"}, watched)
	f("2026-03-31", []string{"2020-01-28 old:28", "2026-03-31 new:9 watched:0"},
		span("old", "2020-01-01", "2020-01-28"), span("new", "2026-03-11", "2026-03-19"), watched)
}
