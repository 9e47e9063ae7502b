package analysis

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"readout/cuped"
	"readout/experiment"
	"readout/moments"
	"readout/sequential"
)

// converting returns the moments of n users of whom so many convert.
func converting(n, converted int64) moments.Set {
	s := set(0, 1)
	p := float64(converted) / float64(n)
	s.N, s.Mean[0], s.C[0] = n, p, float64(n)*p*(1-p)
	return s
}

// rateInput is an experiment on a rate, tested by its standard error.
func rateInput(days int, spending experiment.SpendingName) Input {
	e := testExperiment()
	e.Scorecard.Primary[0].Numerator.Aggregate = experiment.AggregateAny
	e.Statistics.Spending.Name = spending
	return testInput(e, days)
}

// binomial returns a function that draws how many of n do something with probability p.
func binomial(seed uint64) func(n int64, p float64) int64 {
	r := rand.New(rand.NewPCG(seed, seed))
	return func(n int64, p float64) int64 {
		return int64(distuv.Binomial{N: float64(n), P: p, Src: r}.Rand())
	}
}

// crosses looks at an experiment day by day and reports whether its first metric crosses its
// boundary.
func crosses(t *testing.T, in Input, days int, day func(k int) Day) bool {
	t.Helper()
	for k := range days {
		in.Days = []Day{day(k)}
		made, err := Looks(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, made...)
		if len(made) > 0 && made[0].Crossed {
			return true
		}
	}
	return false
}

// While nobody counts, a rate waits for users and not for conversions.
func TestRateWithoutUsersSaysSo(t *testing.T) {
	in := rateInput(14, experiment.SpendingPocock)
	in.addDay(set(), set())
	card, _, err := Analyze(in)
	if got := first(card).Sentence; err != nil || !strings.HasSuffix(got, ": no users yet.") {
		t.Errorf("%s, %v", got, err)
	}
}

// The first look of a rate waits for conversions to be expected in the smaller arm, by the rate
// of both arms together. It then spends what looks before would have spent.
func TestRateWaitsForConversions(t *testing.T) {
	for _, c := range []struct {
		name                         string
		control, treatment, of, then int64 // conversions and users a day
		first                        int
	}{
		{"rare", 18, 2, 900, 100, 10},
		{"all in control", 20, 0, 900, 100, 10},
		{"all in treatment", 0, 20, 900, 100, 10},
		{"nearly everybody", 882, 98, 900, 100, 10},
		{"even", 20, 20, 1000, 1000, 2},
		{"not rare", 180, 20, 900, 100, 2},
		{"too rare", 9, 1, 900, 100, 15},
	} {
		in := rateInput(14, experiment.SpendingPocock)
		in.Experiment.Statistics.MDE, in.Experiment.Statistics.HasMDE = 0.05, true
		for k := range int64(15) {
			in.addDay(converting((k+1)*c.of, (k+1)*c.control), converting((k+1)*c.then, (k+1)*c.treatment))
			card, added, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, added...)
			if got := first(card); (got.Look == 0) != (int(k)+1 < c.first) || (got.Verdict == TooEarly) != (got.Look == 0) {
				t.Errorf("%s, day %d: look %d, %s", c.name, k+1, got.Look, got.Verdict)
			}
			// While it waits its standard error says little, of the power too.
			if got := first(card); k > 0 && got.PowerSoFar.ok != (got.Look > 0) {
				t.Errorf("%s, day %d: look %d, power %v", c.name, k+1, got.Look, got.PowerSoFar)
			}
			// On the first day nobody's window is over yet.
			waits := strings.Contains(first(card).Sentence, "looks begin once 20 users of the smaller arm are expected to convert")
			if waits != (int(k)+1 < c.first && (k > 0 || c.first > 2)) {
				t.Errorf("%s, day %d: %s", c.name, k+1, first(card).Sentence)
			}
		}
		want := sequential.Spent(sequential.Pocock{}, float64(c.first-1)/14, 0.05, 2)
		if got := in.Looks[0].Spent; got != want {
			t.Errorf("%s: the first look spends %v, want %v", c.name, got, want)
		}
	}
}

