package analysis

import "testing"

// Rows that come after a day was tested change its numbers, not its look: what was tested is
// kept beside them, and p-value and verdict stay those of the test.
func TestLateRowsKeepWhatWasTested(t *testing.T) {
	control, big := newStream(10, 4, 1), newStream(10.9, 4, 2)
	in := testInput(testExperiment(), 14)
	for range 9 {
		in.addDay(control.more(100), big.more(100))
		_, added, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, added...)
	}
	before, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	was := first(before)
	if was.AsTested != nil || !was.Significant {
		t.Fatalf("nothing was late: as tested %+v, significant %v", was.AsTested, was.Significant)
	}

	late := newStream(0, 4, 3)
	for i := range in.today().Metrics {
		arm := &in.today().Metrics[i][0][1]
		arm.Moments = arm.Moments.Clone()
		arm.Moments.Merge(late.more(400))
	}
	after, added, err := Analyze(in)
	if err != nil || len(added) != 0 {
		t.Fatalf("%d looks, %v", len(added), err)
	}
	is := first(after)
	if is.Effect == was.Effect || is.P != was.P || is.Verdict != was.Verdict || is.Z != was.Z {
		t.Errorf("effect %v was %v, p %v was %v, verdict %s was %s", is.Effect, was.Effect, is.P, was.P, is.Verdict, was.Verdict)
	}
	if is.AsTested == nil || is.AsTested.Effect != was.Effect.Value || is.AsTested.Lo != was.Lo || is.AsTested.Lift != was.Lift || is.AsTested.P != was.P {
		t.Errorf("as tested %+v, was %+v", is.AsTested, was)
	}

	// Numbers that cannot be computed any more do not take what was tested away.
	for i := range in.today().Metrics {
		in.today().Metrics[i][0][1].Moments.N = 0
	}
	gone, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	if is := first(gone); is.AsTested == nil || is.AsTested.Effect != was.Effect.Value {
		t.Errorf("without users: as tested %+v", is.AsTested)
	}
}

// What other files of the same rows may make of the last bits is no change; more is.
func TestLookChanged(t *testing.T) {
	look := Look{Effect: 0.5, SE: 0.1}
	for _, c := range []struct {
		now  effect
		want bool
	}{
		{effect{value: 0.5, se: 0.1}, false},
		{effect{value: 0.5 + 1e-11, se: 0.1 - 1e-11}, false},
		{effect{value: 0.5 - 1e-8, se: 0.1}, true},
		{effect{value: 0.5 + 1e-8, se: 0.1}, true},
		{effect{value: 0.5, se: 0.1 - 1e-8}, true},
		{effect{value: 0.5, se: 0.1 + 1e-8}, true},
	} {
		if got := look.changed(c.now); got != c.want {
			t.Errorf("%v ± %v: changed %v", c.now.value, c.now.se, got)
		}
	}
}
