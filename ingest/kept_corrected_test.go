package ingest

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestCorrectedFrom: files of past days that came, changed or went are named by their earliest
// row; those with rows of the last day, and those too early to matter, are not.
func TestCorrectedFrom(t *testing.T) {
	at := func(day, hour int) time.Time {
		return testStart.AddDate(0, 0, day-1).Add(time.Duration(hour) * time.Hour)
	}
	file := func(times ...time.Time) fakeFile {
		var rows []fakeRow
		for _, x := range times {
			rows = append(rows, fakeRow{user: "u", event: "buy", time: microseconds(x), value: 1})
		}
		return fakeFile{rows}
	}
	type version struct {
		fakeFile
		n int
	}
	files := []version{{file(at(1, 5)), 0}}
	dir := t.TempDir()
	for _, c := range []struct {
		what   string
		looks  int
		change func()
		want   time.Time
	}{
		{"the first run", 1, func() {}, time.Time{}},
		{"a day with a late row", 2, func() { files = append(files, version{file(at(1, 7), at(2, 5)), 0}) }, time.Time{}},
		{"a file of two days before", 3, func() { files = append(files, version{file(at(3, 1)), 0}, version{file(at(1, 10), at(2, 2)), 0}) }, at(1, 10)},
		{"just the next day", 4, func() { files = append(files, version{file(at(4, 1)), 0}) }, time.Time{}},
		{"the same day again", 4, func() {}, time.Time{}},
		{"a day without a file", 5, func() {}, time.Time{}},
		{"rows that a file had and has no more", 6, func() { files[1] = version{file(at(2, 6)), 1} }, at(1, 7)},
		{"a file without rows", 6, func() { files = append(files, version{fakeFile{nil}, 0}) }, time.Time{}},
		{"one of the last day alone", 7, func() { files = append(files, version{file(at(7, 1)), 0}) }, time.Time{}},
		{"the last day once more", 7, func() { files[len(files)-1].n++ }, time.Time{}},
		{"it is gone a day later", 8, func() { files = files[:len(files)-1] }, at(7, 1)},
		{"one from before all history", 9, func() { files = append(files, version{file(at(-40, 1)), 0}) }, time.Time{}},
		{"one that begins there", 10, func() { files = append(files, version{file(at(-40, 1), at(3, 3)), 0}) }, at(-1, 0)},
		{"one of the future", 11, func() { files = append(files, version{file(at(20, 1)), 0}) }, time.Time{}},
		{"one that grows by the day", 12, func() { files[0] = version{file(at(1, 5), at(12, 1)), 1} }, time.Time{}},
	} {
		c.change()
		q, d := small()
		q.Looks = nil
		for day := range c.looks {
			q.Looks = append(q.Looks, at(day+2, 0))
		}
		q.Experiments[0].Start = testStart
		versions := []string{"exposures"}
		d.conversions = nil
		for i, f := range files {
			d.conversions = append(d.conversions, slices.Clone(f.fakeFile))
			versions = append(versions, fmt.Sprintf("file %d version %d", i, f.n))
		}
		got, err := runKeeping(q, d, dir, 2, 0, versions)
		if err != nil {
			t.Fatal(err)
		}
		if !got.CorrectedFrom.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.what, got.CorrectedFrom, c.want)
		}
	}
}
