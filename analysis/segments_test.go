package analysis

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"readout/experiment"
	"readout/moments"
)

// segmentOf makes the counts and arms of a segment whose users are all in one phase.
func segmentOf(kind SegmentKind, value string, metrics int, arms ...moments.Set) DaySegment {
	s := DaySegment{Kind: kind, Value: value, PhaseUsers: [][]int64{nil}, PhaseSeveral: [][]int64{nil}}
	var row []Arm
	for _, set := range arms {
		s.Users, s.Several = append(s.Users, set.N), append(s.Several, 0)
		row = append(row, Arm{Moments: set, Converted: set.N / 2})
	}
	s.PhaseUsers[0], s.PhaseSeveral[0] = s.Users, s.Several
	for range metrics {
		s.Metrics = append(s.Metrics, [][]Arm{row})
	}
	return s
}

// sized returns arms of n users in all, of which nobody differs from an arm to the other.
func sized(n int64) []moments.Set {
	half := moments.New(1)
	for i := range n / 2 {
		half.Add(float64(i % 2))
	}
	rest := half.Clone()
	if n%2 == 1 {
		rest.Add(0.5)
	}
	return []moments.Set{half, rest}
}

// segmented returns an input of one day whose users are those of the segments.
func segmented(e *experiment.Experiment, segments ...DaySegment) Input {
	in := testInput(e, 14)
	var whole DaySegment
	for _, s := range segments {
		whole.merge(s)
	}
	sets := make([]moments.Set, len(e.Variants))
	for v := range sets {
		sets[v] = whole.Metrics[0][0][v].Moments
	}
	in.addDay(sets...)
	d := in.today()
	d.Users, d.Several, d.PhaseUsers, d.PhaseSeveral = whole.Users, whole.Several, whole.PhaseUsers, whole.PhaseSeveral
	d.Metrics = whole.Metrics
	d.Segments = []DaySegments{{Column: "country", Segments: segments}}
	return in
}

func TestPooledSegments(t *testing.T) {
	of := func(value string, n int64) DaySegment { return segmentOf(SegmentValue, value, 1, sized(n)...) }
	missing := func(n int64) DaySegment { return segmentOf(SegmentMissing, "", 1, sized(n)...) }
	other := func(n int64) DaySegment { return segmentOf(SegmentOther, "", 1, sized(n)...) }
	for _, c := range []struct {
		name string
		in   []DaySegment
		want string
	}{
		{"nothing", nil, ""},
		{"all large", []DaySegment{of("AT", 200), of("DE", 900)}, "value AT 200, value DE 900"},
		{"the missing one comes behind the values", []DaySegment{missing(300), of("DE", 200)}, "value DE 200, missing  300"},
		{"small ones are pooled", []DaySegment{of("AT", 199), of("CH", 7), of("DE", 200)}, "value DE 200, other  206"},
		{"a small missing one too", []DaySegment{missing(199), of("DE", 200)}, "value DE 200, other  199"},
		{"with those pooled before", []DaySegment{of("AT", 199), of("DE", 200), other(1000)}, "value DE 200, other  1199"},
		{"a large rest is no value", []DaySegment{other(5000)}, "other  5000"},
		{"no more than three", []DaySegment{of("a", 300), of("b", 400), of("c", 500), of("d", 600)}, "value b 400, value c 500, value d 600, other  300"},
		{"of equals the first", []DaySegment{of("a", 300), of("b", 300), of("c", 300), of("d", 300)}, "value a 300, value b 300, value c 300, other  300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, s := range pooledSegments(c.in, 200, 3) {
				arms := s.Metrics[0][0]
				if n := arms[0].Moments.N + arms[1].Moments.N; n != sum(s.Users) || n != sum(s.PhaseUsers[0]) {
					t.Errorf("%q: %d users in the moments, %v, %v in the phase", s.Value, n, s.Users, s.PhaseUsers)
				}
				got = append(got, fmt.Sprintf("%s %s %d", s.Kind, s.Value, sum(s.Users)))
			}
			if have := strings.Join(got, ", "); have != c.want {
				t.Errorf("got  %s\nwant %s", have, c.want)
			}
		})
	}
}

// A badly split segment is not pooled for its small arm: that would hide it.
func TestSegmentWithAnEmptyArmIsToldApart(t *testing.T) {
	lost := segmentOf(SegmentValue, "DE", 1, sized(400)[0], moments.New(1))
	got := pooledSegments([]DaySegment{lost}, 200, 3)
	if len(got) != 1 || got[0].Kind != SegmentValue {
		t.Errorf("got %+v", got)
	}
}

