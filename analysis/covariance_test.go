package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"readout/experiment"
	"readout/moments"
)

// TestCovarianceFromUsers: with the joint moments the covariance of the estimates at two
// looks is what the users in at both say, also for values that grow and for weights that
// change; with another look's it is the earlier look's own covariance over the users now.
func TestCovarianceFromUsers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	earlier, later, joint := moments.New(2), moments.New(2), moments.New(4)
	var users [][4]float64
	for i := range 550 {
		y, x := r.ExpFloat64(), r.NormFloat64()
		now := y + r.ExpFloat64()*y
		was, gone := i < 300, i < 50
		if was {
			earlier.Add(y, x)
		}
		if !gone {
			later.Add(now, x)
		}
		if was && !gone {
			joint.Add(y, x, now, x)
			users = append(users, [4]float64{y, x, now, x})
		}
	}
	at := day0.AddDate(0, 0, 1)
	before := []float64{1, -0.4}
	now := []float64{1, -0.7}
	var mean [2]float64
	for _, u := range users {
		mean[0] += (before[0]*u[0] + before[1]*u[1]) / 250
		mean[1] += (now[0]*u[2] + now[1]*u[3]) / 250
	}
	want := 0.0
	for _, u := range users {
		want += (before[0]*u[0] + before[1]*u[1] - mean[0]) * (now[0]*u[2] + now[1]*u[3] - mean[1]) / 249
	}
	want *= 250.0 / 300
	// Two phases with the same users, with shares of 1/4 and 3/4.
	want *= (0.25*0.25 + 0.75*0.75) / 500
	arms := func(previous *Joint) (e, l []LookArm) {
		for p, share := range []float64{0.25, 0.75} {
			e = append(e, lookArm(p, Arm{Moments: earlier}, before))
			l = append(l, lookArm(p, Arm{Moments: later, Previous: previous}, now))
			e[p].Share, l[p].Share = share, share
		}
		return e, l
	}
	e, l := arms(&Joint{Through: at, Moments: joint})
	if got, crossed := covariance(at, e, l); !crossed || !(math.Abs(got/want-1) <= 1e-12) {
		t.Errorf("covariance %v (from the users: %v), want %v", got, crossed, want)
	}
	// Of the users in at both 100 were not known at the earlier look.
	for p := range e {
		e[p].N, e[p].Cov = 150, []float64{joint.Cov(0, 0), joint.Cov(1, 0), joint.Cov(1, 1)}
	}
	if got, _ := covariance(at, e, l); !(math.Abs(got/(want*300/250)-1) <= 1e-12) {
		t.Errorf("with late users: covariance %v, want %v", got, want*300/250)
	}
	// Nor do they stand for those who left: of 300 who should have been in 250 stay.
	for p := range l {
		l[p].joint = &Joint{Through: at, Moments: joint, Earlier: moments.Set{N: 300}}
	}
	if got, _ := covariance(at, e, l); !(math.Abs(got/want-1) <= 1e-12) {
		t.Errorf("with late users and others who left: covariance %v, want %v", got, want)
	}
	// Half of the squares were known when the earlier look was tested, the rest came late. Those of
	// users who left since do not hide that.
	e, l = arms(&Joint{Through: at, Moments: joint, Earlier: earlier})
	if got, _ := covariance(at, e, l); !(math.Abs(got/want-1) <= 1e-12) {
		t.Errorf("with all rows in time: covariance %v, want %v", got, want)
	}
	for p := range e {
		for c := range e[p].Cov {
			e[p].Cov[c] /= 2
		}
	}
	if got, _ := covariance(at, e, l); !(math.Abs(got/(want/2)-1) <= 1e-12) {
		t.Errorf("with late rows: covariance %v, want %v", got, want/2)
	}
	// Without columns the number of users who stay is known.
	e, l = arms(&Joint{Through: at, Moments: moments.Set{N: 250}})
	stay := (0.25*0.25 + 0.75*0.75) / 500 * earlier.LinearCov(before, now) * 250 / 300
	if got, crossed := covariance(at, e, l); crossed || !(math.Abs(got/stay-1) <= 1e-12) {
		t.Errorf("by number: covariance %v (from the users: %v), want %v", got, crossed, stay)
	}
	standIn := (0.25*0.25 + 0.75*0.75) / 500 * earlier.LinearCov(before, now)
	alone := moments.New(2)
	alone.Add(1, 1)
	for name, previous := range map[string]*Joint{
		"of one user by now": {Through: at, Moments: moments.Set{N: 300}, Earlier: alone},
		"none":               nil, "of another look": {Through: day0, Moments: joint}, "of other columns": {Through: at, Moments: earlier},
	} {
		e, l := arms(previous)
		if got, crossed := covariance(at, e, l); crossed || !(math.Abs(got/standIn-1) <= 1e-12) {
			t.Errorf("%s: covariance %v (from the users: %v), want %v", name, got, crossed, standIn)
		}
	}
}

