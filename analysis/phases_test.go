package analysis

import (
	"slices"
	"strings"
	"testing"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
)

// phased returns the arms of one variant, one per phase.
func phased(sets ...moments.Set) []Arm {
	out := make([]Arm, len(sets))
	for p, s := range sets {
		out[p] = Arm{Moments: s}
	}
	return out
}

// plainPairs returns the adjustments of so many phases without covariates.
func plainPairs(outcome cuped.Term, phases int) []pair {
	one := cuped.Fit(cuped.Model{Outcome: outcome})
	out := make([]pair, phases)
	for p := range out {
		out[p] = pair{control: one, treatment: one}
	}
	return out
}

// A phase in which an arm has a single user has no variance. It is left out, and does not leave
// the comparison without a result for as long as the experiment runs.
func TestPhaseOfOneUserIsLeftOut(t *testing.T) {
	control, treatment := newStream(10, 4, 1).more(500), newStream(11, 4, 2).more(500)
	alone, err := effectOf(plainPairs(cuped.Column(0), 1), phased(control), phased(treatment))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range [][2]moments.Set{{set(1, 2, 3), set(4)}, {set(1), set(4, 5, 6)}, {set(1), set(4)}} {
		got, err := effectOf(plainPairs(cuped.Column(0), 2), phased(one[0], control), phased(one[1], treatment))
		if err != nil || got.value != alone.value || got.se != alone.se || got.control[0].Phase != 1 {
			t.Errorf("effect %v ± %v, %v, want %v ± %v", got.value, got.se, err, alone.value, alone.se)
		}
	}
	two, err := effectOf(plainPairs(cuped.Column(0), 2), phased(set(1, 2, 3), control), phased(set(4, 5), treatment))
	if err != nil || len(two.control) != 2 {
		t.Errorf("two users: %v, %d phases", err, len(two.control))
	}
	if _, err := effectOf(plainPairs(cuped.Column(0), 1), phased(set(1, 2, 3)), phased(set(4))); err == nil || !strings.Contains(err.Error(), "only one user") {
		t.Errorf("a single user in the only phase: %v", err)
	}
}

// Of a ratio, so is one in which an arm has nothing to divide by.
func TestPhaseWithoutDenominatorIsLeftOut(t *testing.T) {
	ratio := func(seed uint64, users int) moments.Set {
		s, out := newStream(10, 4, seed), moments.New(2)
		for range users {
			out.Add(s.more(1).Mean[0], 2)
		}
		return out
	}
	none := moments.New(2)
	none.Add(0, 0)
	none.Add(0, 0)
	control, treatment := ratio(1, 100), ratio(2, 100)
	outcome := cuped.Ratio(0, 1)
	alone, err := effectOf(plainPairs(outcome, 1), phased(control), phased(treatment))
	if err != nil {
		t.Fatal(err)
	}
	got, err := effectOf(plainPairs(outcome, 2), phased(ratio(3, 50), control), phased(none, treatment))
	if err != nil || got.value != alone.value {
		t.Errorf("effect %v, %v, want %v", got.value, err, alone.value)
	}
	if _, err := effectOf(plainPairs(outcome, 1), phased(control), phased(none)); err == nil || !strings.Contains(err.Error(), "denominator is 0") {
		t.Errorf("no denominator in the only phase: %v", err)
	}
}

// A phase with fewer users in an arm than are needed is left out as long as another has enough,
// and so is, of a rate, one with too few conversions. With none that has, all count.
func TestSmallPhasesAreLeftOut(t *testing.T) {
	phases := func(n need, control, treatment []Arm) []int {
		fits := plainPairs(cuped.Column(0), len(control))
		for p := range fits {
			fits[p].need = n
		}
		return comparablePhases(fits, control, treatment)
	}
	bought, perOrder := testMetric("bought"), testMetric("order_value")
	bought.Numerator.Aggregate = experiment.AggregateAny
	perOrder.Denominator = &experiment.Column{Event: "purchase", Aggregate: experiment.AggregateCount}
	mean, rate, ofOrders := needOf(testMetric("revenue"), false), needOf(bought, false), needOf(perOrder, false)
	if needOf(bought, true) != (need{}) {
		t.Errorf("the exact test needs %+v", needOf(bought, true))
	}
	// orders returns n users of whom so many have an order each.
	orders := func(n, ordered int64) moments.Set {
		s := moments.New(2)
		for i := range n {
			if i < ordered {
				s.Add(20+float64(i%5), 1)
			} else {
				s.Add(0, 0)
			}
		}
		return s
	}
	for _, c := range []struct {
		name               string
		need               need
		control, treatment []Arm
		want               []int
	}{
		{"enough", mean, phased(converting(900, 90), converting(500, 50)), phased(converting(100, 10), converting(500, 50)), []int{0, 1}},
		{"few in treatment", mean, phased(converting(9900, 990), converting(500, 50)), phased(converting(99, 10), converting(500, 50)), []int{1}},
		{"few in control", mean, phased(converting(99, 10), converting(500, 50)), phased(converting(9900, 990), converting(500, 50)), []int{1}},
		{"few in both phases", mean, phased(converting(99, 10), converting(50, 5)), phased(converting(99, 10), converting(50, 5)), []int{0, 1}},
		{"few in one, one user in the other", mean, phased(converting(1, 0), converting(50, 5)), phased(converting(99, 10), converting(50, 5)), []int{1}},
		{"one user in both", mean, phased(converting(1, 0), converting(50, 5)), phased(converting(99, 10), converting(1, 1)), []int{0, 1}},
		{"few conversions", rate, phased(converting(900, 90), converting(500, 50)), phased(converting(199, 40), converting(500, 50)), []int{0, 1}},
		{"too few conversions", rate, phased(converting(900, 90), converting(500, 50)), phased(converting(100, 10), converting(500, 50)), []int{1}},
		{"few orders", ofOrders, phased(orders(900, 180), orders(500, 50)), phased(orders(199, 40), orders(500, 50)), []int{0, 1}},
		{"too few orders", ofOrders, phased(orders(900, 180), orders(500, 50)), phased(orders(100, 20), orders(500, 50)), []int{1}},
		{"exact", need{}, phased(converting(900, 9), converting(500, 5)), phased(converting(10, 1), converting(500, 5)), []int{0, 1}},
	} {
		if got := phases(c.need, c.control, c.treatment); !slices.Equal(got, c.want) {
			t.Errorf("%s: phases %v, want %v", c.name, got, c.want)
		}
	}
}

