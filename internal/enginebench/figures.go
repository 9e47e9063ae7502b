package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"readout/moments"
)

// tolerance is how much figures of two programs may differ, relative to the larger. They add
// up as many as a million values in different orders.
const tolerance = 1e-9

// figures is what a program computed, by name: experiment/variant/several and, below
// experiment/variant/metric, n, the sums x, y, cx, cy and the sums of products such as x*cx.
type figures map[string]float64

// answer is what a program prints.
type answer struct {
	// Rows is how many rows the files hold, or 0.
	Rows    int64   `json:"rows"`
	Figures figures `json:"figures"`
}

// add adds the sums that belong to moments:
//
//	Σ x = n·mean(x),  Σ xy = C(x, y) + n·mean(x)·mean(y)
func (f figures) add(key string, labels []string, set moments.Set) {
	n := float64(set.N)
	f[key+"n"] = n
	for i, a := range labels {
		f[key+a] = n * set.Mean[i]
		for j := i; j < len(labels); j++ {
			f[key+a+"*"+labels[j]] = set.Moment(i, j) + n*set.Mean[i]*set.Mean[j]
		}
	}
}

// differ says where two sets of figures do not agree first, by name; nil if they do.
func differ(want, got figures) error {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		g, ok := got[name]
		if !ok {
			return fmt.Errorf("no figure %s", name)
		}
		// Written so that NaN differs from everything.
		if w := want[name]; !(math.Abs(g-w) <= tolerance*math.Max(math.Abs(g), math.Abs(w))) {
			return fmt.Errorf("%s is %v, want %v", name, g, w)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			return fmt.Errorf("figure %s is not wanted", name)
		}
	}
	return nil
}
