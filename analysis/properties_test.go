package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"readout/experiment"
	"readout/moments"
)

// subject is a user of a trial.
type subject struct {
	// day is that of the first exposure, and phase the one it belongs to.
	day, phase int
	// What counts at first, by how much the value grows a day, and what was before.
	value, denominator, growth, before, denominatorBefore, missing float64
}

// trial is an experiment with its users, from which the inputs of its days are made.
type trial struct {
	experiment *experiment.Experiment
	control    string
	days       int
	phases     int
	// users are those of each variant, in the order of their exposures.
	users map[string][]subject
	// pieces, above 1, makes the moments of an arm from so many pieces that are merged, the
	// last ones first.
	pieces int
}

// columns returns what the metric needs of a user at the end of day k.
func (tr *trial) columns(s subject, k int) []float64 {
	m := tr.experiment.Scorecard.Primary[0]
	value := s.value
	if m.Window().Open {
		value += float64(k-s.day) * s.growth
	}
	covariate := tr.experiment.Statistics.Method == experiment.MethodSequentialCUPED
	switch {
	case m.Denominator != nil && covariate:
		return []float64{value, s.denominator, s.before, s.denominatorBefore, s.missing}
	case m.Denominator != nil:
		return []float64{value, s.denominator}
	case covariate:
		return []float64{value, s.before, s.missing}
	}
	return []float64{value}
}

// moments returns those of the users that are in by day in, with the columns that of gives.
func (tr *trial) moments(users []subject, in, columns int, of func(subject) []float64) moments.Set {
	parts := make([]moments.Set, max(1, tr.pieces))
	for i := range parts {
		parts[i] = moments.New(columns)
	}
	for i, s := range users {
		if s.day <= in {
			parts[i%len(parts)].Add(of(s)...)
		}
	}
	slices.Reverse(parts)
	all := parts[0]
	for _, p := range parts[1:] {
		all.Merge(p)
	}
	return all
}

// arm returns an arm in one phase as it stood at the end of day k.
func (tr *trial) arm(variant string, phase, k int) Arm {
	users := slices.DeleteFunc(slices.Clone(tr.users[variant]), func(s subject) bool { return s.phase != phase })
	columns := len(tr.columns(subject{}, 0))
	arm := Arm{Moments: tr.moments(users, k, columns, func(s subject) []float64 { return tr.columns(s, k) })}
	if k > 0 && tr.experiment.Scorecard.Primary[0].Window().Open {
		arm.Previous = &Joint{
			Through: day0.AddDate(0, 0, k),
			Moments: tr.moments(users, k-1, 2*columns, func(s subject) []float64 {
				return append(tr.columns(s, k-1), tr.columns(s, k)...)
			}),
			Earlier: tr.moments(users, k-1, columns, func(s subject) []float64 { return tr.columns(s, k-1) }),
		}
	}
	return arm
}

// run analyses the days one after the other and returns the last scorecard.
func (tr *trial) run(t *rapid.T) Scorecard {
	t.Helper()
	in := testInput(tr.experiment, tr.days)
	in.Control = tr.control
	for range tr.phases {
		weights := make([]float64, len(tr.experiment.Variants))
		for i, v := range tr.experiment.Variants {
			weights[i] = v.Traffic.Fraction()
		}
		in.Phases = append(in.Phases, Phase{Weights: weights})
	}
	var card Scorecard
	for k := range tr.days {
		day := Day{Date: day0.AddDate(0, 0, k).Format(time.DateOnly), Through: day0.AddDate(0, 0, k+1)}
		var metric [][]Arm
		for phase := range tr.phases {
			row := make([]Arm, len(tr.experiment.Variants))
			users, several := make([]int64, len(row)), make([]int64, len(row))
			for i, v := range tr.experiment.Variants {
				row[i] = tr.arm(v.Name, phase, k)
				users[i] = row[i].Moments.N
			}
			metric = append(metric, row)
			day.PhaseUsers, day.PhaseSeveral = append(day.PhaseUsers, users), append(day.PhaseSeveral, several)
		}
		for i := range tr.experiment.Variants {
			all := int64(0)
			for _, users := range day.PhaseUsers {
				all += users[i]
			}
			day.Users, day.Several = append(day.Users, all), append(day.Several, 0)
		}
		day.Metrics = [][][]Arm{metric}
		in.Days = append(in.Days, day)
		var added []Look
		var err error
		if card, added, err = Analyze(in); err != nil {
			t.Fatal(err)
		}
		in.Looks = append(in.Looks, added...)
	}
	return card
}

// with returns the trial with its own copy of everything, changed.
func (tr *trial) with(change func(*trial)) *trial {
	out := *tr
	e, m := *tr.experiment, *tr.experiment.Scorecard.Primary[0]
	e.Variants = slices.Clone(e.Variants)
	e.Scorecard.Primary = []*experiment.Metric{&m}
	out.experiment = &e
	out.users = make(map[string][]subject, len(tr.users))
	for name, users := range tr.users {
		out.users[name] = slices.Clone(users)
	}
	change(&out)
	return &out
}

