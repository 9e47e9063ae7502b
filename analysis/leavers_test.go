package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"readout/experiment"
	"readout/moments"
)

// leaving is an arm whose users leave when they are seen in a second variant.
type leaving struct {
	values []float64
	r      *rand.Rand
}

// day lets 3% of the users leave and others come, and returns the arm at the end of day k. A
// quarter of those who come do more than others, and leave thrice as often.
func (l *leaving) day(come, k int) Arm {
	joint, kept := moments.New(2), l.values[:0]
	for _, y := range l.values {
		rate := 0.02
		if math.Abs(y) > 3 {
			rate = 0.06
		}
		if l.r.Float64() >= rate {
			kept = append(kept, y)
			joint.Add(y, y)
		}
	}
	l.values = kept
	for range come {
		y := 1 + l.r.Float64()
		if l.r.IntN(4) == 0 {
			y += 3
		}
		l.values = append(l.values, math.Copysign(y, l.r.NormFloat64()))
	}
	return Arm{Moments: set(l.values...), Previous: &Joint{Through: day0.AddDate(0, 0, k), Moments: joint}}
}

// TestLeaversKeepTheLevel: users who leave between looks make these less alike than their
// standard errors say, and boundaries that take everybody to stay are too low: they find an effect
// that is not there in 8% at a nominal 5%. Linked by those who stay, looks keep the level; by
// the number of them nearly.
func TestLeaversKeepTheLevel(t *testing.T) {
	const looks, runs = 28, 150
	e := testExperiment()
	e.Statistics.Spending.Name = experiment.SpendingPocock
	found := make(map[string]int)
	for run := range runs {
		for _, link := range []string{"none", "number", "columns"} {
			in := testInput(e, looks)
			arms := [2]leaving{{r: rand.New(rand.NewPCG(uint64(run), 0))}, {r: rand.New(rand.NewPCG(uint64(run), 1))}}
			if crosses(t, in, looks+1, func(k int) Day {
				row := []Arm{arms[0].day(40, k), arms[1].day(40, k)}
				for v := range row {
					switch link {
					case "none":
						row[v].Previous = nil
					case "number":
						row[v].Previous.Moments = moments.Set{N: row[v].Previous.Moments.N}
					}
				}
				return Day{Through: day0.AddDate(0, 0, k+1), Users: make([]int64, 2), Several: make([]int64, 2), Metrics: [][][]Arm{{row}}}
			}) {
				found[link]++
			}
		}
	}
	if !(found["columns"] <= 15 && found["columns"] <= found["number"] && found["number"] < found["none"]) {
		t.Errorf("of %d experiments an effect that is not there is found in, by what links looks: %v", runs, found)
	}
	t.Logf("of %d: %v", runs, found)
}
