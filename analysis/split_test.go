package analysis

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"readout/experiment"
)

// splitOf returns the check of the split and its e-value, in logarithm.
func splitOf(t *testing.T, in Input) (Check, float64) {
	t.Helper()
	a := analyzer{in: &in, day: in.today(), control: in.control()}
	check := a.sampleRatioCheck()
	for _, n := range check.Numbers {
		if n.Name == "ln_e_value" {
			return check, n.Value.value
		}
	}
	return check, math.NaN()
}

// users appends a day with the users per variant so far, all of one phase.
func (in *Input) users(users ...int64) {
	in.Days = append(in.Days, Day{Users: users, Several: make([]int64, len(users))})
}

// An alarm stays when the split evens out later: it was not chance.
func TestSplitAlarmStays(t *testing.T) {
	in := testInput(testExperiment(), 3)
	in.users(1000, 1000)
	if check, e := splitOf(t, in); check.Severity != OK || e > 0 {
		t.Errorf("%s at ln e %v", check.Severity, e)
	}
	in.users(2300, 2000)
	check, e := splitOf(t, in)
	if check.Severity != Alarm || e < math.Log(1000) {
		t.Errorf("%s at ln e %v", check.Severity, e)
	}
	in.users(5000, 5000)
	if check, later := splitOf(t, in); check.Severity != Alarm || later != e {
		t.Errorf("%s at ln e %v, was %v", check.Severity, later, e)
	}
}

// The e-value needs no minimum of users: an arm that is to get one in a thousand and gets
// half is an alarm though less than five users are expected in it.
func TestSplitAlarmOfSmallArm(t *testing.T) {
	e := testExperiment()
	e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole*999/1000, experiment.Whole/1000
	in := testInput(e, 3)
	in.users(100, 100)
	if check, ln := splitOf(t, in); check.Severity != Alarm {
		t.Errorf("%s at ln e %v: %s", check.Severity, ln, check.Sentence)
	}
	in.Days = nil
	in.users(100, 0)
	if check, ln := splitOf(t, in); check.Severity != Info || !strings.Contains(check.Sentence, "not enough users") {
		t.Errorf("%s at ln e %v: %s", check.Severity, ln, check.Sentence)
	}
}

// Where all users came while one variant got all the traffic there is no split, but there are users.
func TestSplitOfOneVariant(t *testing.T) {
	e := testExperiment()
	e.Variants[0].Traffic, e.Variants[1].Traffic = experiment.Whole, 0
	in := testInput(e, 3)
	for users, want := range map[int64]string{0: noUsersSentence, 500: noSplitSentence} {
		in.Days = nil
		in.users(users, 0)
		if check, _ := splitOf(t, in); check.Severity != Info || check.Sentence != want {
			t.Errorf("%d users: %s, %s", users, check.Severity, check.Sentence)
		}
	}
}

// A phase of a few users neither hides an alarm nor keeps the chi-square from being computed.
func TestSplitWithAPhaseOfFewUsers(t *testing.T) {
	in := testInput(testExperiment(), 3)
	in.Phases = []Phase{{Weights: []float64{50, 50}}, {Weights: []float64{90, 10}}}
	day := func(first ...int64) Check {
		second := []int64{3, 0}
		in.Days = []Day{{
			Users: []int64{first[0] + second[0], first[1] + second[1]}, Several: make([]int64, 2),
			PhaseUsers: [][]int64{first, second}, PhaseSeveral: [][]int64{{0, 0}, {0, 0}},
		}}
		check, _ := splitOf(t, in)
		return check
	}
	if check := day(2300, 2000); check.Severity != Alarm {
		t.Errorf("%s: %s", check.Severity, check.Sentence)
	}
	check := day(2010, 2000)
	if df := check.Numbers[2].Value.value; check.Severity != OK || df != 1 {
		t.Errorf("%s: %s, %v degrees of freedom", check.Severity, check.Sentence, df)
	}
}

// What would be suspect at a single look is no alarm at one of many.
func TestSplitIsLookedAtDaily(t *testing.T) {
	in := testInput(testExperiment(), 3)
	in.users(50_370, 49_300)
	if check, _ := splitOf(t, in); check.Severity != Info || check.Numbers[0].Value.value > 0.001 || !strings.Contains(check.Sentence, "within what looking every day brings") {
		t.Errorf("%+v", check)
	}
}

// TestSplitFalseAlarms: looked at on 60 days, a right split raises the alarm in no more
// than a thousandth of the experiments, where the chi-square at 0.001 would do so far more often.
func TestSplitFalseAlarms(t *testing.T) {
	const runs, alarm = 5000, 0.001
	r := rand.New(rand.NewPCG(7, 7))
	alarms, classic := 0, 0
	weights := []float64{0.7, 0.3}
	binomial := distuv.Binomial{N: 200, P: 0.3, Src: r}
	for range runs {
		users := []int64{0, 0}
		var alarmed, suspect bool
		for range 60 {
			n := int64(200)
			b := int64(binomial.Rand())
			users[0] += n - b
			users[1] += b
			alarmed = alarmed || logSplitE(users, weights, splitConcentration) > -math.Log(alarm)
			c, _ := sampleRatio(users, weights)
			suspect = suspect || c.p < alarm
		}
		if alarmed {
			alarms++
		}
		if suspect {
			classic++
		}
	}
	if limit := runs*alarm + 3*math.Sqrt(runs*alarm); float64(alarms) > limit {
		t.Errorf("%d of %d right splits raise the alarm, at most %.0f should", alarms, runs, limit)
	}
	if classic < 5*alarms || classic < 5 {
		t.Errorf("chi-square raises it in %d, the e-value in %d", classic, alarms)
	}
}