// normalArms returns one arm per mean, each of n users with the columns value, what was
// before, and whether history is missing.
func normalArms(random *rand.Rand, n int, means ...float64) []moments.Set {
	var out []moments.Set
	for _, mean := range means {
		set := moments.New(3)
		for range n {
			before := random.NormFloat64()
			missing := float64(random.IntN(10) / 9)
			set.Add(mean+before+random.NormFloat64(), before*(1-missing), missing)
		}
		out = append(out, set)
	}
	return out
}

// A segment's result is that of an experiment which has only the segment's users and is
// looked at once, whatever the scorecard's method.
func TestSegmentIsTheFixedAnalysisOfItsUsers(t *testing.T) {
	for _, c := range []struct {
		name   string
		method experiment.Method
		sides  experiment.Sides
		goal   experiment.Goal
		lin    bool
	}{
		{"sequential", experiment.MethodSequential, experiment.SidesTwo, experiment.GoalIncrease, false},
		{"CUPED", experiment.MethodSequentialCUPED, experiment.SidesTwo, experiment.GoalDecrease, false},
		{"interacted", experiment.MethodSequentialCUPED, experiment.SidesTwo, experiment.GoalIncrease, true},
		{"one-sided", experiment.MethodSequential, experiment.SidesOne, experiment.GoalDecrease, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := testExperiment()
			e.Statistics.Method = c.method
			if c.lin {
				e.Statistics.CUPED = experiment.CUPEDInteracted
			}
			e.Scorecard.Primary[0].Sides, e.Scorecard.Primary[0].Goal = c.sides, c.goal
			random := rand.New(rand.NewPCG(7, 7))
			segments := []DaySegment{
				segmentOf(SegmentValue, "AT", 1, normalArms(random, 300, 5, 5.3)...),
				segmentOf(SegmentValue, "DE", 1, normalArms(random, 500, 7, 6.6)...),
			}
			card, _, err := Analyze(segmented(e, segments...))
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range segments {
				alone := *e
				alone.Statistics.Method = experiment.MethodFixed
				only := segmented(&alone, s)
				if c.method == experiment.MethodSequential {
					// Without adjustment the covariates are not looked at.
					for v := range only.Days[0].Metrics[0][0] {
						only.Days[0].Metrics[0][0][v].Moments = firstColumn(s.Metrics[0][0][v].Moments)
					}
				}
				want, _, err := Analyze(only)
				if err != nil {
					t.Fatal(err)
				}
				m, whole := card.Segments.Columns[0].Segments[i].Metrics[0], want.Metrics[0]
				got, have := m.Comparisons[0], whole.Comparisons[0]
				if !got.Effect.SE.ok || !got.P.ok {
					t.Fatalf("no estimate: %+v", got)
				}
				if diff := cmp.Diff(SegmentComparison{
					Variant: "big", Effect: have.Effect, Raw: have.Raw, Lo: have.Lo, Hi: have.Hi,
					Lift: have.Lift, LiftLo: have.LiftLo, LiftHi: have.LiftHi,
					P: have.P, LnP: have.LnP, Q: got.Q, Alpha: have.Alpha,
				}, got); diff != "" {
					t.Errorf("%s (- alone, + segment):\n%s", s.Value, diff)
				}
				if diff := cmp.Diff(whole.Variants, m.Variants); diff != "" {
					t.Errorf("%s, variants (- alone, + segment):\n%s", s.Value, diff)
				}
			}
		})
	}
}

// latencies makes a segment of 120 users an arm, of whom so many have values, up to three each.
func latencies(value string, withValues ...int) DaySegment {
	random := rand.New(rand.NewPCG(uint64(len(value)), uint64(withValues[0])))
	s := segmentOf(SegmentValue, value, 1, sized(240)...)
	for v, n := range withValues {
		users := make(userValues, 120)
		for i := range users[:n] {
			slow := random.ExpFloat64()
			for range 1 + random.IntN(3) {
				users[i] = append(users[i], slow+random.Float64()+0.1*float64(v))
			}
		}
		s.Metrics[0][0][v] = users.arm()
	}
	return s
}

