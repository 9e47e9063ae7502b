package sequential

import (
	"testing"
)

// TestSequentialPOfHugeStatistics: however large a statistic is, its p-value is that of its
// tail, up to what the spending at the look costs.
func TestSequentialPOfHugeStatistics(t *testing.T) {
	for _, z := range []float64{1e2, 1e7, 1e100, 1e150} {
		for _, spending := range []Spending{OBrienFleming{}, Pocock{}, KimDeMets{Rho: 2}, HwangShihDeCani{Gamma: -4}} {
			m := Monitoring{Process: mustInformation(t, []float64{0.5}), Spending: spending, Sides: 2, Times: []float64{0.5}, Z: []float64{z}}
			p, err := m.SequentialP()
			if err != nil {
				t.Fatalf("z = %v: %v", z, err)
			}
			// O'Brien-Fleming-type spending leaves half a time half of the exponent.
			if tail := LogUpperTail(z); !(p.LogP <= 0.49*tail && p.LogP > 1.01*tail) {
				t.Errorf("%T: z = %v: log p %v, log of the tail %v", spending, z, p.LogP, tail)
			}
		}
	}
}
