package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestFiles: of each file with rows there is told when they are from, how many each look is the
// first to see, and a version that changes with the file and stays as long as it does.
func TestFiles(t *testing.T) {
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
	dir := t.TempDir()
	tell := func(looks int, versions []string, files ...fakeFile) (told []string, version []string) {
		q, d := small()
		q.Looks = nil
		for day := range looks {
			q.Looks = append(q.Looks, at(day+2, 0))
		}
		q.Experiments[0].Start = testStart
		d.conversions = files
		result, err := runKeeping(q, d, dir, 2, 0, append([]string{"exposures"}, versions...))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range result.Files {
			if f.Table != "conversions" {
				continue
			}
			text := fmt.Sprintf("%s to %s", f.First.Format("2 15h"), f.Last.Format("2 15h"))
			for _, r := range f.Rows {
				text += fmt.Sprintf(", %d before %s", r.Rows, r.Before.Format("2 15h"))
			}
			told, version = append(told, text), append(version, f.Version)
		}
		return told, version
	}
	grown := file(at(1, 5), at(1, 6), at(2, 5), at(3, 5))
	got, first := tell(2, []string{"a", "b", "c"}, file(at(1, 5), at(1, 6), at(2, 5)), file(), file(at(-40, 1), at(3, 1)))
	want := "6 13h to 7 13h, 2 before 7 08h, 1 before 8 08h; 25 09h to 8 09h, 1 before 6 08h"
	if text := strings.Join(got, "; "); text != want {
		t.Errorf("%s, want %s", text, want)
	}
	got, second := tell(3, []string{"other", "b", "c"}, grown, file(), file(at(-40, 1), at(3, 1)))
	want = "6 13h to 8 13h, 2 before 7 08h, 1 before 8 08h, 1 before 9 08h; 25 09h to 8 09h, 1 before 6 08h, 1 before 9 08h"
	if text := strings.Join(got, "; "); text != want {
		t.Errorf("a day later %s, want %s", text, want)
	}
	if len(second) == 2 && (first[0] == second[0] || first[1] != second[1]) {
		t.Errorf("versions %v, then %v", first, second)
	}
}