// each changes every user.
func (tr *trial) each(change func(*subject)) {
	for _, users := range tr.users {
		for i := range users {
			change(&users[i])
		}
	}
}

// otherGoal turns the goal round.
func (tr *trial) otherGoal() {
	m := tr.experiment.Scorecard.Primary[0]
	if m.Goal == experiment.GoalIncrease {
		m.Goal = experiment.GoalDecrease
	} else {
		m.Goal = experiment.GoalIncrease
	}
}

// drawTrial draws a trial of two or three arms under any procedure.
func drawTrial(t *rapid.T) *trial {
	e := testExperiment()
	e.Variants = append(e.Variants, experiment.Variant{Name: "small", Traffic: experiment.Whole / 4})
	e.Variants = e.Variants[:rapid.IntRange(2, 3).Draw(t, "variants")]
	e.Statistics.Method = rapid.SampledFrom([]experiment.Method{
		experiment.MethodFixed, experiment.MethodSequential, experiment.MethodSequentialCUPED,
	}).Draw(t, "method")
	e.Statistics.CUPED = rapid.SampledFrom(experiment.CUPEDFits()).Draw(t, "cuped")
	e.Statistics.Procedure = rapid.SampledFrom(experiment.Procedures()).Draw(t, "procedure")
	e.Statistics.Correction = rapid.SampledFrom(experiment.Corrections()).Draw(t, "correction")
	e.Statistics.Spending.Name = rapid.SampledFrom([]experiment.SpendingName{
		experiment.SpendingOBrienFleming, experiment.SpendingPocock,
	}).Draw(t, "spending")
	m := e.Scorecard.Primary[0]
	m.Goal = rapid.SampledFrom(experiment.Goals()).Draw(t, "goal")
	m.Sides = rapid.SampledFrom(experiment.AllSides()).Draw(t, "sides")
	m.Numerator.Window = rapid.SampledFrom([]experiment.Window{{Open: true}, {To: 24 * time.Hour}}).Draw(t, "window")
	if rapid.Bool().Draw(t, "ratio") {
		d := m.Numerator
		m.Denominator = &d
	}
	tr := &trial{
		experiment: e, control: "control", users: make(map[string][]subject),
		days: rapid.IntRange(1, 4).Draw(t, "days"), phases: rapid.IntRange(1, 2).Draw(t, "phases"),
	}
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for _, v := range e.Variants {
		effect := rapid.SampledFrom([]float64{0, 0.2, 1, -0.5}).Draw(t, "effect of "+v.Name)
		for range rapid.IntRange(3, 150).Draw(t, "users of "+v.Name) {
			s := subject{day: random.IntN(tr.days), before: random.NormFloat64(), growth: random.Float64()}
			s.phase = s.day * tr.phases / tr.days
			s.value = 3 + effect + 0.7*s.before + math.Exp(random.NormFloat64())
			s.denominator, s.denominatorBefore = 1+float64(random.IntN(5)), 1+float64(random.IntN(3))
			if random.IntN(4) == 0 {
				s.before, s.denominatorBefore, s.missing = 0, 0, 1
			}
			tr.users[v.Name] = append(tr.users[v.Name], s)
		}
		slices.SortStableFunc(tr.users[v.Name], func(a, b subject) int { return a.day - b.day })
	}
	return tr
}

// expectation is how a comparison follows from another one.
type expectation struct {
	// factor is what effects are multiplied by; a negative one turns intervals round.
	factor float64
	// withLift says that lifts follow too: they are multiplied by the sign of factor.
	withLift bool
	verdict  func(Verdict) Verdict
}

func sameVerdict(v Verdict) Verdict { return v }

// otherVerdict is what the verdict becomes when only the sign of the effect changes.
func otherVerdict(v Verdict) Verdict {
	switch v {
	case Better:
		return Worse
	case Worse:
		return Better
	}
	return v
}