// The scorecard says whose users a comparison leaves out.
func TestSmallPhasesAreSaid(t *testing.T) {
	for name, c := range map[string]struct {
		first, second int
		want          string
	}{
		"a small phase":   {50, 500, "take no part yet in revenue, big: 100 users."},
		"two large ones":  {100, 500, ""},
		"two small ones":  {50, 60, ""},
		"nobody in first": {0, 500, ""},
		"no estimate":     {0, 1, ""},
		"one user":        {1, 500, "take no part yet in revenue, big: 2 users."},
	} {
		in := testInput(testExperiment(), 3)
		in.Phases = []Phase{{Weights: []float64{50, 50}}, {Weights: []float64{50, 50}}}
		users := func(n int) []Arm {
			return []Arm{{Moments: newStream(10, 4, 1).more(n)}, {Moments: newStream(10, 4, 2).more(n)}}
		}
		in.addDay(users(c.second)[0].Moments, users(c.second)[1].Moments)
		in.today().Metrics[0] = [][]Arm{users(c.first), users(c.second)}
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, check := range card.Checks {
			if check.Name == CheckSmallPhases {
				said = check.Sentence
			}
		}
		if (said == "") != (c.want == "") || !strings.HasSuffix(said, c.want) {
			t.Errorf("%s: %q, want %q", name, said, c.want)
		}
	}
}

// A comparison says of how many phases it is, as its effect is then not the difference of the
// variants' means. On a day without a look that is how many its last look had.
func TestCombinedPhasesAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		first, second, want int
	}{
		"one":            {0, 500, 0},
		"a small one":    {50, 500, 1},
		"two":            {300, 500, 2},
		"two small ones": {50, 60, 2},
	} {
		in := testInput(testExperiment(), 3)
		in.Phases = []Phase{{Weights: []float64{80, 20}}, {Weights: []float64{50, 50}}}
		var arms [][]Arm
		for i, n := range []int{c.first, c.second} {
			arms = append(arms, []Arm{
				{Moments: newStream(10, 4, uint64(4*i+1)).more((2 - i) * n)}, {Moments: newStream(10, 4, uint64(4*i+2)).more(n)},
			})
		}
		// The window of the first users is not over on the first day. On the third nobody is new, and
		// the first phase has no treated users any more.
		for day, look := range []bool{false, true, false} {
			in.addDay(arms[1][0].Moments, arms[1][1].Moments)
			in.today().Metrics[0] = arms
			if day == 2 && c.first > 0 {
				in.today().Metrics[0] = [][]Arm{{arms[0][0], {Moments: set()}}, arms[1]}
			}
			card, looks, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, looks...)
			if got := first(card); got.Phases != c.want || got.Today != look {
				t.Errorf("%s, day %d: %d phases, want %d; a look: %v", name, day, got.Phases, c.want, got.Today)
			}
		}
	}
}

// Users are added where they are in some phase: a small one that is left out once another has
// enough takes its users with it.
func TestMoreUsersByPhase(t *testing.T) {
	arm := func(phase int, n int64) []LookArm { return []LookArm{{Phase: phase, N: n}} }
	last := Look{Control: arm(0, 9000), Treatment: arm(0, 90)}
	for _, c := range []struct {
		now  effect
		want bool
	}{
		{effect{control: arm(1, 100), treatment: arm(1, 100)}, true},
		{effect{control: arm(0, 9000), treatment: arm(0, 90)}, false},
		{effect{control: arm(0, 9100), treatment: arm(0, 90)}, false},
		{effect{control: arm(0, 9100), treatment: arm(0, 91)}, true},
	} {
		if got := moreUsers(c.now, last); got != c.want {
			t.Errorf("%+v: %v", c.now, got)
		}
	}
}
