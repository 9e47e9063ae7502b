package daily

import (
	"slices"
	"testing"

	"readout/experiment"
)

// Of experiments that wait since an earlier step the last one notes which files have changed, too.
func TestWaitingSinceAnEarlierStep(t *testing.T) {
	named := func(name string, watched bool) task {
		return task{subject: subject{experiment: &experiment.Experiment{Name: name}}, watched: watched}
	}
	s := step{
		tasks:  []task{named("old", true), named("new", false), named("other", true)},
		absent: []string{"faulty"},
	}
	u := unread{names: []string{"old", "new"}}
	u.leave(&s)
	if len(s.tasks) != 1 || s.tasks[0].experiment.Name != "other" {
		t.Errorf("the step goes on with %d experiments, want other alone", len(s.tasks))
	}
	if want := []string{"faulty", "old"}; !slices.Equal(s.absent, want) {
		t.Errorf("absent are %q, want %q", s.absent, want)
	}
}