// Phases have their own weights: a stopped variant is no mismatch, and users it gets
// nevertheless are an alarm, unless they are the few who come before the service knows of it.
func TestSplitOfPhases(t *testing.T) {
	e := testExperiment()
	e.Variants = append(e.Variants, experiment.Variant{Name: "third"})
	in := testInput(e, 3)
	in.Phases = []Phase{{Weights: []float64{0.4, 0.3, 0.3}}, {Weights: []float64{0.4, 0.3, 0}}}
	day := func(second ...int64) {
		in.Days = []Day{{
			Users: []int64{4000 + second[0], 3000 + second[1], 3000 + second[2]}, Several: make([]int64, 3),
			PhaseUsers: [][]int64{{4000, 3000, 3000}, second}, PhaseSeveral: [][]int64{{0, 0, 0}, {0, 0, 0}},
		}}
	}
	day(8000, 6000, 0)
	check, e1 := splitOf(t, in)
	if check.Severity != OK || check.Numbers[2].Value.value != 3 || check.Numbers[3].Value.value != 0 {
		t.Errorf("%+v", check)
	}
	want := logSplitE([]int64{4000, 3000, 3000}, in.Phases[0].Weights, splitConcentration) +
		logSplitE([]int64{8000, 6000, 0}, in.Phases[1].Weights, splitConcentration)
	if !(math.Abs(e1-want) <= 1e-9) {
		t.Errorf("ln e %v, the phases' product %v", e1, want)
	}
	day(8000, 5000, 0)
	if check, _ := splitOf(t, in); check.Severity != Alarm {
		t.Errorf("%+v", check)
	}
	zero := func(third, users int64, want Severity, sentence string) {
		t.Helper()
		day(8000, 6000, third)
		a := analyzer{in: &in, day: in.today()}
		check, ok := a.zeroWeightCheck(nil)
		if ok != (want != "") || check.Severity != want || ok && check.Numbers[0].Value.value != float64(users) || !strings.HasPrefix(check.Sentence, sentence) {
			t.Errorf("%d users: %+v", third, check)
		}
	}
	zero(0, 0, "", "")
	zero(24, 24, Info, "Variant third has 24 users from after its traffic ended")
	zero(25, 25, Alarm, "Variant third has 25 users from a time in which it gets no traffic")
	// It never had traffic before.
	in.Phases[0].Weights, in.Phases[1].Weights = in.Phases[1].Weights, in.Phases[0].Weights
	zero(0, 3000, Alarm, "Variant third has 3,000 users")
	in.Phases[0].Weights, in.Phases[1].Weights = in.Phases[1].Weights, in.Phases[0].Weights
	in.Phases = nil
	day(8000, 6000, 0)
	in.Days[0].PhaseUsers, e.Variants[2].Traffic = nil, experiment.Whole/3
	if check, _ := splitOf(t, in); check.Severity != Alarm {
		t.Errorf("without phases the stopped variant is missing: %+v", check)
	}
}

// What is planned for all users is planned phase by phase: the plan of today alone would
// call users badly split who came while another was in force.
func TestPlannedSplit(t *testing.T) {
	e := testExperiment()
	in := testInput(e, 3)
	in.Days = []Day{{Users: []int64{1000, 300}, Several: []int64{0, 0}, PhaseUsers: [][]int64{{820, 80}, {180, 220}}, PhaseSeveral: [][]int64{{0, 0}, {0, 0}}}}
	a := analyzer{in: &in, day: in.today()}
	if got := a.plannedSplit(a.day); got != nil {
		t.Errorf("%v in one phase", got)
	}
	in.Phases = []Phase{{Weights: []float64{9, 1}}, {Weights: []float64{0.5, 0.5}}}
	got := a.header().History[0].Planned
	if len(got) != 2 || !(math.Abs(got[0]-1010) <= 1e-9) || !(math.Abs(got[1]-290) <= 1e-9) {
		t.Errorf("planned %v, want 1010 and 290", got)
	}
}

