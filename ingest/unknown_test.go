package ingest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// unknownRows returns exposures of so many users to variants of the names given, a day after the other.
func unknownRows(users int, names ...string) fakeFile {
	var f fakeFile
	for day, name := range names {
		var rows []fakeRow
		for i := range users {
			rows = append(rows, fakeRow{user: fmt.Sprint(i), experiment: "e", variant: name, time: microseconds(testStart.AddDate(0, 0, day))})
		}
		f = append(f, rows)
	}
	return f
}

// Exposures to variants that the experiment does not have take no more memory than others may, and
// are counted to the last one.
func TestUnknownVariantsAreHeldWithinTheBound(t *testing.T) {
	q, d := small()
	q.Looks = []time.Time{testStart.AddDate(0, 0, 1), testStart.AddDate(0, 0, 2), testStart.AddDate(0, 0, 3)}
	d.exposures = []fakeFile{unknownRows(1000, "old", "old", "older"), unknownRows(1500, "old")}
	d.room = roomRules{most: 40_000, least: 1000, dump: 1000}
	for _, workers := range []int{1, 2} {
		r := newRunner(&q, workers, nil)
		r.spill = new(spill)
		defer r.spill.close()
		d.limit(r)
		exposures, conversions := d.sources(r)
		result, err := r.run(t.Context(), exposures, conversions)
		if err != nil {
			t.Fatal(err)
		}
		dumps := 0
		for _, v := range r.exposures {
			dumps += len(v.unknown.Dumps())
			if n := len(v.kept.Dumps()); n > 0 {
				t.Errorf("%d workers: one has dumped no rows %d times", workers, n)
			}
			if n, most := v.unknown.HeldBytes(), d.room.most/int64(workers); n > most {
				t.Errorf("%d workers: one holds %d bytes, want %d at most", workers, n, most)
			}
		}
		if dumps == 0 {
			t.Errorf("%d workers: nothing was dumped", workers)
		}
		want := [][]UnknownVariant{
			{{"old", 2500, 1500}},
			{{"old", 3500, 1500}},
			{{"old", 3500, 1500}, {"older", 1000, 1000}},
		}
		for k, look := range result.Experiments[0].Looks {
			if diff := gocmp.Diff(want[k], look.Left.UnknownVariants); diff != "" {
				t.Errorf("%d workers, look %d (- want, + got):\n%s", workers, k, diff)
			}
		}
	}
}

// A user counts from the first look on that sees one, in whichever order rows come.
func TestUsersOfUnknownVariantsCountOnce(t *testing.T) {
	q, d := small()
	q.Looks = []time.Time{testStart.AddDate(0, 0, 1), testStart.AddDate(0, 0, 2)}
	early, late := unknownRows(3, "x"), unknownRows(2, "a", "x")[1:]
	for _, files := range [][]fakeFile{{early, late}, {late, early}} {
		d.exposures = files
		result, err := runFake(t.Context(), q, d, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range []UnknownVariant{{"x", 3, 3}, {"x", 5, 3}} {
			if got := result.Experiments[0].Looks[k].Left.UnknownVariants; !slices.Equal(got, []UnknownVariant{want}) {
				t.Errorf("look %d: %v, want %v", k, got, want)
			}
		}
	}
}

// Kept rows of unknown variants are told by name, whatever names and experiments come first in the run
// that counts them.
func TestKeptRowsOfUnknownVariants(t *testing.T) {
	q, d := small()
	q.Exposures.Experiment = "experiment"
	other := q.Experiments[0]
	other.Name, other.Variants = "other", []string{"c", "x"}
	of := func(name string, f fakeFile) fakeFile {
		for _, g := range f {
			for i := range g {
				g[i].experiment = name
			}
		}
		return f
	}
	files := map[string]fakeFile{
		"p": unknownRows(3, "x"), "q": unknownRows(4, "y"), "r": unknownRows(5, "z"),
		"o": of("other", unknownRows(6, "w")), "b": of("other", unknownRows(7, "b")),
	}
	dir := t.TempDir()
	for run, c := range []struct {
		experiments []Experiment
		files       []string
	}{
		{[]Experiment{q.Experiments[0], other}, []string{"q", "p", "o"}},
		{[]Experiment{other, q.Experiments[0]}, []string{"q", "p", "o"}},
		{[]Experiment{q.Experiments[0], other}, []string{"q", "p", "o", "r"}},
		{[]Experiment{other, q.Experiments[0]}, []string{"q", "p", "o", "r", "b"}},
		{[]Experiment{q.Experiments[0]}, []string{"b", "p", "o", "r"}},
	} {
		q.Experiments, d.exposures = c.experiments, nil
		versions := slices.Clone(c.files)
		for _, name := range c.files {
			d.exposures = append(d.exposures, files[name])
		}
		versions = append(versions, slices.Repeat([]string{"v"}, len(d.conversions))...)
		if diff := keptUnlike(t, q, d, dir, versions); diff != "" {
			t.Errorf("run %d (- all files read, + rows kept):\n%s", run, diff)
		}
	}
}

// Of a thousand names and more those beyond are counted together, at each look by itself.
func TestManyUnknownVariants(t *testing.T) {
	var names []unknownName
	for i := range mostUnknown + 3 {
		// The first is met at the second look only.
		first := int64(min(i, 1))
		names = append(names, unknownName{fmt.Sprintf("%04d", i), []int64{2 * first, 3}, []int64{first, 2}})
	}
	for look, want := range [][2]UnknownVariant{
		{{"1000", 2, 1}, {"other names", 4, 2}},
		{{"0999", 3, 2}, {"other names", 9, 6}},
	} {
		got := unknownAt(names, look)
		if n := len(got); n != mostUnknown+1 || [2]UnknownVariant(got[n-2:]) != want {
			t.Errorf("look %d: %d names, the last are %v, want %v", look, n, got[n-2:], want)
		}
	}
	if got := unknownAt(names[:mostUnknown], 1); len(got) != mostUnknown || got[mostUnknown-1].Name != "0999" {
		t.Errorf("%d names, the last is %v", len(got), got[len(got)-1])
	}
}