// TestUnevenRareRate: one user in fifty converts and treatment gets a tenth of them. Looked at
// from the first day on, about three experiments in ten find something by Pocock's spending.
// Waiting for conversions leaves about one in fifteen.
func TestUnevenRareRate(t *testing.T) {
	const runs, looks, perDay, rate, share = 200, 28, 500, 0.02, 0.1
	draw := binomial(3)
	found := 0
	for range runs {
		in := rateInput(looks, experiment.SpendingPocock)
		var n, converted [2]int64
		if crosses(t, in, looks+1, func(k int) Day {
			treated := draw(perDay, share)
			n[0], n[1] = n[0]+perDay-treated, n[1]+treated
			converted[0], converted[1] = converted[0]+draw(perDay-treated, rate), converted[1]+draw(treated, rate)
			today := in
			today.addDay(converting(n[0], converted[0]), converting(n[1], converted[1]))
			today.Days[0].Through = day0.AddDate(0, 0, k+1)
			return today.Days[0]
		}) {
			found++
		}
	}
	if found > 25 {
		t.Errorf("%d of %d found an effect that is not there", found, runs)
	}
	t.Logf("%d of %d", found, runs)
}

// TestCountWaitsForConversions: a count of what most users never do is a rate in all but name, and
// has its first look on the same day. It does not wait for users who do not convert.
func TestCountWaitsForConversions(t *testing.T) {
	for _, c := range []struct {
		name                     string
		control, treatment, then int64 // conversions of 900 and of then users a day
		first                    int
	}{
		{"rare", 18, 2, 100, 10},
		{"all in control", 20, 0, 100, 10},
		{"all in treatment", 0, 20, 100, 10},
		{"everybody", 900, 100, 100, 2},
		{"tiny arm", 180, 0, 1, 15},
		{"of aggregates", 0, 0, 100, 2},
	} {
		in := rateInput(14, experiment.SpendingPocock)
		in.Experiment.Scorecard.Primary[0].Numerator.Aggregate = experiment.AggregateCount
		for k := range int64(15) {
			of := []int64{900 * (k + 1), c.then * (k + 1)}
			in.addDay(converting(of[0], of[0]/5), converting(of[1], of[1]/6))
			arms := in.Days[k].Metrics[0][0]
			arms[0].Converted, arms[1].Converted = (k+1)*c.control, (k+1)*c.treatment
			card, added, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			in.Looks = append(in.Looks, added...)
			got := first(card)
			if (got.Look == 0) != (int(k)+1 < c.first) {
				t.Errorf("%s, day %d: look %d, %s", c.name, k+1, got.Look, got.Verdict)
			}
			waits := strings.HasSuffix(got.Sentence, "looks begin once 20 users of the smaller arm are expected to convert.")
			if k > 0 && c.then > 1 && waits != (int(k)+1 < c.first) {
				t.Errorf("%s, day %d: %s", c.name, k+1, got.Sentence)
			}
		}
	}
}

// TestPhaseWithoutConversions: of a count, a phase in which nobody has converted has nothing of what looks
// wait for, however many users. It neither begins the looks nor takes the place of phases that do tell something.
func TestPhaseWithoutConversions(t *testing.T) {
	for _, c := range []struct {
		name                    string
		converted, second, look int64 // of 500 users an arm in the first phase; users an arm in the second
	}{
		{"few convert in the first", 5, 50, 0},
		{"few convert in the first, the second is large", 5, 200, 0},
		{"many convert in the first", 100, 50, 1},
		{"many convert in the first, the second is large", 100, 200, 1},
	} {
		in := rateInput(14, experiment.SpendingPocock)
		in.Experiment.Scorecard.Primary[0].Numerator.Aggregate = experiment.AggregateCount
		in.Phases = []Phase{{Weights: []float64{50, 50}}, {Weights: []float64{50, 50}}}
		some := Arm{Moments: converting(500, c.converted), Converted: c.converted}
		none := Arm{Moments: converting(c.second, 0)}
		for range 3 {
			in.addDay(some.Moments, some.Moments)
		}
		in.Days = in.Days[2:]
		in.Days[0].Metrics[0] = [][]Arm{{some, some}, {none, none}}
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		got := card.Metrics[0].Comparisons[0]
		if int64(got.Look) != c.look || got.Reason != "" || !got.Effect.SE.ok {
			t.Errorf("%s: look %d, %v, %s", c.name, got.Look, got.Effect, got.Reason)
		}
	}
}

