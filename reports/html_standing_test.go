package reports

import (
	"slices"
	"testing"

	"readout/experiment"
)

// TestFirstNumberIsPromisedOnce: a page without a scorecard says when the first number comes, as long
// as it is to come, and of what is decided or archived what was said of it.
func TestFirstNumberIsPromisedOnce(t *testing.T) {
	f := func(at string, status experiment.Status, archived bool, sentence string, notes ...string) {
		t.Helper()
		state := stateSample(status)
		state.Archived = archived
		s := site(Page{Experiment: "checkout-button", Definition: definitionSample(), State: state})
		s.At = day(at)
		s.Pages[0].Definition.Scorecard.Guardrails = nil // a quantile without a window: its first number is the first day's
		got := s.advice(&s.Pages[0], s.standing(&s.Pages[0]))
		if got.Sentence != sentence || !slices.Equal(got.Notes, notes) {
			t.Errorf("%s, %s: %q with notes %q", at, status, got.Sentence, got.Notes)
		}
	}
	const first = "First number with the data of 2026-01-12, when the time window of the first users is over."
	f("2026-01-11", experiment.Running, false, pageRunning, first)
	f("2026-01-12", experiment.Running, false, pageRunning)
	f("2026-02-20", experiment.ReadyForReview, false, pageEnded)
	const completed, why = "Decided on 2026-02-10: everybody gets big.", "Reason: it sells <more> (ana)."
	f("2026-02-20", experiment.Completed, false, completed, why)
	f("2026-02-20", experiment.Completed, true, completed, why, pageArchived)
}
