package goldentest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorder is a test that keeps what it is told.
type recorder struct {
	testing.TB
	failed bool
	lines  []string
}

func (r *recorder) Helper()                        {}
func (r *recorder) Failed() bool                   { return r.failed }
func (r *recorder) Errorf(format string, a ...any) { r.failed = true; r.Logf(format, a...) }
func (r *recorder) Logf(format string, a ...any) {
	r.lines = append(r.lines, strings.Join(strings.Fields(fmt.Sprintf(format, a...)), " "))
}

func TestTally(t *testing.T) {
	y := Tally{File: "f.json", Cases: 6}
	y.Add("")
	y.Add("two-sided")
	y.Add("another divisor")
	y.Add("two-sided")
	y.NotCovered("no such test")
	var short recorder
	y.Log(&short)
	y.Add("")
	var whole recorder
	y.Log(&whole)
	reasons := []string{
		"references: 1 × convention: another divisor",
		"references: 2 × convention: two-sided",
		"references: 1 × not covered: no such test",
	}
	for _, c := range []struct {
		got  recorder
		want []string
	}{
		{short, append([]string{"f.json: 5 cases are counted, there are 6", "references: f.json 5 1 3 1 FAILED"}, reasons...)},
		{whole, append([]string{"references: f.json 6 2 3 1"}, reasons...)},
	} {
		if diff := cmp.Diff(c.want, c.got.lines); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
	}
}