// TestRampUp: for two days treatment gets one percent of the traffic, ten users in all, then half.
// With the ten, whose own variance nobody knows, one experiment in six finds something by
// Pocock's spending. Left out, they do no harm.
func TestRampUp(t *testing.T) {
	const runs, looks, perDay, rate = 200, 28, 500, 0.2
	draw := binomial(4)
	found := 0
	for range runs {
		in := rateInput(looks, experiment.SpendingPocock)
		in.Phases = []Phase{{Weights: []float64{99, 1}}, {Weights: []float64{50, 50}}}
		var n, converted [2][2]int64
		if crosses(t, in, looks+1, func(k int) Day {
			phase, share := 0, 0.01
			if k >= 2 {
				phase, share = 1, 0.5
			}
			treated := draw(perDay, share)
			for v, users := range []int64{perDay - treated, treated} {
				n[phase][v] += users
				converted[phase][v] += draw(users, rate)
			}
			day := Day{
				Date: day0.AddDate(0, 0, k).Format(time.DateOnly), Through: day0.AddDate(0, 0, k+1),
				Users: []int64{n[0][0] + n[1][0], n[0][1] + n[1][1]}, Several: []int64{0, 0}, Metrics: [][][]Arm{nil},
			}
			for p := range phase + 1 {
				var arms []Arm
				for v := range n[p] {
					arms = append(arms, Arm{Moments: converting(n[p][v], converted[p][v])})
				}
				day.Metrics[0] = append(day.Metrics[0], arms)
			}
			return day
		}) {
			found++
		}
	}
	if found > 20 {
		t.Errorf("%d of %d found an effect that is not there", found, runs)
	}
	t.Logf("%d of %d", found, runs)
}

// ratioInput is an experiment on money per order.
func ratioInput(days int) Input {
	e := testExperiment()
	e.Scorecard.Primary[0].Denominator = &experiment.Column{Event: "purchase", Aggregate: experiment.AggregateCount}
	e.Statistics.Spending.Name = experiment.SpendingPocock
	return testInput(e, days)
}

// TestRatioOfFew: a ratio that comes from a handful of users is not compared, and its looks wait
// for more of them. Of many users two might have an order, of much the same value.
func TestRatioOfFew(t *testing.T) {
	in := ratioInput(19)
	var arms [2]moments.Set
	for v := range arms {
		arms[v] = moments.New(2)
	}
	for k := range 20 {
		for v := range arms {
			for i := range 100 {
				if i < 2 {
					arms[v].Add(20+float64(i)/10+float64(v), 1)
				} else {
					arms[v].Add(0, 0)
				}
			}
		}
		in.addDay(arms[0].Clone(), arms[1].Clone())
		card, added, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, added...)
		got, carriers := first(card), 2*(k+1)
		switch {
		case carriers < 10 && got.Reason != "control: "+errFewCarriers.Error():
			t.Errorf("%d orders: %q", carriers, got.Reason)
		case (carriers < firstCarriers || k == 0) != (got.Look == 0):
			t.Errorf("%d orders: look %d", carriers, got.Look)
		case carriers >= 10 && carriers < firstCarriers && !strings.Contains(got.Sentence, "expected to have something to divide by"):
			t.Errorf("%d orders: %s", carriers, got.Sentence)
		}
	}
}

