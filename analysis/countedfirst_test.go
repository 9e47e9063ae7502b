package analysis

import (
	"testing"

	"readout/experiment"
)

// TestCountedFirst: what stands beside an uneven exclusion is what a scorecard that counts
// everybody in the variant seen first says, at the same boundary, and no look is made of it.
func TestCountedFirst(t *testing.T) {
	fixed := testExperiment()
	fixed.Statistics.Method = experiment.MethodFixed
	in := testInput(fixed, 1)
	in.addDay(newStream(10, 4, 1).more(2000), newStream(10.8, 4, 2).more(2000))
	in.Days[0].Several = []int64{90, 10}
	card, looks, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	if !card.LeavingOutBiases() {
		t.Fatalf("no alarm: %+v", card.Checks)
	}
	everybody := *fixed
	everybody.SeveralVariants = experiment.SeveralFirst
	first := testInput(&everybody, 1)
	first.addDay(newStream(10, 4, 3).more(2090), newStream(10.8, 4, 4).more(2010))
	first.Days[0].Several = []int64{90, 10}
	if err := AddCountedFirst(&card, in, first.Days[0]); err != nil {
		t.Fatal(err)
	}
	other, _, err := Analyze(first)
	if err != nil {
		t.Fatal(err)
	}
	want := other.Metrics[0].Comparisons[0]
	got := card.Metrics[0].Comparisons[0].CountedFirst
	if got.Effect != want.Effect || got.Lo != want.Lo || got.Hi != want.Hi || got.Lift != want.Lift || got.LiftLo != want.LiftLo || got.LiftHi != want.LiftHi {
		t.Errorf("%+v, want %+v", got, want)
	}
	if !got.Lo.ok || !got.LiftHi.ok || len(looks) != 1 || other.LeavingOutBiases() {
		t.Errorf("%+v, %d looks, alarm under first %v", got, len(looks), other.LeavingOutBiases())
	}
	first.Days[0].Metrics[0][0][1] = Arm{Moments: set(1)}
	if err := AddCountedFirst(&card, in, first.Days[0]); err != nil {
		t.Fatal(err)
	}
	if got := card.Metrics[0].Comparisons[0].CountedFirst; got.Reason == "" || got.Effect.Value.ok {
		t.Errorf("one user: %+v", got)
	}
}
