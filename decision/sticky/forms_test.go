package sticky

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"readout/decision"
)

// TestRowForm: stored exposures come back as they were.
func TestRowForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawRow(t)
		got, err := parseRow(appendRow(nil, &want))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "exposure", want, got)
	})
}

// TestRowLeavesNullsOut: what is absent has no name either.
func TestRowLeavesNullsOut(t *testing.T) {
	e := exposed("a", "u", "big")
	e.Segments[0] = ""
	got, err := parseRow(appendRow(nil, &e))
	if err != nil {
		t.Fatal(err)
	}
	e.Columns, e.Segments = []string{"country"}, []string{"DE"}
	same(t, "exposure", e, got)
}

// TestRecordForm: a record remembers what was changed last, in any order of asking.
func TestRecordForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringN(0, 5, 20), 1, 6, rapid.ID).Draw(t, "names")
		var r record
		want := make(map[string]decision.Assignment)
		for range rapid.IntRange(0, 6).Draw(t, "commits") {
			var changes []decision.Change
			for _, x := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, len(names), rapid.ID).Draw(t, "changed") {
				changes = append(changes, decision.Change{Experiment: x, Before: want[x], After: drawAssignment(t)})
				want[x] = changes[len(changes)-1].After
			}
			after, lost, err := r.change(changes)
			if err != nil || len(lost) > 0 {
				t.Fatalf("lost %v, error %v", lost, err)
			}
			r = after
		}
		// It does not grow with every change.
		held := make(map[string]bool)
		for rest := r; len(rest) > 0; {
			name, _, next, err := rest.next()
			if err != nil || held[string(name)] {
				t.Fatalf("%q is there twice, or error %v", name, err)
			}
			held[string(name)], rest = true, next
		}
		asked := rapid.Permutation(names).Draw(t, "asked")
		got := make([]decision.Assignment, len(asked))
		if err := r.get(asked, got); err != nil {
			t.Fatal(err)
		}
		for i, x := range asked {
			same(t, x, want[x], got[i])
		}
	})
}

// FuzzRecord: no bytes make a record panic, and what can be read can be changed and read
// again.
func FuzzRecord(f *testing.F) {
	r, _, err := record(nil).change([]decision.Change{first("a", "u", "big"), first("b", "u", "control")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(r))
	f.Add([]byte(r[:len(r)-1]))
	f.Add([]byte{1, 'a', 0})
	f.Add(bytes.Repeat([]byte{0xff}, 12))
	f.Fuzz(func(t *testing.T, data []byte) {
		names := []string{"a", "b"}
		into := make([]decision.Assignment, 2)
		if record(data).get(names, into) != nil {
			return
		}
		changes := []decision.Change{
			{Experiment: "b", Before: into[1], After: assigned("new")},
			{Experiment: "c", After: assigned("newer")},
		}
		after, lost, err := record(data).change(changes)
		if err != nil || len(lost) > 0 {
			// It may have c already, or b or c twice.
			return
		}
		again := make([]decision.Assignment, 3)
		if err := after.get([]string{"c", "b", "a"}, again); err != nil {
			t.Fatal(err)
		}
		if want := []decision.Assignment{assigned("newer"), assigned("new"), into[0]}; !slices.EqualFunc(want, again, decision.Assignment.Equal) {
			t.Fatal(cmp.Diff(want, again))
		}
	})
}

// FuzzRow: no bytes make an exposure panic, and what can be read is written and read the
// same.
func FuzzRow(f *testing.F) {
	e := exposed("a", "u", "big")
	stored := appendRow(nil, &e)
	f.Add(stored)
	f.Add(stored[:len(stored)-1])
	f.Add([]byte{rowVersion})
	f.Add(append([]byte{rowVersion}, bytes.Repeat([]byte{0xff}, 12)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := parseRow(data)
		if err != nil {
			return
		}
		again, err := parseRow(appendRow(nil, &e))
		if err != nil {
			t.Fatal(err)
		}
		for i := len(e.Segments) - 1; i >= 0; i-- {
			if e.Segments[i] == "" {
				e.Columns, e.Segments = slices.Delete(e.Columns, i, i+1), slices.Delete(e.Segments, i, i+1)
			}
		}
		if len(e.Segments) == 0 {
			e.Columns, e.Segments = nil, nil
		}
		same(t, "exposure", e, again)
	})
}
