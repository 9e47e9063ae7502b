package analysis

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"readout/experiment"
	"readout/moments"
	"readout/sequential"
)

// alwaysValidExperiment is tested by the always-valid procedure.
func alwaysValidExperiment() *experiment.Experiment {
	e := testExperiment()
	e.Statistics.Procedure = experiment.ProcedureAlwaysValid
	return e
}

// TestAlwaysValidIsRunning: intervals lie inside those before, p never rises, and verdict,
// p, interval and lift follow from one rule.
func TestAlwaysValidIsRunning(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		effect := rapid.Float64Range(-1.5, 1.5).Draw(rt, "effect")
		e := alwaysValidExperiment()
		if rapid.Bool().Draw(rt, "one-sided") {
			e.Scorecard.Primary[0].Sides = experiment.SidesOne
		}
		control, big := newStream(10, 4, seed), newStream(10+effect, 4, seed+1)
		cards := daily(t, testInput(e, 8), func(int) []moments.Set {
			return []moments.Set{control.more(60), big.more(60)}
		}, 9)
		var before Comparison
		for _, card := range cards {
			c := first(card)
			if !c.Today {
				continue
			}
			if c.Spent.ok {
				rt.Fatalf("an always-valid test spends %v", c.Spent)
			}
			if before.P.ok && c.LnP.value > before.LnP.value {
				rt.Fatalf("%s: ln p rises from %v to %v", c.Looks[len(c.Looks)-1].Date, before.LnP, c.LnP)
			}
			for _, end := range []struct{ now, before Number }{{c.Lo, before.Lo}, {c.LiftLo, before.LiftLo}} {
				if end.before.ok && end.now.value < end.before.value {
					rt.Fatalf("the lower end falls from %v to %v", end.before, end.now)
				}
			}
			excludes := c.Lo.Or(0) > 0 || c.Hi.Or(0) < 0
			lift := c.LiftLo.Or(0) > 0 || c.LiftHi.Or(0) < 0
			small := c.LnP.value < math.Log(0.05)
			if c.Significant != excludes || lift != excludes || math.Abs(c.LnP.value-math.Log(0.05)) > 1e-9 && small != excludes {
				rt.Fatalf("significant %v, interval [%v, %v], lift [%v, %v], p %v", c.Significant, c.Lo, c.Hi, c.LiftLo, c.LiftHi, c.P)
			}
			if record := c.Record; record != nil && before.Record != nil && *record != *before.Record {
				rt.Fatalf("the record changed from %+v to %+v", before.Record, record)
			}
			before = c
		}
		if before.Look != 8 {
			rt.Fatalf("%d looks", before.Look)
		}
	})
}

// TestAlwaysValidBeforeAnyEffectIsEnough: tuned to very many users, a test of few degrees of
// freedom has no boundary at first. It has no interval then, and is not decided.
func TestAlwaysValidBeforeAnyEffectIsEnough(t *testing.T) {
	in := testInput(alwaysValidExperiment(), 8)
	in.PlannedUsers = 100_000_000
	control, big := newStream(10, 4, 1), newStream(30, 4, 2)
	cards := daily(t, in, func(int) []moments.Set {
		return []moments.Set{control.more(120), big.more(120)}
	}, 5)
	for _, card := range cards[1:] {
		if c := first(card); c.Verdict != TooEarly || c.Lo.ok || c.Hi.ok || c.Critical.ok || c.P.value < 0.5 || !c.Effect.Value.ok {
			t.Errorf("%s: %s, [%v, %v], p %v of an effect of %v", card.Date, c.Verdict, c.Lo, c.Hi, c.P, c.Effect.Value)
		}
	}
}

