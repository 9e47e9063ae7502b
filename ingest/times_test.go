package ingest

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Times are those of a run that asks for nothing, with statistics and without.
func TestTimesAreThoseOfARun(t *testing.T) {
	often(t, 8, func(t *rapid.T) {
		d := drawData(t)
		if rapid.Bool().Draw(t, "never") && len(d.exposures) > 0 && len(d.exposures[0]) > 0 {
			d.exposures[0][0] = append(d.exposures[0][0], fakeRow{user: "u1", time: never}, fakeRow{user: "u1", time: never + 1})
		}
		q := Query{Exposures: ExposureTable{Path: "e"}, Conversions: ConversionTable{Path: "c"}, Location: testZone, Looks: []time.Time{time.UnixMicro(never)}}
		r := newRunner(&q, 1, nil)
		exposures, conversions := d.sources(r)
		times := func(src source) Times {
			got, err := timesOf(context.Background(), src, rapid.IntRange(1, 3).Draw(t, "workers"), nil)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		gotExposures, gotConversions := times(exposures), times(conversions)
		want, err := r.run(context.Background(), exposures, conversions)
		if err != nil {
			t.Fatal(err)
		}
		if x := want.Exposures[0]; gotExposures != (Times{x.First, x.Last}) {
			t.Errorf("exposures: %v, want %v and %v", gotExposures, x.First, x.Last)
		}
		if c := want.Conversions[0]; gotConversions != (Times{c.First, c.Last}) {
			t.Errorf("conversions: %v, want %v and %v", gotConversions, c.First, c.Last)
		}
	})
}

// The last day of the year 9999 stands for never in every zone.
func TestTimesWithoutNever(t *testing.T) {
	for _, zone := range []string{"Pacific/Kiritimati", "Europe/Berlin", "UTC", "America/Los_Angeles"} {
		q, d := small()
		last := time.Date(9999, 12, 31, 0, 0, 0, 0, mustZone(zone))
		d.exposures = []fakeFile{{{
			{user: "u", time: microseconds(testStart)}, {user: "v", time: microseconds(last)}, {user: "w", time: microseconds(last.AddDate(0, 0, -2))},
		}}}
		exposures, _ := d.sources(newRunner(&q, 1, nil))
		got, err := timesOf(t.Context(), exposures, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Times{testStart.UTC(), last.AddDate(0, 0, -2).UTC()}); got != want {
			t.Errorf("%s: %v, want %v", zone, got, want)
		}
	}
}

// Row groups are read only where their statistics do not say what is asked.
func TestTimesReadsLittle(t *testing.T) {
	for _, test := range []struct {
		noStats, inexact bool
		want             int
	}{{want: 0}, {inexact: true, want: 2}, {noStats: true, want: 4}} {
		q, d := small()
		d.noStats, d.inexact = test.noStats, test.inexact
		day := func(n int) []fakeRow {
			return []fakeRow{{user: "u", event: "buy", time: microseconds(testStart.AddDate(0, 0, n))}}
		}
		// The first and the last day bound those between, of which each could be a day more.
		d.conversions = []fakeFile{{day(0)}, {day(9)}, {day(4)}, {day(5)}}
		var read []int
		r := newRunner(&q, 1, nil)
		_, conversions := d.sources(r)
		conversions.open = noting(conversions.open, &read)
		got, err := timesOf(context.Background(), conversions, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Times{testStart.UTC(), testStart.AddDate(0, 0, 9).UTC()}); got != want {
			t.Errorf("%+v: %v, want %v", test, got, want)
		}
		if len(read) != test.want {
			t.Errorf("%+v: %d row groups read", test, len(read))
		}
	}
}
