package analysis

import (
	"encoding/json"
	"math"
	"os"
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
