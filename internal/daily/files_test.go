package daily

import (
	"fmt"
	"testing"
	"time"
)

// TestCorrections: files of past days that came, changed or went say by their earliest row from when
// on scorecards are made again; files with rows of the last day only where a day gained or lost a
// tenth of a table's rows by them.
func TestCorrections(t *testing.T) {
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC) }
	last := DayOf(at(20, 0), time.UTC)
	version := 0
	// file has rows by day, at noon but the first and the last.
	file := func(first, last time.Time, rows ...int64) fileRead {
		version++
		f := fileRead{Version: fmt.Sprint(version), First: first, Last: last, Rows: map[string]int64{}}
		for i, n := range rows {
			f.Rows[first.AddDate(0, 0, i).Format(time.DateOnly)] = n
		}
		return f
	}
	list := func(files ...fileRead) *filesRead {
		out := &filesRead{Counted: "2026-03-10", Files: map[string]fileRead{}}
		for i, f := range files {
			if f.Version != "" {
				out.Files[fmt.Sprintf("exposures %d", i)] = f
			}
		}
		return out
	}
	none := fileRead{}
	old, other := file(at(12, 3), at(13, 1), 100, 1), file(at(12, 5), at(14, 1), 90, 1, 1)
	long := file(at(11, 2), at(19, 20), 50, 100, 100, 100, 100, 100, 100, 100, 100)
	grown := func(day int, more int64) fileRead {
		f := file(at(11, 2), at(20, 20), 50, 100, 100, 100, 100, 100, 100, 100, 100, 100)
		f.Rows[at(day, 0).Format(time.DateOnly)] += more
		return f
	}
	ended := DayOf(at(17, 0), time.UTC)
	for _, c := range []struct {
		what     string
		was, now *filesRead
		from     time.Time
		over     *Day
		want     time.Time
	}{
		{"nothing", list(old), list(old), time.Time{}, nil, time.Time{}},
		{"one came", list(), list(old), time.Time{}, nil, at(12, 3)},
		{"one went", list(old), list(), time.Time{}, nil, at(12, 3)},
		{"one changed", list(other), list(old), time.Time{}, nil, at(12, 3)},
		{"of before all that matters", list(), list(old), at(13, 2), nil, time.Time{}},
		{"of the last day", list(none), list(file(at(20, 1), at(20, 5), 7)), time.Time{}, nil, time.Time{}},
		{"of the future", list(), list(file(at(22, 1), at(23, 5), 7)), time.Time{}, nil, time.Time{}},
		{"grown by a day", list(long), list(grown(20, 0)), time.Time{}, nil, time.Time{}},
		{"with stragglers", list(long), list(grown(18, 10)), time.Time{}, nil, time.Time{}},
		{"with a tenth more", list(long), list(grown(18, 12)), time.Time{}, nil, at(18, 0)},
		{"with a tenth less", list(long), list(grown(18, -12)), time.Time{}, nil, at(18, 0)},
		{"where rows are not counted", list(long), list(grown(9, 99)), time.Time{}, nil, time.Time{}},
		{"beside much", list(long, file(at(18, 1), at(18, 5), 1000)), list(grown(18, 12), none), time.Time{}, nil, at(18, 0)},
		{"stragglers after the end", list(long), list(grown(18, 1)), time.Time{}, &ended, at(17, 0)},
		{"one that went long before", list(), list(file(at(2, 1), at(3, 0), 5)), at(5, 0), &ended, time.Time{}},
	} {
		found, err := correctionsOf(c.was, c.now, last, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if got := found.since(c.from, c.over); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
