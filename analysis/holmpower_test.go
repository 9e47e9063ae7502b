package analysis

import (
	"math"
	"testing"

	"readout/experiment"

	"github.com/google/go-cmp/cmp"
)

// TestPowerUnderHolm: what a comparison has of power, and what is forecast of it, is under Holm's
// correction what it would be under Bonferroni's while nothing is rejected, also beyond the
// boundary at the whole alpha; and what it would be alone once the other is rejected.
func TestPowerUnderHolm(t *testing.T) {
	type powers struct {
		SoFar, MDE, Now, Users Number
		Futile                 bool
	}
	const days = 9
	// run returns the first comparison of every day; revenue and orders are their statistics on
	// the fifteenth.
	run := func(correction experiment.Correction, spending experiment.SpendingName, revenue float64, orders ...float64) []Comparison {
		e := testExperiment()
		e.Statistics.Correction, e.Statistics.Spending.Name = correction, spending
		e.Statistics.MDE, e.Statistics.HasMDE = 0.05, true
		for range orders {
			e.Scorecard.Primary = append(e.Scorecard.Primary, testMetric("orders"))
		}
		in := testInput(e, 14)
		var out []Comparison
		for k := range days {
			in.addDay(scoring(revenue, k+1)...)
			for i, z := range orders {
				other := scoring(z, k+1)
				in.Days[k].Metrics[1+i] = [][]Arm{{{Moments: other[0]}, {Moments: other[1]}}}
			}
			card, added, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, added...)
			out = append(out, first(card))
		}
		return out
	}
	of := func(c Comparison) powers {
		return powers{c.PowerSoFar, c.ConditionalPowerMDE, c.ConditionalPowerNow, c.ExpectedUsers, c.Futile}
	}
	near := cmp.Comparer(func(a, b Number) bool { return a.ok == b.ok && math.Abs(a.value-b.value) < 1e-9 })
	for name, c := range map[string]struct {
		spending        experiment.SpendingName
		revenue, orders float64
	}{
		"nothing is found":         {experiment.SpendingOBrienFleming, 0.4, 0.4},
		"beyond the whole alpha's": {experiment.SpendingPocock, 3.6, 0.4},
		"the other is found":       {experiment.SpendingOBrienFleming, 0.4, 6},
	} {
		holm := run(experiment.CorrectionHolm, c.spending, c.revenue, c.orders)
		half := run(experiment.CorrectionBonferroni, c.spending, c.revenue, c.orders)
		whole := run(experiment.CorrectionBonferroni, c.spending, c.revenue)
		last := holm[days-1]
		want := half[days-1]
		if c.orders > 3 {
			want = whole[days-1]
		}
		if d := cmp.Diff(of(want), of(last), near); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if cmp.Equal(of(half[days-1]), of(whole[days-1]), near) {
			t.Errorf("%s: nothing is told apart", name)
		}
		if crossed := whole[days-1].Significant; crossed != (c.revenue > 3) || last.Significant {
			t.Errorf("%s: beyond its own boundary %v, found %v", name, crossed, last.Significant)
		}
	}
}