// TestAlwaysValidScale: the scale is tuned to the planned users at the first look, logged,
// and kept whatever comes; the first look waits for enough users.
func TestAlwaysValidScale(t *testing.T) {
	for _, c := range []struct {
		name    string
		planned int64
		tuned   float64
	}{
		{"planned", 8000, 8000},
		// The first look has 120 users per arm, on the third day: at a quarter of the clock,
		// which starts when the first window is over.
		{"not planned", 0, 240 * 8 / 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := testInput(alwaysValidExperiment(), 8)
			in.PlannedUsers = c.planned
			control, big := newStream(10, 4, 1), newStream(13, 4, 2)
			want, err := sequential.TuneMixture(c.tuned, 0.05, 2)
			if err != nil {
				t.Fatal(err)
			}
			for k := range 9 {
				in.addDay(control.more(40), big.more(40))
				card, looks, err := Analyze(in)
				if err != nil {
					t.Fatal(err)
				}
				if got := len(looks) == 1; got != (k >= 2) {
					t.Fatalf("day %d: %d looks with %d users", k+1, len(looks), in.Days[k].Metrics[0][0][0].Moments.N)
				}
				if len(looks) == 0 {
					continue
				}
				if got := looks[0].Scale.value; got != want.Scale {
					t.Errorf("day %d: scale %v, want %v", k+1, got, want.Scale)
				}
				radius, err := want.StudentCritical(looks[0].users(), 0.05, looks[0].DF)
				got := studentScore(looks[0].Critical.value, looks[0].DF)
				if err != nil || !radius.Finite || !(math.Abs(got-radius.Value) <= 1e-9) {
					t.Errorf("day %d: critical %v, radius %v, %v", k+1, got, radius, err)
				}
				p, err := want.StudentP(looks[0].Effect/looks[0].SE, looks[0].users(), looks[0].DF)
				if err != nil || looks[0].LnP > p.LogP || len(in.Looks) == 0 && looks[0].LnP != p.LogP {
					t.Errorf("day %d: ln p %v, of this look alone %v, %v", k+1, looks[0].LnP, p.LogP, err)
				}
				if !strings.HasPrefix(card.Plan.Sentence, "Always-valid test") || card.Plan.Spending != "" {
					t.Errorf("%q, spending %q", card.Plan.Sentence, card.Plan.Spending)
				}
				text, err := json.Marshal(looks)
				if err != nil {
					t.Fatal(err)
				}
				var logged []Look
				if err := json.Unmarshal(text, &logged); err != nil {
					t.Fatal(err)
				}
				if err := logged[0].Check(); err != nil {
					t.Error(err)
				}
				in.Looks = append(in.Looks, logged...)
			}
		})
	}
}

func TestIntersect(t *testing.T) {
	none := Number{}
	for _, c := range []struct{ beforeLo, beforeHi, lo, hi, wantLo, wantHi Number }{
		{none, none, Defined(1), Defined(2), Defined(1), Defined(2)},
		{Defined(1), Defined(2), none, none, Defined(1), Defined(2)},
		{Defined(1), Defined(3), Defined(2), Defined(4), Defined(2), Defined(3)},
		{Defined(1), Defined(2), Defined(3), Defined(4), Defined(2), Defined(2)},
		{Defined(3), Defined(4), Defined(1), Defined(2), Defined(3), Defined(3)},
		{Defined(1), none, Defined(0), none, Defined(1), none},
	} {
		if lo, hi := intersect(c.beforeLo, c.beforeHi, c.lo, c.hi); lo != c.wantLo || hi != c.wantHi {
			t.Errorf("%v: got %v and %v", c, lo, hi)
		}
	}
}

// TestAlwaysValidBegins: looks begin once each arm has the users that the test holds for.
func TestAlwaysValidBegins(t *testing.T) {
	for _, c := range []struct {
		control, big int
		want         int
	}{{99, 500, 0}, {500, 99, 0}, {100, 500, 1}, {500, 100, 1}} {
		in := testInput(alwaysValidExperiment(), 8)
		arms := []moments.Set{newStream(10, 4, 1).more(c.control), newStream(10, 4, 2).more(c.big)}
		in.addDay(arms...)
		in.addDay(arms...)
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := first(card).Look; got != c.want {
			t.Errorf("%d and %d users: look %d, want %d", c.control, c.big, got, c.want)
		}
	}
}

// TestAlwaysValidNeedsNewUsers: a day on which some arm got none is no look, also the last one.
func TestAlwaysValidNeedsNewUsers(t *testing.T) {
	control, big := newStream(10, 4, 1), newStream(10, 4, 2)
	added := [][2]int{{200, 200}, {1, 1}, {1, 0}, {0, 1}, {0, 0}, {1, 1}, {1, 0}}
	for k, card := range daily(t, testInput(alwaysValidExperiment(), len(added)-1), func(k int) []moments.Set {
		return []moments.Set{control.more(added[k][0]), big.more(added[k][1])}
	}, len(added)) {
		// The clock starts when the first window is over, with the second day.
		if got, want := first(card).Look, []int{0, 1, 1, 2, 2, 3, 3}[k]; got != want {
			t.Errorf("%s: %d looks, want %d", card.Date, got, want)
		}
	}
}

// TestAlwaysValidKeepsTheLiftOfBefore: where control has come close to 0 by now, the lift has the limits that
// it had at the looks before.
func TestAlwaysValidKeepsTheLiftOfBefore(t *testing.T) {
	control, big := newStream(10, 4, 1), newStream(11, 4, 2)
	cards := daily(t, testInput(alwaysValidExperiment(), 8), func(k int) []moments.Set {
		if k == 3 {
			control.mean, big.mean = -29, -29
		}
		return []moments.Set{control.more(200), big.more(200)}
	}, 4)
	before, now := first(cards[2]), first(cards[3])
	if now.Look != 3 || now.LiftLo != before.LiftLo || now.LiftHi != before.LiftHi || !now.LiftLo.ok || now.LiftUnbounded || now.LiftReason != "" {
		t.Errorf("look %d, lift in [%v, %v], unbounded %v, %q; before [%v, %v]",
			now.Look, now.LiftLo, now.LiftHi, now.LiftUnbounded, now.LiftReason, before.LiftLo, before.LiftHi)
	}
}
