package analysis

import (
	"testing"
	"time"

	"readout/experiment"
	"readout/moments"
)

// TestNoLookAfterAStop: the look at which the last users count is the last one, though the plan
// goes on to spend: the same figures are not tested again against lower boundaries, nor those
// that late rows change. An extension goes on with looks.
func TestNoLookAfterAStop(t *testing.T) {
	for _, c := range []struct {
		what     string
		late     int // users that come to be known on each day after the last look
		extended bool
		last     string
	}{
		{"nothing more", 0, false, "2026-01-12"},
		{"late rows", 10, false, "2026-01-12"},
		{"extended", 100, true, "2026-01-18"},
	} {
		control, big := newStream(10, 4, 1), newStream(10, 4, 2)
		in := testInput(testExperiment(), 10)
		in.FirstEnd = in.End
		looks := map[string]bool{}
		for k := range 14 {
			n := 100
			switch {
			case k == 6:
				// The metric has a window of a day: its last users count by the end of the next day.
				in.End = day0.AddDate(0, 0, k).Add(9 * time.Hour)
			case k == 9 && c.extended:
				before := in.End
				in.End = day0.AddDate(0, 0, 14)
				in.Extensions = []experiment.Extension{{At: day0.AddDate(0, 0, k), From: in.FirstEnd, To: in.End, End: before}}
			}
			if k > 7 {
				n = c.late
			}
			in.addDay([]moments.Set{control.more(n), big.more(n)}...)
			_, added, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, added...)
			for _, l := range added {
				looks[l.Date] = true
			}
		}
		last := in.Looks[len(in.Looks)-1]
		if last.Date != c.last || !looks["2026-01-12"] || looks["2026-01-13"] {
			t.Errorf("%s: the last look is of %s, want %s; all: %v", c.what, last.Date, c.last, looks)
		}
		if last.Time >= 1 {
			t.Errorf("%s: at the last look all of the time is gone", c.what)
		}
	}
}