// The split is tested by everybody where they were first, who never leave that count again.
func TestSplitBeforeExclusions(t *testing.T) {
	in := testInput(testExperiment(), 3)
	in.Days = []Day{{Users: []int64{10_000, 10_000}, Several: []int64{900, 100}}}
	check, e := splitOf(t, in)
	after := logSplitE([]int64{10_000, 10_000}, []float64{1, 1}, splitConcentration)
	before := logSplitE([]int64{10_900, 10_100}, []float64{1, 1}, splitConcentration)
	if check.Severity != Alarm || !(math.Abs(e-before) <= 1e-9) || !strings.Contains(check.Sentence, "users: control 51.90%, planned 50%; big 48.10%, planned 50%; p") {
		t.Errorf("%s at ln e %v, want %v: %s", check.Severity, e, before, check.Sentence)
	}
	in.Experiment.SeveralVariants = experiment.SeveralFirst
	if check, e := splitOf(t, in); check.Severity != OK || !(math.Abs(e-after) <= 1e-9) {
		t.Errorf("users counted where they were first are no others: %s at ln e %v", check.Severity, e)
	}
}

// Leaving users out alarms where it hits one arm more than another, by a test that may be
// looked at daily; a split that is not the planned one is another check's.
func TestSeveralHitsArmsAlike(t *testing.T) {
	for _, c := range []struct {
		name           string
		users, several [][]int64
		mode           experiment.SeveralVariants
		want           Severity
		share          float64
		tested         bool
	}{
		{"alike", [][]int64{{10_000, 10_000}}, [][]int64{{80, 75}}, experiment.SeveralExclude, Info, 155. / 20_155, true},
		{"unlike", [][]int64{{10_000, 10_000}}, [][]int64{{80, 20}}, experiment.SeveralExclude, Alarm, 100. / 20_100, true},
		{"unlike, for a single look only", [][]int64{{50_000, 50_000}}, [][]int64{{300, 210}}, experiment.SeveralExclude, Info, 510. / 100_510, true},
		{"unlike, and nobody left out", [][]int64{{10_000, 10_000}}, [][]int64{{80, 20}}, experiment.SeveralFirst, Info, 100. / 20_000, true},
		{"unlike on an earlier day", [][]int64{{9_000, 9_000}, {10_000, 10_000}}, [][]int64{{80, 20}, {140, 75}}, experiment.SeveralExclude, Alarm, 215. / 20_215, true},
		{"a split that was not planned", [][]int64{{15_000, 5_000}}, [][]int64{{75, 25}}, experiment.SeveralExclude, Info, 100. / 20_100, true},
		{"many", [][]int64{{10_000, 10_000}}, [][]int64{{150, 150}}, experiment.SeveralExclude, Warning, 300. / 20_300, true},
		{"many, and nobody left out", [][]int64{{10_000, 10_000}}, [][]int64{{150, 150}}, experiment.SeveralFirst, Warning, 300. / 20_000, true},
		{"too few to say", [][]int64{{19_000, 1_000}}, [][]int64{{0, 8}}, experiment.SeveralExclude, Info, 8. / 20_008, false},
	} {
		in := testInput(testExperiment(), 3)
		in.Experiment.SeveralVariants = c.mode
		for k := range c.users {
			in.Days = append(in.Days, Day{Users: c.users[k], Several: c.several[k]})
		}
		a := analyzer{in: &in, day: in.today(), control: in.control()}
		check, ok := a.severalCheck(nil)
		if !ok || check.Severity != c.want {
			t.Errorf("%s: %s, %v: %s", c.name, check.Severity, check.Numbers, check.Sentence)
		}
		if got := check.Numbers[1].Value.Or(0); got != c.share || len(check.Numbers) > 2 != c.tested {
			t.Errorf("%s: share %v, want %v; %v", c.name, got, c.share, check.Numbers)
		}
		if c.want != Alarm && !strings.Contains(check.Sentence, "seen in more than one variant") {
			t.Errorf("%s: %q", c.name, check.Sentence)
		}
	}
}

// TestSameShareOfArmsWithUsers: an arm without users takes no part, and two arms have to be left.
func TestSameShareOfArmsWithUsers(t *testing.T) {
	want, ok := sameShare([]int64{8, 20}, []int64{92, 180})
	if got, gotOK := sameShare([]int64{8, 0, 20}, []int64{92, 0, 180}); !ok || !gotOK || got != want {
		t.Errorf("%+v, %v, want %+v", got, gotOK, want)
	}
	if got, ok := sameShare([]int64{8, 0}, []int64{92, 0}); ok {
		t.Errorf("of one arm %+v", got)
	}
}

// TestSeveralFalseAlarms: users who leave both arms alike alarm in no more than a thousandth of
// the experiments, on all days together.
func TestSeveralFalseAlarms(t *testing.T) {
	const runs, alarm = 4000, 0.001
	r := rand.New(rand.NewPCG(8, 8))
	alarms := 0
	for range runs {
		users := []int64{0, 0}
		alarmed := false
		for range 60 {
			for range 10 {
				users[r.IntN(2)]++
			}
			alarmed = alarmed || logSplitE(users, []float64{1, 1}, severalConcentration) > -math.Log(alarm)
		}
		if alarmed {
			alarms++
		}
	}
	if limit := runs*alarm + 3*math.Sqrt(runs*alarm); float64(alarms) > limit {
		t.Errorf("%d of %d alarm, at most %.0f should", alarms, runs, limit)
	}
}
