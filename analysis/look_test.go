package analysis

import (
	"strings"
	"testing"

	"readout/moments"
)

// TestLooksThatCannotBeTrue: a look of the log that nobody can have taken is an error that
// names what is wrong with it.
func TestLooksThatCannotBeTrue(t *testing.T) {
	in := testInput(testExperiment(), 14)
	in.addDay(moments.New(1), moments.New(1))
	in.addDay(scoring(2, 2)...)
	looks, err := Looks(in)
	if err != nil || len(looks) != 1 {
		t.Fatal(looks, err)
	}
	if err := looks[0].Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*Look)
		says   string
	}{
		{func(l *Look) { l.Alpha, l.Spent = 0, 0 }, "alpha is 0"},
		{func(l *Look) { l.Alpha = 1 }, "alpha is 1"},
		{func(l *Look) { l.Time = -0.1 }, "time is -0.1"},
		{func(l *Look) { l.Time = 1.1 }, "time is 1.1"},
		{func(l *Look) { l.Spent = -0.01 }, "spent is -0.01"},
		{func(l *Look) { l.Spent = 0.06 }, "spent is 0.06"},
		{func(l *Look) { l.SE = 0 }, "se is 0"},
		{func(l *Look) { l.DF = 0 }, "df is 0"},
		{func(l *Look) { l.LnP = 0.1 }, "ln_p is 0.1"},
		{func(l *Look) { l.Number = 0 }, "look is 0"},
		{func(l *Look) { l.Scale = Defined(0) }, "scale is 0"},
		{func(l *Look) { l.BetaSpent = -0.1 }, "beta_spent is -0.1"},
		{func(l *Look) { l.BetaSpent = 1 }, "beta_spent is 1"},
		{func(l *Look) { l.Control = []LookArm{{N: 10, Weights: []float64{1}}} }, "an arm has 1 weights, 0 covariances and 10 users"},
		{func(l *Look) { l.Treatment = []LookArm{{Weights: []float64{1}, Cov: []float64{1}}} }, "an arm has 1 weights, 1 covariances and 0 users"},
		{func(l *Look) { l.Control = []LookArm{{N: 10, Rate: Defined(-0.1)}} }, "an arm has a rate of -0.1"},
		{func(l *Look) { l.Control = []LookArm{{N: 10, Rate: Defined(1.1)}} }, "an arm has a rate of 1.1"},
	} {
		l := looks[0]
		c.change(&l)
		if err := l.Check(); err == nil || !strings.HasSuffix(err.Error(), "look of test on 2026-01-06: "+c.says) {
			t.Errorf("%v, want %q", err, c.says)
		}
	}
}

// TestLiftOfALookWithoutBoundary: on a day without a look there is as little an interval of the lift as
// there was at the last one, which is no sign that control may be 0.
func TestLiftOfALookWithoutBoundary(t *testing.T) {
	in := testInput(testExperiment(), 364)
	cards := daily(t, in, func(k int) []moments.Set { return scoring(2, min(k+1, 2)) }, 3)
	for _, card := range cards[1:] {
		c := first(card)
		if c.Look != 1 || c.Critical.ok || !c.Lift.ok || c.LiftUnbounded || c.LiftReason != "" {
			t.Errorf("%s: look %d, boundary %v, lift %v, unbounded %v, %q", card.Date, c.Look, c.Critical, c.Lift, c.LiftUnbounded, c.LiftReason)
		}
	}
	if first(cards[1]).AsOf != "" || first(cards[2]).AsOf == "" {
		t.Error("the last day is not one without a look")
	}
}
