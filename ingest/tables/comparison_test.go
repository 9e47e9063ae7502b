package tables

import (
	"math"
	"math/big"
	"strconv"
	"testing"
	"time"

	"readout/experiment"
)

// TestLongLists: a filter with a list of ids costs a value no more than one with a single id.
func TestLongLists(t *testing.T) {
	const listed, values = 50_000, 200_000
	for _, kind := range []experiment.ScalarKind{experiment.ScalarText, experiment.ScalarNumber} {
		f := experiment.Filter{Operator: experiment.OpIn}
		for i := range listed {
			f.Values = append(f.Values, experiment.Scalar{Kind: kind, Text: strconv.FormatInt(math.MaxInt64-int64(2*i), 10)})
		}
		c, err := newComparison(f)
		if err != nil {
			t.Fatal(err)
		}
		begin, found := time.Now(), 0
		for i := range int64(values) {
			v := math.MaxInt64 - i
			if kind == experiment.ScalarText && c.text(strconv.AppendInt(nil, v, 10)) || kind == experiment.ScalarNumber && c.integer(v) {
				found++
			}
		}
		if took := time.Since(begin); found != listed || took > 10*time.Second {
			t.Errorf("%s: %d found after %v", kind, found, took)
		}
	}
}

// TestWholeNumbersInLists: a whole number of 64 bits is one of a list, however that writes it, and
// others that float64 cannot tell from it are not.
func TestWholeNumbersInLists(t *testing.T) {
	c, err := newComparison(experiment.Filter{Operator: experiment.OpNotIn, Values: []experiment.Scalar{
		{Kind: experiment.ScalarNumber, Text: "1e1"}, {Kind: experiment.ScalarNumber, Text: "18446744073709551615.0"},
		{Kind: experiment.ScalarNumber, Text: "-9223372036854775808"}, {Kind: experiment.ScalarNumber, Text: "1e300"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for v, want := range map[uint64]bool{10: false, math.MaxUint64: false, math.MaxUint64 - 1: true, 0: true} {
		if got := c.whole(new(big.Int).SetUint64(v)); got != want {
			t.Errorf("not_in of %d: %v", v, got)
		}
	}
	for v, want := range map[int64]bool{10: false, math.MinInt64: false, math.MinInt64 + 1: true, 11: true} {
		if got := c.integer(v); got != want {
			t.Errorf("not_in of %d: %v", v, got)
		}
	}
}
