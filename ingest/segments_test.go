package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"readout/ingest/scatter"
)

// countries returns exposures of so many users in each country, alternating between arms.
func countries(users map[string]int) *fakeData {
	d := &fakeData{fileSize: 100, exposures: []fakeFile{{nil}}}
	n := 0
	for country, count := range users {
		for range count {
			n++
			d.exposures[0][0] = append(d.exposures[0][0], fakeRow{
				user: strconv.Itoa(n), variant: []string{"a", "b"}[n%2], country: country, time: microseconds(testStart)})
		}
	}
	return d
}

func runCountries(t *testing.T, d *fakeData) ([]Segment, error) {
	t.Helper()
	q, _ := small()
	q.Exposures.Segments = []string{"country"}
	r := newRunner(&q, 2, nil)
	exposures, conversions := d.sources(r)
	result, err := r.run(context.Background(), exposures, conversions)
	if err != nil {
		return nil, err
	}
	return result.Experiments[0].Looks[0].Segments[0], nil
}

// Values with fewer than 100 users, and those beyond the 50 largest, are one segment.
func TestSmallSegmentsArePooled(t *testing.T) {
	users := map[string]int{"": 100, "small": 99, "tiny": 1}
	for i := range 50 {
		users[fmt.Sprintf("large %02d", i)] = 101 + i
	}
	segments, err := runCountries(t, countries(users))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range segments {
		got = append(got, fmt.Sprintf("%s %v %v %d", s.Value, s.Null, s.Other, s.Users[0]+s.Users[1]))
	}
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprintf("large %02d false false %d", i, 101+i))
	}
	want = append(want, " false true 200")
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(- want, + got):\n%s", diff)
	}
	delete(users, "large 00")
	if segments, err = runCountries(t, countries(users)); err != nil || !segments[0].Null || len(segments) != 51 {
		t.Errorf("%d segments, the first %+v, error %v; want null among 50 and others", len(segments), segments[0], err)
	}
}

// A column of too many values breaks nothing down; neither do columns of too many combinations.
// That is no fault: clients may say of themselves what they like.
func TestColumnThatIsNoSegment(t *testing.T) {
	users := map[string]int{}
	for i := range maxSegmentNames - 1 {
		users[strconv.Itoa(i)] = 1
	}
	if segments, err := runCountries(t, countries(users)); err != nil || len(segments) != 1 || !segments[0].Other {
		t.Errorf("%d segments, %v, want all others", len(segments), err)
	}
	for range 2 {
		users[fmt.Sprint("further ", len(users))] = 1
		if segments, err := runCountries(t, countries(users)); err != nil || segments != nil {
			t.Errorf("%d values: %d segments, %v, want none", len(users), len(segments), err)
		}
	}

	d := countries(map[string]int{"": 200, "here": 200, "there": 200})
	for most, want := range map[int]int{4: 3, 3: 0, 2: 0} {
		q, _ := small()
		q.Exposures.Segments = []string{"country"}
		r := newRunner(&q, 2, nil)
		r.segments.most = most
		exposures, conversions := d.sources(r)
		result, err := r.run(t.Context(), exposures, conversions)
		if err != nil {
			t.Fatal(err)
		}
		if got := result.Experiments[0].Looks[0].Segments[0]; len(got) != want {
			t.Errorf("at most %d combinations: %d segments, want %d", most, len(got), want)
		}
	}
}

// What a worker remembers of combinations has a bound, however many there are.
func TestCombinationsBeyondTheBoundAreForgotten(t *testing.T) {
	values := newSegmentValues([]string{"country"})
	values.most = 3
	c := segmentCoder{values: values, known: map[string]uint32{}}
	for code := range uint32(10) {
		want := code
		if code >= 3 {
			want = 0
		}
		if n := c.of([][]uint32{{code}}, 0); n != want {
			t.Errorf("combination %d has number %d, want %d", code, n, want)
		}
	}
	if len(c.known) > 3 {
		t.Errorf("%d combinations are remembered, want 3", len(c.known))
	}
}

// A column may get too many values from one run to the next, and what is kept knows of it.
func TestKeptColumnThatBecomesNoSegment(t *testing.T) {
	q, _ := small()
	q.Exposures.Segments = []string{"country"}
	d := countries(map[string]int{"here": 150, "there": 150})
	further := fakeFile{nil}
	for i := range maxSegmentNames {
		further[0] = append(further[0], fakeRow{user: fmt.Sprint("further ", i), variant: "a", country: strconv.Itoa(i), time: microseconds(testStart)})
	}
	dir := t.TempDir()
	for run, want := range []int{2, 0, 0} {
		if run == 1 {
			d.exposures = append(d.exposures, further)
		}
		kept, err := runKept(q, d, dir, 2, 0, []string{"1", "1"}[:len(d.exposures)])
		if err != nil {
			t.Fatal(err)
		}
		if got := kept.Experiments[0].Looks[0].Segments[0]; len(got) != want {
			t.Errorf("run %d: %d segments, want %d", run, len(got), want)
		}
		plain, err := runFake(t.Context(), q, d, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		settleValues(plain)
		settleValues(kept)
		if diff := unlike(plain, kept); diff != "" {
			t.Errorf("run %d (- want, + got):\n%s", run, diff)
		}
	}
}

// Values that only files had that were corrected count for nothing, also where these were read
// together with others, whose own values were too many by then.
func TestKeptColumnThatIsASegmentAgain(t *testing.T) {
	q, _ := small()
	q.Exposures.Segments = []string{"country"}
	d := countries(map[string]int{"here": 5000, "there": 5000})
	others := d.exposures
	one := func(name string, values int) fakeFile {
		f := fakeFile{nil}
		for i := range values {
			f[0] = append(f[0], fakeRow{user: fmt.Sprint("further ", i), variant: "a", country: fmt.Sprint(name, i), time: microseconds(testStart)})
		}
		return f
	}
	for _, c := range []struct {
		name                   string
		wrong, right, segments int
		again                  bool // files are read again
	}{
		{"few of each", maxSegmentNames / 2, maxSegmentNames / 2, 3, false},
		{"too many before", maxSegmentNames + 500, 200, 3, true},
		{"too many still", maxSegmentNames + 500, maxSegmentNames, 0, false},
	} {
		dir := t.TempDir()
		// The rows of "last" have no value of their own where those of "one" take all there are.
		d.exposures = append(others[:len(others):len(others)], one("wrong", c.wrong), one("last", 100))
		if _, err := runKept(q, d, dir, 1, 0, []string{"1", "1", "1"}); err != nil {
			t.Fatal(err)
		}
		d.exposures[1] = one("right", c.right)
		versions := []string{"1", "2", "1"}
		kept, err := runKept(q, d, dir, 1, 0, versions)
		if again := errors.Is(err, scatter.ErrUnreadable); again != c.again {
			t.Errorf("%s: error %v, want files read again: %t", c.name, err, c.again)
		}
		if err != nil {
			if kept, err = runKept(q, d, dir, 1, 0, versions); err != nil {
				t.Fatal(err)
			}
		}
		plain, err := runFake(t.Context(), q, d, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(plain.Experiments[0].Looks[0].Segments[0]); got != c.segments {
			t.Errorf("%s: %d segments, want %d", c.name, got, c.segments)
		}
		settleValues(plain)
		settleValues(kept)
		if diff := unlike(plain, kept); diff != "" {
			t.Errorf("%s (- all files read, + rows kept):\n%s", c.name, diff)
		}
	}
}
