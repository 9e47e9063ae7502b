package analysis

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// goldenCase is a reference case; its source says which program and version computed it.
type goldenCase[Input any] struct {
	ID, Source string
	Input      Input
	Expected   map[string]any
	Rtol       float64
}

// goldenCases reads the cases of a file of testdata.
func goldenCases[Input any](t *testing.T, file string) []goldenCase[Input] {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase[Input]
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s has no case", file)
	}
	return cases
}

// holds compares a number with the expected one of that name. An absolute error of slack
// is allowed beside the relative one.
func (c goldenCase[Input]) holds(t *testing.T, name string, got, slack float64) {
	t.Helper()
	want, ok := c.Expected[name].(float64)
	if !ok {
		t.Errorf("%s: %s is %v, not a number", c.ID, name, c.Expected[name])
		return
	}
	c.near(t, name, got, want, slack)
}

func (c goldenCase[Input]) near(t *testing.T, name string, got, want, slack float64) {
	t.Helper()
	if !(math.Abs(got-want) <= c.Rtol*math.Abs(want)+slack) {
		t.Errorf("%s: %s is %.15g, want %.15g", c.ID, name, got, want)
	}
}

// tally counts how the cases of a file came out.
type tally struct {
	file   string
	cases  int
	differ map[string]int
}

// add counts a case. why says which convention of the case is not ours, and is empty when
// everything that the case expects was held.
func (y *tally) add(why string) {
	y.cases++
	if why != "" {
		if y.differ == nil {
			y.differ = make(map[string]int)
		}
		y.differ[why]++
	}
}

// log prints the table.
func (y *tally) log(t *testing.T) {
	t.Helper()
	different := 0
	for _, n := range y.differ {
		different += n
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-20s %6s %6s %9s %11s\n", "file", "cases", "passed", "differing", "not covered")
	fmt.Fprintf(&b, "%-20s %6d %6d %9d %11d\n", y.file, y.cases, y.cases-different, different, 0)
	for _, why := range slices.Sorted(maps.Keys(y.differ)) {
		fmt.Fprintf(&b, "  %4d × %s\n", y.differ[why], why)
	}
	t.Log(b.String())
}
