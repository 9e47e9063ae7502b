package ingest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
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

func TestColumnThatIsNoSegment(t *testing.T) {
	users := map[string]int{}
	for i := range maxSegmentNames + 1 {
		users[strconv.Itoa(i)] = 1
	}
	_, err := runCountries(t, countries(users))
	want := `column "country" holds more than 4096 different names: is it a column of segments?`
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}