// check compares a comparison with the one it must follow from. What rounding does to it
// is small beside the standard error.
func (x expectation) check(t *rapid.T, was, is Comparison) {
	t.Helper()
	se := was.Effect.SE.Or(0)
	near := func(what string, want, got Number, factor, slack float64) {
		t.Helper()
		w, g := factor*want.Or(0), got.Or(0)
		if want.ok != got.ok || !(math.Abs(w-g) <= 1e-7*math.Abs(w)+slack) {
			t.Fatalf("%s is %v, want %v times %v", what, got, factor, want)
		}
	}
	interval := func(what string, lo, hi, isLo, isHi Number, factor, slack float64) {
		t.Helper()
		if factor < 0 {
			lo, hi = hi, lo
		}
		near("lower end of "+what, lo, isLo, factor, slack)
		near("upper end of "+what, hi, isHi, factor, slack)
	}
	sign := math.Copysign(1, x.factor)
	slack := 1e-8 * math.Abs(x.factor) * se
	near("effect", was.Effect.Value, is.Effect.Value, x.factor, slack)
	near("standard error", was.Effect.SE, is.Effect.SE, math.Abs(x.factor), 0)
	near("degrees of freedom", was.Effect.DF, is.Effect.DF, 1, 0)
	near("raw effect", was.Raw.Value, is.Raw.Value, x.factor, slack)
	near("raw standard error", was.Raw.SE, is.Raw.SE, math.Abs(x.factor), 0)
	near("z", was.Z, is.Z, sign, 1e-7)
	near("critical value", was.Critical, is.Critical, 1, 0)
	near("p", was.P, is.P, 1, 1e-9)
	near("logarithm of p", was.LnP, is.LnP, 1, 1e-5)
	near("adjusted p", was.PAdjusted, is.PAdjusted, 1, 1e-9)
	near("alpha spent", was.Spent, is.Spent, 1, 0)
	interval("the effect", was.Lo, was.Hi, is.Lo, is.Hi, x.factor, slack)
	if x.withLift {
		near("lift", was.Lift, is.Lift, sign, 1e-8)
		interval("the lift", was.LiftLo, was.LiftHi, is.LiftLo, is.LiftHi, sign, 1e-7)
	}
	if len(was.Looks) != len(is.Looks) {
		t.Fatalf("%d looks, want %d", len(is.Looks), len(was.Looks))
	}
	for k := range was.Looks {
		near(fmt.Sprintf("z of look %d", k+1), was.Looks[k].Z, is.Looks[k].Z, sign, 1e-7)
		near(fmt.Sprintf("critical value of look %d", k+1), was.Looks[k].Critical, is.Looks[k].Critical, 1, 0)
	}
	if is.Significant != was.Significant || is.Verdict != x.verdict(was.Verdict) || is.Reason != was.Reason {
		t.Fatalf("significant %v, verdict %s, reason %q; was %v, %s, %q",
			is.Significant, is.Verdict, is.Reason, was.Significant, was.Verdict, was.Reason)
	}
}

// TestInvariance: what is not about the users' values changes nothing, their unit and zero
// change only what has that unit, and turning the comparison round turns the result round.
func TestInvariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := drawTrial(t)
		was := tr.run(t)
		ratio := tr.experiment.Scorecard.Primary[0].Denominator != nil
		twoSided := tr.experiment.Scorecard.Primary[0].Sides == experiment.SidesTwo
		scale := rapid.SampledFrom([]float64{1e-6, 0.3, 1e7}).Draw(t, "scale")
		shift := rapid.Float64Range(-20, 20).Draw(t, "shift")
		same := expectation{factor: 1, withLift: true, verdict: sameVerdict}
		scaled := func(tr *trial, by float64) {
			tr.each(func(s *subject) { s.value *= by; s.growth *= by; s.before *= by })
		}
		all := func(what string, x expectation, change func(*trial)) {
			t.Helper()
			t.Log(what)
			is := tr.with(change).run(t)
			for _, c := range was.Metrics[0].Comparisons {
				got, ok := is.Metrics[0].comparison(c.Variant)
				if !ok {
					t.Fatalf("no comparison of %s", c.Variant)
				}
				x.check(t, c, got)
			}
		}
		all("the users in another order", same, func(tr *trial) {
			for _, users := range tr.users {
				slices.Reverse(users)
			}
		})
		all("the users in pieces, merged", same, func(tr *trial) { tr.pieces = 3 })
		all("the variants in another order", same, func(tr *trial) { slices.Reverse(tr.experiment.Variants) })
		all("in another unit", expectation{factor: scale, withLift: true, verdict: sameVerdict}, func(tr *trial) { scaled(tr, scale) })
		all("the opposite of everything", expectation{factor: -1, withLift: true, verdict: sameVerdict}, func(tr *trial) {
			scaled(tr, -1)
			tr.otherGoal()
		})
		if twoSided {
			all("the opposite values", expectation{factor: -1, withLift: true, verdict: otherVerdict}, func(tr *trial) { scaled(tr, -1) })
		}
		if !ratio {
			all("from another zero", expectation{factor: 1, verdict: sameVerdict}, func(tr *trial) {
				tr.each(func(s *subject) { s.value += shift; s.before += 2 * shift })
			})
		}
		t.Log("control and treatment swapped")
		// Under Holm's correction the rest of the family counts, which has another control then.
		alone := tr.with(func(tr *trial) { tr.experiment.Statistics.Correction = experiment.CorrectionBonferroni })
		there, _ := alone.run(t).Metrics[0].comparison("big")
		back := func(change func(*trial)) Comparison {
			swapped := alone.with(func(tr *trial) { tr.control = "big"; change(tr) }).run(t)
			c, _ := swapped.Metrics[0].comparison("control")
			// A reason names the arm that it is about, which now has the other part.
			if c.Reason != "" && there.Reason != "" {
				c.Reason = there.Reason
			}
			return c
		}
		expectation{factor: -1, verdict: sameVerdict}.check(t, there, back((*trial).otherGoal))
		if twoSided {
			expectation{factor: -1, verdict: otherVerdict}.check(t, there, back(func(*trial) {}))
		}
	})
}