// Quantiles by segment are those of the segment's users alone, also of users who are pooled.
func TestQuantilesBySegment(t *testing.T) {
	segments := []DaySegment{latencies("AT", 110, 120), latencies("Germany", 120, 115), latencies("a", 60, 61), latencies("bc", 55, 70)}
	for i := range segments[2:] {
		s := &segments[2+i]
		s.Users = []int64{60, 60}
		s.PhaseUsers = [][]int64{s.Users}
	}
	e := testExperiment()
	e.Scorecard.Primary[0] = quantileMetric(0.5)
	card, _, err := Analyze(segmented(e, segments...))
	if err != nil {
		t.Fatal(err)
	}
	pooled := segmentOf(SegmentOther, "", 1, sized(240)...)
	for v := range pooled.Users {
		values := func(s DaySegment) userValues { return s.Metrics[0][0][v].Values.(userValues) }
		pooled.Metrics[0][0][v] = slices.Concat(values(segments[2]), values(segments[3])).arm()
	}
	shown := card.Segments.Columns[0].Segments
	for i, users := range []DaySegment{segments[0], segments[1], pooled} {
		alone := *e
		alone.Statistics.Method = experiment.MethodFixed
		want, _, err := Analyze(segmented(&alone, users))
		if err != nil {
			t.Fatal(err)
		}
		whole, m := want.Metrics[0], shown[i].Metrics[0]
		if diff := cmp.Diff(whole.Variants, m.Variants); diff != "" {
			t.Errorf("%s %s, variants (- alone, + segment):\n%s", shown[i].Kind, shown[i].Value, diff)
		}
		have, got := whole.Comparisons[0], m.Comparisons[0]
		if !got.P.ok || got.Effect != have.Effect || got.P != have.P || got.Lo != have.Lo || got.Lift != have.Lift {
			t.Errorf("%s %s: %+v, alone %+v", shown[i].Kind, shown[i].Value, got, have)
		}
	}
	if len(shown) != 3 || shown[2].Kind != SegmentOther {
		t.Errorf("%d segments, the last of them %s", len(shown), shown[len(shown)-1].Kind)
	}
}

// firstColumn returns the moments of the first column alone.
func firstColumn(s moments.Set) moments.Set {
	return moments.Set{N: s.N, Mean: s.Mean[:1], C: s.C[:1]}
}

// Nothing else of the scorecard depends on segments whose users are split as planned.
func TestSegmentsChangeNothingElse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	in := segmented(testExperiment(),
		segmentOf(SegmentValue, "AT", 1, normalArms(random, 300, 5, 5.3)...),
		segmentOf(SegmentMissing, "", 1, normalArms(random, 400, 5, 9)...))
	with, looks, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	in.today().Segments = nil
	without, same, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	if with.Segments == nil || without.Segments != nil {
		t.Fatalf("segments %v and %v", with.Segments, without.Segments)
	}
	with.Segments = nil
	with.Checks = slices.DeleteFunc(with.Checks, func(c Check) bool { return c.Name == CheckSegmentRatio && c.Severity == OK })
	if diff := cmp.Diff(without, with); diff != "" {
		t.Errorf("(- without, + with):\n%s", diff)
	}
	if diff := cmp.Diff(same, looks); diff != "" {
		t.Errorf("looks (- without, + with):\n%s", diff)
	}
}

// The q-values are over all comparisons of all columns, segments and metrics.
func TestSegmentFamily(t *testing.T) {
	e := testExperiment()
	e.Scorecard.Secondary = []*experiment.Metric{testMetric("orders")}
	random := rand.New(rand.NewPCG(3, 4))
	in := segmented(e,
		segmentOf(SegmentValue, "AT", 2, normalArms(random, 200, 5, 5.2)...),
		segmentOf(SegmentValue, "DE", 2, normalArms(random, 200, 5, 5.6)...))
	in.today().Segments = append(in.today().Segments, in.today().Segments[0])
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	var p, q []float64
	for _, column := range card.Segments.Columns {
		for _, s := range column.Segments {
			for _, m := range s.Metrics {
				p = append(p, m.Comparisons[0].P.Or(-1))
				q = append(q, m.Comparisons[0].Q.Or(-1))
			}
		}
	}
	if len(p) != 8 || card.Segments.Comparisons != 8 {
		t.Errorf("%d p-values, a family of %d", len(p), card.Segments.Comparisons)
	}
	if diff := cmp.Diff(benjaminiHochberg(p), q); diff != "" {
		t.Errorf("q-values of %v (- want, + got):\n%s", p, diff)
	}
	if !strings.Contains(card.Segments.Sentence, "all 8 comparisons") {
		t.Errorf("the sentence is %q", card.Segments.Sentence)
	}
}