// TestCovarianceOfLateConversions: of 1000 users 500 have converted at the earlier look, and 200 more
// by rows that come late. Its estimate shares with the later one what those have who had converted by
// then, be the looks linked by users' columns or by their number.
func TestCovarianceOfLateConversions(t *testing.T) {
	tested, now := converting(1000, 500), converting(1000, 700)
	joint := moments.New(2)
	for i := range 1000 {
		converted := 0.0
		if i < 700 {
			converted = 1
		}
		joint.Add(converted, converted)
	}
	at := day0.AddDate(0, 0, 1)
	want := 0.5 * (1 - 0.7) / 1000
	for name, link := range map[string]moments.Set{"columns": joint, "number": {N: 1000}} {
		e := lookArm(0, Arm{Moments: tested}, []float64{1})
		l := lookArm(0, Arm{Moments: now, Previous: &Joint{Through: at, Moments: link, Earlier: now}}, []float64{1})
		e.Share, l.Share, e.Rate = 1, 1, Defined(0.5)
		if got, _ := covariance(at, []LookArm{e}, []LookArm{l}); !(math.Abs(got/want-1) <= 0.002) {
			t.Errorf("linked by %s: covariance %v, want %v", name, got, want)
		}
	}
}

// TestCovarianceOfLateRowsAndOfUsersGone: of 1000 users at the earlier look 200 should not have been in, by what is known by
// now, and half of the variance of the others has come late. What the two estimates share is what was known then of
// those 800.
func TestCovarianceOfLateRowsAndOfUsersGone(t *testing.T) {
	tested, now := set(), set()
	for i := range 1000 {
		then, late := float64(i%2), float64(i/2%2)
		tested.Add(then)
		if i < 800 {
			now.Add(then + late)
		}
	}
	checkKnownSince(t, tested, now, 800, tested.Cov(0, 0)/1000)
}

// TestCovarianceOfLateValues: nearly the same values of all users make less variance than those of some,
// while the others' have not come. Without columns of both looks those known by now stand in.
func TestCovarianceOfLateValues(t *testing.T) {
	tested, now := set(), set()
	for i := range 1000 {
		y := 10 + float64(i%2)
		now.Add(y)
		tested.Add(y * float64(i/2%2))
	}
	checkKnownSince(t, tested, now, 1000, now.Cov(0, 0)/1000)
}

// checkKnownSince compares the covariance of an arm that was tested with one set of users and is known by now
// to have been another, of whom so many stay at the later look, where the looks have no columns in common.
func checkKnownSince(t *testing.T, tested, now moments.Set, stay int64, want float64) {
	t.Helper()
	at := day0.AddDate(0, 0, 1)
	e := lookArm(0, Arm{Moments: tested}, []float64{1})
	l := lookArm(0, Arm{Moments: now, Previous: &Joint{Through: at, Moments: moments.Set{N: stay}, Earlier: now}}, []float64{1})
	e.Share, l.Share = 1, 1
	if got, _ := covariance(at, []LookArm{e}, []LookArm{l}); !(math.Abs(got/want-1) <= 1e-12) {
		t.Errorf("covariance %v, want %v", got, want)
	}
}

// TestRatesAreRecorded: looks of a rate, and of nothing else, record the share of users who converted.
func TestRatesAreRecorded(t *testing.T) {
	for aggregate, want := range map[experiment.Aggregate][]Number{
		experiment.AggregateAny: {Defined(0.2), Defined(0.25)}, experiment.AggregateSum: {{}, {}},
	} {
		e := testExperiment()
		e.Scorecard.Primary[0].Numerator.Aggregate = aggregate
		in := testInput(e, 14)
		in.addDay(moments.New(1), moments.New(1))
		in.addDay(converting(1000, 200), converting(1000, 250))
		looks, err := Looks(in)
		if err != nil || len(looks) != 1 {
			t.Fatal(looks, err)
		}
		if got := []Number{looks[0].Control[0].Rate, looks[0].Treatment[0].Rate}; !slices.Equal(got, want) {
			t.Errorf("%s: rates %v, want %v", aggregate, got, want)
		}
		if err := looks[0].Check(); err != nil {
			t.Errorf("%s: %v", aggregate, err)
		}
		looks[0].Treatment[0].Rate = Defined(1.01)
		if looks[0].Check() == nil {
			t.Errorf("%s: a rate above 1 is let through", aggregate)
		}
	}
}

// TestJointMomentsReachTheLooks: a metric without a window is no longer approximate when
// every look is linked to the one before.
func TestJointMomentsReachTheLooks(t *testing.T) {
	for _, crossed := range []bool{true, false} {
		w := worlds(4, 0.05)[0]
		w.open, w.crossed, w.perDay = true, crossed, 100
		c := w.run(t, 3)
		if c.Approximate == crossed || c.Look != 4 {
			t.Errorf("linked %v: approximate %v after %d looks", crossed, c.Approximate, c.Look)
		}
	}
	if !crossMoments(nil) || !crossMoments([]Look{{}}) || crossMoments([]Look{{}, {}}) {
		t.Error("a look needs a link with the one before, and the first look none")
	}
}
