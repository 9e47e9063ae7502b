package analysis

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
	"readout/moments"
)

// TestRecordUnderHolm: under Holm's correction a comparison was decided on the day on which its
// adjusted p-value became small enough, whichever look made it so: not when it crossed its own
// boundary, and not at its own look where another comparison's decided it. Days that nobody
// sees change nothing.
func TestRecordUnderHolm(t *testing.T) {
	for name, c := range map[string]struct {
		// revenue and orders are their statistics at the last day, had revenue users up to then.
		revenue, orders float64
		days            int // on which revenue gets users
		before          int // days before orders gets any
	}{
		"by its own look":         {revenue: 2.8, orders: 2.8, days: 15},
		"by another's":            {revenue: 4.9, orders: 2.8, days: 7},
		"before the other begins": {revenue: 4.5, orders: 2.8, days: 15, before: 11},
	} {
		e := testExperiment()
		e.Statistics.Correction = experiment.CorrectionHolm
		e.Scorecard.Primary = append(e.Scorecard.Primary, testMetric("orders"))
		in, passed := testInput(e, 14), testInput(e, 14)
		decided, crossed, look := "", "", 0
		var last Comparison
		for k := range 14 {
			in.addDay(scoring(c.revenue, min(k+1, c.days))...)
			orders := scoring(c.orders, max(k+1-c.before, 0))
			in.Days[k].Metrics[1] = [][]Arm{{{Moments: orders[0]}, {Moments: orders[1]}}}
			card, added, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, added...)
			last = first(card)
			if p, ok := last.P.Get(); ok && p <= 0.05 && crossed == "" {
				crossed = card.Date
			}
			if p, ok := last.PAdjusted.Get(); ok && p <= 0.05 && decided == "" {
				decided, look = card.Date, last.Look
			}
			if (last.Record != nil) != (decided != "") {
				t.Fatalf("%s: %s: adjusted %v, record %+v", name, card.Date, last.PAdjusted, last.Record)
			}
			if r := last.Record; r != nil && (r.Date != decided || r.Look != look) {
				t.Errorf("%s: %s: record of %s at look %d, want %s at look %d", name, card.Date, r.Date, r.Look, decided, look)
			}

			passed.Days = in.Days
			if added, err = Looks(passed); err != nil {
				t.Fatal(err)
			}
			if k < 13 {
				passed.Looks = append(passed.Looks, added...)
			}
		}
		if crossed == "" || crossed >= decided || decided >= in.Days[13].Date {
			t.Errorf("%s: crossed on %q, decided on %q: nothing is told apart", name, crossed, decided)
		}
		if wentOn := c.days == 15; (last.Stagewise == nil) != wentOn {
			t.Errorf("%s: stage-wise inference %+v, although the test went on after its boundary: %v", name, last.Stagewise, wentOn)
		}
		card, _, err := Analyze(passed)
		if err != nil {
			t.Fatal(err)
		}
		near := cmp.Comparer(func(a, b Number) bool { return a.ok == b.ok && math.Abs(a.value-b.value) <= 1e-12 })
		if d := cmp.Diff(last.Record, first(card).Record, near); d != "" {
			t.Errorf("%s: with days that nobody sees: %s", name, d)
		}
	}
}

// scoring returns arms after some days of 70 users each, with an effect that comes to a
// statistic of z after fifteen.
func scoring(z float64, days int) []moments.Set {
	const perDay = 70
	effect := 4 * z * math.Sqrt(2.0/(15*perDay))
	n := int64(perDay * days)
	return []moments.Set{exactly(10, 4, n), exactly(10+effect, 4, n)}
}

// TestRecordUnderHolmOfSeveral: every comparison is decided on its own day, also where the looks of
// a metric before it begin later.
func TestRecordUnderHolmOfSeveral(t *testing.T) {
	e := testExperiment()
	e.Statistics.Correction = experiment.CorrectionHolm
	e.Variants = append(e.Variants, experiment.Variant{Name: "bigger", Traffic: experiment.Whole / 2})
	e.Scorecard.Primary = []*experiment.Metric{testMetric("late"), testMetric("revenue")}
	in := testInput(e, 14)
	type comparison struct{ metric, variant string }
	decided := map[comparison]string{}
	for k := range 14 {
		small, large := scoring(4, k+1), scoring(14, k+1)
		in.addDay(small[0], small[1], large[1])
		small, large = scoring(5, max(k-5, 0)), scoring(6, max(k-5, 0))
		in.today().Metrics[0] = [][]Arm{{{Moments: small[0]}, {Moments: small[1]}, {Moments: large[1]}}}
		card, added, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, added...)
		for _, m := range card.Metrics {
			for _, c := range m.Comparisons {
				at := comparison{m.Name, c.Variant}
				if c.PAdjusted.Or(1) <= 0.05 && decided[at] == "" {
					decided[at] = card.Date
				}
				if got := c.Record; (got == nil) != (decided[at] == "") || got != nil && got.Date != decided[at] {
					t.Errorf("%s: %v: record %+v, want one of %q", card.Date, at, got, decided[at])
				}
			}
		}
	}
	days := map[string]bool{}
	for _, date := range decided {
		days[date] = true
	}
	if len(decided) != 4 || len(days) < 3 {
		t.Errorf("decided on %v: nothing is told apart", decided)
	}
}