// TestUnevenRareRatio: one user in fifty has orders, of values that vary, and treatment gets a
// tenth of the users. Looked at from the first day on, most experiments find something that is
// not there by Pocock's spending.
func TestUnevenRareRatio(t *testing.T) {
	const runs, looks, perDay, rate, share = 200, 28, 500, 0.02, 0.1
	draw := binomial(5)
	values := rand.New(rand.NewPCG(6, 6))
	found := 0
	for range runs {
		in := ratioInput(looks)
		arms := [2]moments.Set{moments.New(2), moments.New(2)}
		if crosses(t, in, looks+1, func(k int) Day {
			treated := draw(perDay, share)
			for v, users := range []int64{perDay - treated, treated} {
				ordered := draw(users, rate)
				for i := range users {
					if i < ordered {
						orders := 1 + float64(values.IntN(2))
						arms[v].Add(orders*(20+5*values.NormFloat64()), orders)
					} else {
						arms[v].Add(0, 0)
					}
				}
			}
			today := in
			today.addDay(arms[0].Clone(), arms[1].Clone())
			today.Days[0].Through = day0.AddDate(0, 0, k+1)
			return today.Days[0]
		}) {
			found++
		}
	}
	if found > 30 {
		t.Errorf("%d of %d found an effect that is not there", found, runs)
	}
	t.Logf("%d of %d", found, runs)
}

// TestWhatLooksWaitForIsSaid: of tests whose looks wait for conversions. A fixed test has its look
// at the end, and a rare rate is tested by its conversions alone.
func TestWhatLooksWaitForIsSaid(t *testing.T) {
	for _, c := range []struct {
		method    experiment.Method
		procedure experiment.Procedure
		converted int64
		want      bool
	}{
		{experiment.MethodSequential, experiment.ProcedureGroupSequential, 10, true},
		{experiment.MethodSequential, experiment.ProcedureAlwaysValid, 10, true},
		{experiment.MethodSequential, experiment.ProcedureAlwaysValid, 5, false},
		{experiment.MethodFixed, experiment.ProcedureGroupSequential, 10, false},
	} {
		in := rateInput(14, experiment.SpendingPocock)
		in.Experiment.Statistics.Method, in.Experiment.Statistics.Procedure = c.method, c.procedure
		for k := range int64(2) {
			in.addDay(converting((k+1)*60, (k+1)*c.converted/2), converting((k+1)*60, (k+1)*c.converted/2))
		}
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := first(card); strings.Contains(got.Sentence, "looks begin once 20 users") != c.want || c.want && got.Look > 0 {
			t.Errorf("%s, %s, %d conversions: look %d, %s", c.method, c.procedure, c.converted, got.Look, got.Sentence)
		}
	}
}

// TestRatioOfFewInAnArm: either arm may have too few, and those of all phases count together.
func TestRatioOfFewInAnArm(t *testing.T) {
	ordering := func(n int) Arm {
		s := moments.New(2)
		for i := range 300 {
			if i < n {
				s.Add(20+float64(i%3), 1)
			} else {
				s.Add(0, 0)
			}
		}
		return Arm{Moments: s}
	}
	for _, c := range []struct {
		control, treatment []int // who order, per phase
		want               string
	}{
		{[]int{50}, []int{9}, "treatment: "},
		{[]int{9}, []int{50}, "control: "},
		{[]int{10}, []int{10}, ""},
		{[]int{5, 5}, []int{5, 5}, ""},
		{[]int{5, 5}, []int{4, 5}, "treatment: "},
		{[]int{5, 4}, []int{5, 5}, "control: "},
	} {
		var control, treatment []Arm
		for p := range c.control {
			control, treatment = append(control, ordering(c.control[p])), append(treatment, ordering(c.treatment[p]))
		}
		_, err := effectOf(plainPairs(cuped.Ratio(0, 1), len(control)), control, treatment)
		if (err != nil) != (c.want != "") || err != nil && err.Error() != c.want+errFewCarriers.Error() {
			t.Errorf("%v and %v: %v, want %q", c.control, c.treatment, err, c.want)
		}
	}
}
