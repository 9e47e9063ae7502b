package goldentest

import (
	"maps"
	"slices"
	"testing"
)

// Tally counts how the cases of a file came out.
type Tally struct {
	// File names the reference values, and the part of them where tests share a file.
	File string
	// Cases is how many there are to count. Log fails where others were counted, so that
	// none is lost without a word.
	Cases int

	counted               int
	differ, uncovered     map[string]int
	differing, notCovered int
}

// Add counts a case. differs says which convention of the case is not ours, and is empty
// when everything that the case expects was held.
func (y *Tally) Add(differs string) {
	y.counted++
	if differs == "" {
		return
	}
	if y.differ == nil {
		y.differ = make(map[string]int)
	}
	y.differ[differs]++
	y.differing++
}

// NotCovered counts a case that nothing is held to, and why.
func (y *Tally) NotCovered(why string) {
	y.counted++
	if y.uncovered == nil {
		y.uncovered = make(map[string]int)
	}
	y.uncovered[why]++
	y.notCovered++
}

// prefix begins the lines that make references looks for in the output of the tests.
const prefix = "references: "

// Log prints the rows of the file. Those of a test that has failed say so.
func (y *Tally) Log(t testing.TB) {
	t.Helper()
	if y.counted != y.Cases {
		t.Errorf("%s: %d cases are counted, there are %d", y.File, y.counted, y.Cases)
	}
	verdict := ""
	if t.Failed() {
		verdict = " FAILED"
	}
	t.Logf("%s%-40s %6d %6d %10d %11d%s", prefix, y.File, y.counted, y.counted-y.differing-y.notCovered, y.differing, y.notCovered, verdict)
	for _, reasons := range []struct {
		what  string
		count map[string]int
	}{{"convention", y.differ}, {"not covered", y.uncovered}} {
		for _, why := range slices.Sorted(maps.Keys(reasons.count)) {
			t.Logf("%s  %5d × %s: %s", prefix, reasons.count[why], reasons.what, why)
		}
	}
}
