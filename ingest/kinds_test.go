package ingest

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"readout/experiment"
)

// filtered asks for purchases by plan, and has rows of more plans and amounts than kinds.
func filtered() (Query, *fakeData) {
	q, d := small()
	only := func(name, plan string) Metric {
		where := []experiment.Filter{{Column: "plan", Operator: experiment.OpStartsWith, Values: []experiment.Scalar{{Kind: experiment.ScalarText, Text: plan}}}}
		return Metric{Name: name, Value: Column{Event: "buy", Aggregate: Count, Where: where}}
	}
	large := []experiment.Filter{{Column: "amount", Operator: experiment.OpAtLeast, Values: []experiment.Scalar{{Kind: experiment.ScalarNumber, Text: "3"}}}}
	q.Experiments[0].Metrics = []Metric{
		only("p", "p"), only("pr", "pr"), only("b", "b"),
		{Name: "large", Value: Column{Event: "view", Aggregate: Count, Where: large}},
	}
	d.conversions = nil
	for i := range 3 {
		var f fakeFile
		for j, plan := range []string{"pro", "plus", "basic", "none", "", "pro"} {
			row := fakeRow{user: "u", event: "buy", time: microseconds(testStart), plan: plan, amount: float64((i + j) % 6)}
			view := row
			view.event = "view"
			f = append(f, []fakeRow{row, view, row})
		}
		d.conversions = append(d.conversions, f)
	}
	return q, d
}

// A worker that has met more rows of different classes than it remembers forgets them all, and
// finds the same kinds again.
func TestForgottenKindsAreFoundAgain(t *testing.T) {
	q, d := filtered()
	want, err := runFake(t.Context(), q, d, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Two events, three kinds of purchases and one of views; the classes of plan and amount are more.
	d.kinds = 6
	for _, workers := range []int{1, 3} {
		got, err := runFake(t.Context(), q, d, workers, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := unlike(want, got); diff != "" {
			t.Errorf("%d workers (- all remembered, + some forgotten):\n%s", workers, diff)
		}
	}
	if n := want.Experiments[0].Looks[0].Metrics[1][0][0].Moments.Mean[0]; n != 12 {
		t.Errorf("%v purchases of a plan, want 12", n)
	}
}

func TestTooManyKindsAreAnError(t *testing.T) {
	q, d := filtered()
	d.kinds = 5
	want := "the filters of metrics tell more than 5 kinds of rows apart: use fewer different ones on the same event"
	for _, workers := range []int{1, 3} {
		if _, err := runFake(t.Context(), q, d, workers, nil); err == nil || !strings.HasPrefix(err.Error(), "read conversions/00") || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%d workers: error %v, want %s", workers, err, want)
		}
	}
}

// Kinds are numbered as they are met: those that rows were kept by count as well as those of files
// that are read.
func TestKeptKindsCountToo(t *testing.T) {
	q, d := filtered()
	dir := t.TempDir()
	all := d.conversions
	for run, most := range []int{6, 6, 5} {
		d.conversions, d.kinds = all[:min(run+1, 2)], most
		var versions []string
		for i := range 1 + len(d.conversions) {
			versions = append(versions, fmt.Sprint(i))
		}
		want, wantErr := runFake(t.Context(), q, d, 1, nil)
		got, err := runKept(q, d, dir, 1, 0, versions)
		if (err == nil) != (wantErr == nil) || (err == nil) != (run < 2) {
			t.Errorf("run %d: error %v, want %v", run, err, wantErr)
		}
		if diff := gocmp.Diff(want != nil, got != nil); diff != "" || want != nil && unlike(want, got) != "" {
			t.Errorf("run %d: another result", run)
		}
	}
}