func TestSegmentsWithoutAnEstimate(t *testing.T) {
	proportion := func(e *experiment.Experiment) {
		e.Scorecard.Primary[0].Numerator.Aggregate = experiment.AggregateAny
	}
	converted := func(n int64) DaySegment {
		s := segmentOf(SegmentValue, "DE", 1, sized(400)...)
		for v := range s.Metrics[0][0] {
			s.Metrics[0][0][v].Converted = n
		}
		return s
	}
	quantile := func(e *experiment.Experiment) { e.Scorecard.Primary[0] = quantileMetric(0.5) }
	small := segmentOf(SegmentOther, "", 1, sized(190)...)
	few := segmentOf(SegmentValue, "DE", 1, sized(400)...)
	few.Metrics = segmentOf(SegmentValue, "DE", 1, sized(190)...).Metrics
	empty := segmentOf(SegmentValue, "DE", 1, moments.New(1), sized(500)[0])
	constant := segmentOf(SegmentValue, "DE", 1, set(slices.Repeat([]float64{3}, 150)...), set(slices.Repeat([]float64{3}, 150)...))
	for _, c := range []struct {
		name    string
		segment DaySegment
		change  func(*experiment.Experiment)
		reason  string
	}{
		{"a rest of few users", small, nil, "95 users in control: too few for the normal approximation"},
		{"just enough users", segmentOf(SegmentValue, "DE", 1, sized(200)...), nil, ""},
		{"few users whose window is over", few, nil, "95 users in control: too few for the normal approximation"},
		{"few converted", converted(9), proportion, "9 converted of 200 users in control: too few for the normal approximation"},
		{"few did not convert", converted(191), proportion, "191 converted of 200 users in control: too few for the normal approximation"},
		{"enough converted", converted(10), proportion, ""},
		{"a mean of few who converted", converted(9), nil, "9 converted of 200 users in control: too few for the normal approximation"},
		{"a mean of enough", converted(10), nil, ""},
		{"a mean of all", converted(200), nil, ""},
		{"an empty arm", empty, nil, "no users yet"},
		{"no variation", constant, nil, "no variation: every user has the same value"},
		{"a quantile without values", segmentOf(SegmentValue, "DE", 1, sized(400)...), quantile, "control: no values yet"},
		{"a quantile of few values", latencies("DE", 99, 99), quantile, "99 in control have values: too few for the normal approximation"},
		{"a quantile", latencies("DE", 100, 100), quantile, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := testExperiment()
			if c.change != nil {
				c.change(e)
			}
			card, _, err := Analyze(segmented(e, c.segment))
			if err != nil {
				t.Fatal(err)
			}
			m := card.Segments.Columns[0].Segments[0].Metrics[0]
			got := m.Comparisons[0]
			if got.Reason != c.reason {
				t.Errorf("reason %q, want %q", got.Reason, c.reason)
			}
			if defined := got.P.ok || got.Q.ok || got.Lo.ok || got.Lift.ok || got.Effect.SE.ok; defined == (c.reason != "") {
				t.Errorf("defined %v with reason %q: %+v", defined, got.Reason, got)
			}
			if _, err := json.Marshal(card); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("a metric that was not computed", func(t *testing.T) {
		in := segmented(testExperiment(), segmentOf(SegmentValue, "DE", 1, sized(400)...))
		in.today().Segments[0].Segments[0].Metrics = [][][]Arm{nil}
		in.today().Metrics = [][][]Arm{nil}
		in.today().Caps = [][]Cap{{{Of: "value", Problem: CapIsZero}}}
		card, _, err := Analyze(in)
		if err != nil {
			t.Fatal(err)
		}
		m := card.Segments.Columns[0].Segments[0].Metrics[0]
		if m.Reason != CapIsZero || m.Comparisons[0].Reason != CapIsZero {
			t.Errorf("got %+v", m)
		}
	})
}

// counted returns a segment with so many users per variant and phase, and no metric's.
func counted(value string, phases ...[]int64) DaySegment {
	s := DaySegment{Kind: SegmentValue, Value: value, PhaseUsers: phases}
	for _, users := range phases {
		s.Users = addCounts(s.Users, users)
		s.PhaseSeveral = append(s.PhaseSeveral, make([]int64, len(users)))
	}
	s.Several = make([]int64, len(s.Users))
	arms := make([][]Arm, len(phases))
	for p := range arms {
		for range s.Users {
			arms[p] = append(arms[p], Arm{Moments: moments.New(1)})
		}
	}
	s.Metrics = [][][]Arm{arms}
	return s
}

// mismatches returns the values whose split is not the planned one, and the check.
func mismatches(t *testing.T, in Input) (string, Check) {
	t.Helper()
	card, _, err := Analyze(in)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, s := range card.Segments.Columns[0].Segments {
		if s.Split.Mismatch {
			values = append(values, s.Value)
		}
	}
	for _, c := range card.Checks {
		if c.Name == CheckSegmentRatio {
			return strings.Join(values, " "), c
		}
	}
	return strings.Join(values, " "), Check{}
}

func TestSegmentSplits(t *testing.T) {
	bad := counted("DE", []int64{5300, 4700})
	good := func(value string) DaySegment { return counted(value, []int64{2000, 2010}) }
	t.Run("as planned", func(t *testing.T) {
		got, check := mismatches(t, segmented(testExperiment(), good("AT"), good("DE")))
		if got != "" || check.Severity != OK || check.Sentence != "The split between arms is as planned in each of 2 segments." {
			t.Errorf("mismatches %q, check %+v", got, check)
		}
	})
	t.Run("not as planned", func(t *testing.T) {
		in := segmented(testExperiment(), good("AT"), bad)
		got, check := mismatches(t, in)
		if got != "DE" || check.Severity != Alarm || !strings.Contains(check.Sentence, `country "DE": largest deviation 6.00%`) {
			t.Errorf("mismatches %q, check %+v", got, check)
		}
		card, _, err := Analyze(in)
		if err != nil || card.Recommendation.Action != ActionInvestigate {
			t.Errorf("recommendation %+v, error %v", card.Recommendation, err)
		}
	})
	t.Run("too few users", func(t *testing.T) {
		card, _, err := Analyze(segmented(testExperiment(), good("AT"), counted("CH", []int64{4, 4})))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"", fewForSplit} {
			if split := card.Segments.Columns[0].Segments[i].Split; split.Reason != want || split.P.ok != (want == "") {
				t.Errorf("split %+v, want the reason %q", split, want)
			}
		}
	})
	t.Run("corrected for the number of segments", func(t *testing.T) {
		lnE := logSplitE([]int64{5215, 4785}, []float64{1, 1}, splitConcentration)
		if !(lnE > math.Log(1000) && lnE < math.Log(3000)) {
			t.Fatalf("the e-value of this case is e^%v: want it between 1000 and 3000", lnE)
		}
		border := counted("DE", []int64{5215, 4785})
		if got, _ := mismatches(t, segmented(testExperiment(), border)); got != "DE" {
			t.Errorf("alone: mismatches %q", got)
		}
		got, check := mismatches(t, segmented(testExperiment(), good("AT"), good("CH"), border))
		if got != "" || check.Severity != OK || check.Numbers[3].Value != Defined(0.001/3) {
			t.Errorf("of three: mismatches %q, check %+v", got, check)
		}
	})
	t.Run("by phase", func(t *testing.T) {
		in := segmented(testExperiment(), counted("DE", []int64{9000, 1000}, []int64{1000, 9000}))
		in.Phases = []Phase{{Weights: []float64{0.9, 0.1}}, {Weights: []float64{0.1, 0.9}}}
		if got, check := mismatches(t, in); got != "" || check.Severity != OK {
			t.Errorf("as planned in every phase: mismatches %q, check %+v", got, check)
		}
		in.Phases[1].Weights = []float64{0.9, 0.1}
		if got, _ := mismatches(t, in); got != "DE" {
			t.Errorf("the second phase is not: mismatches %q", got)
		}
	})
	t.Run("before exclusion", func(t *testing.T) {
		left := counted("DE", []int64{5000, 4400})
		left.Several, left.PhaseSeveral = []int64{0, 600}, [][]int64{{0, 600}}
		if got, _ := mismatches(t, segmented(testExperiment(), left)); got != "" {
			t.Errorf("those left out are counted where they were first: mismatches %q", got)
		}
	})
	t.Run("too few", func(t *testing.T) {
		in := segmented(testExperiment(), counted("DE", []int64{4, 3}))
		got, check := mismatches(t, in)
		if got != "" || check.Name != "" {
			t.Errorf("mismatches %q, check %+v", got, check)
		}
	})
}

// The same users give the same bytes.
func TestSegmentsAreTheSameEachTime(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var segments []DaySegment
	for i := range 30 {
		segments = append(segments, segmentOf(SegmentValue, fmt.Sprintf("v%02d", i), 1, normalArms(random, 100+i%3, 5, 5)...))
	}
	var first []byte
	for range 3 {
		card, _, err := Analyze(segmented(testExperiment(), segments...))
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(card)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(card.Segments.Columns[0].Segments); n != mostSegments+1 {
			t.Fatalf("%d segments", n)
		}
		if first == nil {
			first = data
		}
		if string(data) != string(first) {
			t.Fatal("two analyses differ")
		}
	}
}
