package analysis

import (
	"encoding/csv"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"readout/cuped"
	"readout/experiment"
	"readout/internal/goldentest"
	"readout/moments"
)

// userValues holds the values of each user.
type userValues [][]float64

func (u userValues) Len() int {
	n := 0
	for _, values := range u {
		n += len(values)
	}
	return n
}

func (u userValues) Quantiles(probabilities ...float64) []float64 {
	values := slices.Sorted(slices.Values(slices.Concat(u...)))
	if len(values) == 0 {
		return nil
	}
	var out []float64
	for _, p := range probabilities {
		at := min(max(p, 0), 1) * float64(len(values)-1)
		i := int(at)
		next := values[min(i+1, len(values)-1)]
		out = append(out, values[i]+(at-float64(i))*(next-values[i]))
	}
	return out
}

func (u userValues) AtMost(x float64) moments.Set {
	s := moments.New(2)
	for _, values := range u {
		if len(values) == 0 {
			continue
		}
		below := 0.0
		for _, v := range values {
			if v <= x {
				below++
			}
		}
		s.Add(below, float64(len(values)))
	}
	return s
}

func (u userValues) Pool(more SegmentValues) SegmentValues {
	return slices.Concat(u, more.(userValues))
}

// arm returns the arm of a quantile metric.
func (u userValues) arm() Arm {
	a := Arm{Moments: moments.New(1), Values: u}
	for _, values := range u {
		a.Moments.Add(float64(len(values)))
		if len(values) > 0 {
			a.Converted++
		}
	}
	return a
}

// single gives every value a user of its own.
func (u userValues) single() userValues {
	var out userValues
	for _, v := range slices.Concat(u...) {
		out = append(out, []float64{v})
	}
	return out
}

func quantileMetric(p float64) *experiment.Metric {
	m := testMetric("latency")
	m.Numerator.Aggregate, m.Quantile = "", p
	return m
}

// compareQuantiles compares two arms of one phase.
func compareQuantiles(p float64, control, treatment Arm) (effect, error) {
	phases := withQuantiles(quantileMetric(p), [][]Arm{{control, treatment}})
	fit := cuped.Fit(cuped.Model{Outcome: cuped.Column(0)}, control.Moments, treatment.Moments)
	return effectOf([]pair{{control: fit, treatment: fit}}, phases[0][:1], phases[0][1:])
}

// goldenArm is an arm as sums over its users with values.
type goldenArm struct {
	Total    int64   `json:"n"`
	P        float64 `json:"nu"`
	Quantile float64 `json:"quantile_hat"`
	Lower    float64 `json:"quantile_lower"`
	Upper    float64 `json:"quantile_upper"`

	Sum        float64 `json:"main_sum"`
	Squares    float64 `json:"main_sum_squares"`
	Counts     float64 `json:"denominator_sum"`
	CountsSq   float64 `json:"denominator_sum_squares"`
	Products   float64 `json:"main_denominator_sum_product"`
	NumberUser int64   `json:"n_clusters"`
}

func (g goldenArm) Len() int { return int(g.Total) }

func (g goldenArm) Quantiles(...float64) []float64 { return []float64{g.Quantile, g.Lower, g.Upper} }

// AtMost returns the sums as moments, or without any those of users with one value each.
func (g goldenArm) AtMost(float64) moments.Set {
	if g.NumberUser == 0 {
		n := float64(g.Total)
		g.Sum = math.Round(n * g.P)
		g.Squares, g.Products, g.Counts, g.CountsSq, g.NumberUser = g.Sum, g.Sum, n, n, g.Total
	}
	n := float64(g.NumberUser)
	return moments.Set{
		N: g.NumberUser, Mean: []float64{g.Sum / n, g.Counts / n},
		C: []float64{g.Squares - g.Sum*g.Sum/n, g.Products - g.Sum*g.Counts/n, g.CountsSq - g.Counts*g.Counts/n},
	}
}

// correction returns the squared standard error for values that are taken as independent
// over that of users with one value each, whose correction for dependence is estimated here
// all the same: it is the variance of a share over p(1 − p), and takes (n − 1)/n back.
func correction(values SingleValues, p, at float64) float64 {
	n := float64(values.Len())
	share := values.AtMost(at).Mean[0]
	return (n - 1) / n * p * (1 - p) / (share * (1 - share))
}

type goldenQuantile struct {
	Raw              string
	P                float64 `json:"nu"`
	Clustered        bool
	A, B             goldenArm
	Type, Difference string
	Alpha            float64
}

// TestGoldenQuantiles: quantile and standard error are those of gbstats where users with
// several values are corrected for; where they are not, there, the correction is taken back
// before. It counts values as degrees of freedom, users are counted here, and lifts are
// Fieller's here.
func TestGoldenQuantiles(t *testing.T) {
	cases := goldenCases[goldenQuantile](t, "quantiles.json")
	out := goldentest.Tally{File: "quantiles.json", Cases: len(cases)}
	for _, c := range cases {
		in := c.Input
		if in.Raw != "" {
			values := goldenValues(t, in.Raw)
			why, factor := "", 1.0
			if !in.Clustered {
				values = values.single()
				factor = correction(values, in.P, c.Expected["quantile"].(float64))
				why = "values of a user as independent; held with our correction taken back"
			}
			q := estimateQuantile(in.P, values)
			if q.err != nil {
				t.Errorf("%s: %v", c.ID, q.err)
			}
			c.holds(t, "quantile", q.value, 0)
			c.holds(t, "se_mean", math.Sqrt(q.variance*factor), 0)
			out.Add(why)
			continue
		}
		out.Add(goldenQuantiles(t, c))
	}
	out.Log(t)
}

// goldenQuantiles holds a comparison.
func goldenQuantiles(t *testing.T, c goldenCase[goldenQuantile]) string {
	in := c.Input
	arm := func(g goldenArm) Arm {
		return Arm{Moments: moments.Set{N: g.Total, Mean: []float64{1}, C: []float64{0}}, Values: g}
	}
	e, err := compareQuantiles(in.A.P, arm(in.A), arm(in.B))
	if c.Expected["error"] != nil {
		if !strings.Contains(err.Error(), errFewValues.Error()) {
			t.Errorf("%s: %v", c.ID, err)
		}
		return "no effect, interval or p but a reason where nothing can be said"
	}
	if err != nil {
		t.Errorf("%s: %v", c.ID, err)
		return ""
	}
	p := partsOf(t, e)
	why := ""
	if in.A.NumberUser == 0 {
		p.varC *= correction(in.A, in.A.P, 0)
		p.varT *= correction(in.B, in.B.P, 0)
		why = "values of a user as independent; held with our correction taken back"
	} else {
		why = "degrees of freedom from values instead of those near the quantile; held with theirs"
	}
	how := test{alpha: in.Alpha, sides: 2, direction: 1}
	ci := c.Expected["ci"].([]any)
	switch {
	case strings.HasPrefix(c.Source, "gbstats") && strings.Contains(c.Source, "Sequential"):
		c.holds(t, "effect", p.effect(), 1e-13)
		c.holds(t, "se", p.se(), 0)
		return "sequential interval tuned to a number of values, ours to users; difference and standard error held"
	case in.Difference == "relative":
		c.holds(t, "effect", fieller(e, -1).value.Or(math.NaN()), 1e-14)
		c.holds(t, "se", p.liftSE(), 0)
		c.judge(t, how, p.lift(), p.liftSE(), p.df(), "p", ci[0], ci[1])
		return "lift tested by the delta method, ours by the test of the difference; held with it"
	}
	c.holds(t, "effect", p.effect(), 1e-13)
	c.holds(t, "se", p.se(), 0)
	c.judge(t, how, p.effect(), p.se(), p.df(), "p", ci[0], ci[1])
	return why
}

// goldenValues reads a sample of values by user.
func goldenValues(t *testing.T, name string) userValues {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out userValues
	for _, row := range rows[1:] {
		user, err := strconv.Atoi(row[0])
		if err != nil {
			t.Fatal(err)
		}
		value, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		for len(out) <= user {
			out = append(out, nil)
		}
		out[user] = append(out[user], value)
	}
	return out
}

// draw returns users with up to four values that depend on each other, and some with none.
func draw(random *rand.Rand, users int) userValues {
	out := make(userValues, users)
	for i := range out {
		own := random.NormFloat64()
		for range random.IntN(5) {
			out[i] = append(out[i], math.Exp(own+0.5*random.NormFloat64()))
		}
	}
	return out
}

// TestQuantileVariance: over many samples, the standard errors are as large as quantiles
// vary, though users have several values, and the covariance of two looks is what was
// logged at the earlier one.
func TestQuantileVariance(t *testing.T) {
	const samples, few, early, late = 1500, 50, 300, 500
	random := rand.New(rand.NewPCG(5, 6))
	for _, p := range []float64{0.5, 0.9} {
		var at moments.Set = moments.New(2)
		var variance, cov, independent float64
		for i := range samples {
			u := draw(random, late)
			a, b := estimateQuantile(p, u[:early]), estimateQuantile(p, u)
			at.Add(a.value, b.value)
			variance += b.variance / samples
			if i < few {
				independent += estimateQuantile(p, u.single()).variance / few
			}
			var looks [2][]LookArm
			for i, q := range []quantile{a, b} {
				x, err := q.part(0, Arm{Moments: moments.Set{N: []int64{early, late}[i]}})
				if err != nil {
					t.Fatal(err)
				}
				x.look.Share = 1
				looks[i] = []LookArm{x.look}
			}
			c, crossed := covariance(day0, looks[0], looks[1])
			if crossed {
				t.Fatal("linked by users")
			}
			cov += c / samples
		}
		if ratio := variance / at.Cov(1, 1); ratio < 0.9 || ratio > 1.2 {
			t.Errorf("p = %v: squared standard error is %.3f times the variance", p, ratio)
		}
		if ratio := cov / at.Cov(0, 1); ratio < 0.9 || ratio > 1.2 {
			t.Errorf("p = %v: covariance of the looks is %.3f times the right one", p, ratio)
		}
		if independent > 0.8*variance {
			t.Errorf("p = %v: the values hardly depend on each other", p)
		}
	}
}

// TestQuantileWithMoreValues: values that come from users already in lower the correlation
// with the look before.
func TestQuantileWithMoreValues(t *testing.T) {
	a := quantile{values: 300, users: 90, value: 5, variance: 0.04}
	b := quantile{values: 600, users: 95, value: 5, variance: 0.02}
	arm := Arm{Moments: moments.Set{N: 100}}
	x, errA := a.part(0, arm)
	y, errB := b.part(0, arm)
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	x.look.Share, y.look.Share = 1, 1
	for _, c := range []struct {
		later part
		want  float64
	}{{x, 0.04}, {y, 0.02}} {
		if got, _ := covariance(day0, []LookArm{x.look}, []LookArm{c.later.look}); !(math.Abs(got/c.want-1) <= 1e-12) {
			t.Errorf("covariance %v, want %v", got, c.want)
		}
	}
}

// TestQuantileOfThoseWhoStay: the covariance with the look before is that of the users who are in at
// both looks.
func TestQuantileOfThoseWhoStay(t *testing.T) {
	q := quantile{values: 300, users: 90, value: 5, variance: 0.04}
	before, errA := q.part(0, Arm{Moments: moments.Set{N: 100}})
	now, errB := q.part(0, Arm{Moments: moments.Set{N: 100}, Previous: &Joint{
		Through: day0, Moments: moments.Set{N: 60}, Earlier: converting(100, 90), // who have values
	}})
	if err := errors.Join(errA, errB); err != nil {
		t.Fatal(err)
	}
	before.look.Share, now.look.Share = 1, 1
	if got, _ := covariance(day0, []LookArm{before.look}, []LookArm{now.look}); !(math.Abs(got/(0.6*0.04)-1) <= 1e-12) {
		t.Errorf("covariance %v, want 0.6 of the variance", got)
	}
}

// TestQuantileNotDefined: what has no standard error has a reason.
func TestQuantileNotDefined(t *testing.T) {
	good := draw(rand.New(rand.NewPCG(7, 8)), 400)
	same := make(userValues, 400)
	oneUser := userValues{nil}
	large := make(userValues, 400)
	alike := make(userValues, 50) // every user has the same share below
	for i := range 400 {
		same[i] = []float64{3}
		oneUser[0] = append(oneUser[0], float64(i))
		large[i] = []float64{math.Copysign(math.MaxFloat64, float64(i%2)-0.5)}
	}
	for i := range alike {
		alike[i] = []float64{-1 - float64(i), 1 + float64(i)}
	}
	for _, c := range []struct {
		name   string
		p      float64
		values userValues
		want   string
	}{
		{"no value", 0.5, make(userValues, 400), errNoValues.Error()},
		{"few for a high quantile", 0.99, good[:100], errFewValues.Error()},
		{"few for a low quantile", 0.01, good[:100], errFewValues.Error()},
		{"all equal", 0.5, same, errTies.Error()},
		{"users alike", 0.5, alike, errTies.Error()},
		{"one user", 0.5, oneUser, cuped.ErrOneUser.Error()},
		{"large", 0.5, large, errTooLarge.Error()},
	} {
		_, err := compareQuantiles(c.p, good.arm(), c.values.arm())
		if err == nil || err.Error() != "treatment: "+c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestQuantilePhaseOfFew: a phase in which an arm has too few values for an interval takes no part, however many
// users it has, and does not leave the comparison without a result: it may be over for good.
func TestQuantilePhaseOfFew(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	enough := []Arm{draw(random, 300).arm(), draw(random, 300).arm()}
	want, err := compareQuantiles(0.95, enough[0], enough[1])
	if err != nil {
		t.Fatal(err)
	}
	few := draw(random, 300)
	for i := range few[20:] {
		few[20+i] = nil
	}
	one := make(userValues, 300)
	for range 200 {
		one[0] = append(one[0], random.NormFloat64())
	}
	for _, c := range []struct {
		name string
		arm  userValues
		want string
	}{
		{"few values", few, errFewValues.Error()},
		{"no values", make(userValues, 300), errNoValues.Error()},
		{"values of one user", one, cuped.ErrOneUser.Error()},
	} {
		phases := withQuantiles(quantileMetric(0.95), [][]Arm{enough, {draw(random, 300).arm(), c.arm.arm()}})
		fits := make([]pair, 2)
		got, err := effectOf(fits, []Arm{phases[0][0], phases[1][0]}, []Arm{phases[0][1], phases[1][1]})
		if err != nil || got.value != want.value || got.se != want.se {
			t.Errorf("%s: %v ± %v, %v, want %v ± %v", c.name, got.value, got.se, err, want.value, want.se)
		}
		if _, err := effectOf(fits[:1], phases[1][:1], phases[1][1:]); err == nil || err.Error() != "treatment: "+c.want {
			t.Errorf("%s alone: %v", c.name, err)
		}
	}
}

// TestQuantileTies: where equal values reach to one end of the interval, the other half
// stands for both, and has half of the degrees of freedom.
func TestQuantileTies(t *testing.T) {
	m := 2 * outerScore * math.Sqrt(1000*0.475*0.525)
	df := 1 / (4/m + 1.0/999)
	for _, sign := range []float64{1, -1} {
		var u userValues
		for i := range 1000 {
			v := 1.0 // 45% of all values
			if i >= 480 {
				v = 1 + float64(i-479)/100
			} else if i < 30 {
				v = 0
			}
			u = append(u, []float64{sign * v})
		}
		q := estimateQuantile(0.5-sign*0.025, u)
		at := u.Quantiles(0.5-sign*0.025, 0.5-sign*0.025+sign*outerScore*math.Sqrt(0.475*0.525/1000))
		half := math.Abs(at[1]-at[0]) / outerScore
		if q.err != nil || !(math.Abs(math.Sqrt(q.variance)/half-1) <= 0.05) {
			t.Errorf("sign %v: standard error %v, %v; the half says %v", sign, math.Sqrt(q.variance), q.err, half)
		}
		if !(math.Abs(q.df-df) <= 1e-9) {
			t.Errorf("sign %v: %v degrees of freedom, want %v", sign, q.df, df)
		}
	}
}

// TestQuantileOnScorecard: quantiles are tested like means, in every method.
func TestQuantileOnScorecard(t *testing.T) {
	for _, method := range []experiment.Method{experiment.MethodSequential, experiment.MethodSequentialCUPED, experiment.MethodFixed} {
		e := testExperiment()
		e.Statistics.Method = method
		e.Scorecard.Primary = []*experiment.Metric{quantileMetric(0.5)}
		e.Scorecard.Secondary = []*experiment.Metric{testMetric("orders")}
		in := testInput(e, 3)
		random := rand.New(rand.NewPCG(9, 10))
		control, treatment := draw(random, 900), draw(random, 900)
		for i := range treatment {
			for j := range treatment[i] {
				treatment[i][j] *= 2
			}
		}
		for day := range 3 {
			n := 300 * (day + 1)
			a, b := control[:n].arm(), treatment[:n].arm()
			in.addDay(a.Moments, b.Moments)
			// Half of the users come in a second phase of traffic.
			half := n / 2
			in.Days[day].Metrics[0] = [][]Arm{
				{control[:half].arm(), treatment[:half].arm()}, {control[half:n].arm(), treatment[half:n].arm()},
			}
			card, looks, err := Analyze(in)
			if err != nil {
				t.Fatal(err)
			}
			if method != experiment.MethodFixed {
				in.Looks = append(in.Looks, looks...)
			}
			c := card.Metrics[0].Comparisons[0]
			if day < 2 || c.Reason != "" {
				continue
			}
			if !c.Significant || c.Verdict != Better || c.Approximate || card.Metrics[0].CUPED != nil {
				t.Errorf("%s: %+v", method, c)
			}
			if lift := c.Lift.Or(0); lift < 0.6 || lift > 1.5 || c.LiftLo.Or(0) <= 0 || c.Effect != c.Raw {
				t.Errorf("%s: lift %v from %v", method, lift, c.LiftLo)
			}
			r := card.Metrics[0].Variants[0]
			if r.Users != 900 || r.Total.Or(0) != float64(control.Len()) || !(math.Abs(r.Mean.Or(0)-1) <= 0.2) || r.Reason != "" {
				t.Errorf("%s: control %+v", method, r)
			}
			halves := withQuantiles(e.Scorecard.Primary[0], [][]Arm{{control[:450].arm()}, {control[450:].arm()}})
			var variance float64
			for _, half := range halves {
				q := half[0].quantile
				share := float64(q.users) / float64(halves[0][0].quantile.users+halves[1][0].quantile.users)
				variance += share * share * q.variance
			}
			if se := r.SE.Or(0); !(math.Abs(se*se/variance-1) <= 1e-12) {
				t.Errorf("%s: standard error %v of two phases, want %v", method, se, math.Sqrt(variance))
			}
			for _, l := range in.Looks {
				if err := l.Check(); err != nil {
					t.Error(err)
				}
				if l.Number > 1 && !(l.Correlation.Or(0) > 0.3 && l.Correlation.Or(0) < 1) {
					t.Errorf("%s: correlation %v", method, l.Correlation)
				}
			}
			if !strings.Contains(card.Plan.Sentence, "quantiles with the variance of their outer interval") {
				t.Errorf("%s: %s", method, card.Plan.Sentence)
			}
		}
	}
}

// TestQuantileOfNobody: an arm without users, or without values, has a reason and no figure.
func TestQuantileOfNobody(t *testing.T) {
	for want, arm := range map[string]Arm{errNoUsersYet.Error(): make(userValues, 0).arm(), errNoValues.Error(): make(userValues, 40).arm()} {
		column := column(withQuantiles(quantileMetric(0.5), [][]Arm{{arm}}), 0)
		if r := quantileResult("big", column); r.Reason != want || r.Mean.ok || r.Total.ok || r.Variance.ok || r.SE.ok {
			t.Errorf("%+v, want %q", r, want)
		}
	}
}

// quantileRejections returns how many of runs experiments of five looks, with 200 users per
// arm and day who have up to four values that depend on each other, find a difference
// though there is none.
func quantileRejections(t *testing.T, runs int, p float64, spending experiment.SpendingName) int {
	t.Helper()
	const looks, perDay = 5, 200
	random := rand.New(rand.NewPCG(77, 78))
	found := 0
	for range runs {
		e := testExperiment()
		e.Statistics.Spending.Name = spending
		e.Scorecard.Primary = []*experiment.Metric{quantileMetric(p)}
		in := testInput(e, looks)
		control, treatment := draw(random, looks*perDay), draw(random, looks*perDay)
		for day := 1; day <= looks; day++ {
			c, v := control[:day*perDay].arm(), treatment[:day*perDay].arm()
			in.Days = []Day{{
				Date: day0.AddDate(0, 0, day).Format(time.DateOnly), Through: day0.AddDate(0, 0, day+1),
				Users: []int64{c.Moments.N, v.Moments.N}, Several: []int64{0, 0}, Metrics: [][][]Arm{{{c, v}}},
			}}
			made, err := Looks(in)
			if err != nil || len(made) != 1 {
				t.Fatalf("%d looks on day %d, %v", len(made), day, err)
			}
			in.Looks = append(in.Looks, made...)
			if made[0].Crossed {
				found++
				break
			}
		}
	}
	return found
}

// TestQuantileErrorRate: quantiles keep alpha over several looks.
func TestQuantileErrorRate(t *testing.T) {
	const alpha, runs = 0.05, 100
	for _, p := range []float64{0.5, 0.9} {
		for _, spending := range []experiment.SpendingName{experiment.SpendingPocock, experiment.SpendingOBrienFleming} {
			found := quantileRejections(t, runs, p, spending)
			slack := 3 * math.Sqrt(runs*alpha*(1-alpha))
			if !(math.Abs(float64(found)-alpha*runs) <= slack) {
				t.Errorf("p = %v, %s: %d of %d", p, spending, found, runs)
			}
		}
	}
}

// TestQuantileDegreesOfFreedom: over many samples, standard errors of a quantile vary like
// those with the degrees of freedom that are stated, and the test of a difference keeps its
// level where few values are around the quantile.
func TestQuantileDegreesOfFreedom(t *testing.T) {
	const samples, users = 4000, 150
	random := rand.New(rand.NewPCG(7, 8))
	for _, p := range []float64{0.5, 0.9} {
		squared := moments.New(1)
		var stated float64
		rejected, normal := 0, 0
		for range samples {
			var arms [2]Arm
			for i := range arms {
				u := make(userValues, users)
				for k := range u {
					u[k] = []float64{random.NormFloat64()}
				}
				arms[i] = u.arm()
				q := estimateQuantile(p, u)
				squared.Add(q.variance)
				stated += q.df / (2 * samples)
			}
			e, err := compareQuantiles(p, arms[0], arms[1])
			if err != nil {
				t.Fatal(err)
			}
			z := math.Abs(e.value / e.se)
			if z > studentScore(2.575829, e.df) {
				rejected++
			}
			if z > 2.575829 {
				normal++
			}
		}
		relative := squared.C[0] / float64(squared.N-1) / (squared.Mean[0] * squared.Mean[0])
		if got := 2 / relative; got < 0.75*stated || got > 1.4*stated {
			t.Errorf("quantile %v: squared standard errors vary as with %.1f degrees of freedom, stated are %.1f", p, got, stated)
		}
		if limit := int(samples * (0.01 + 3*math.Sqrt(0.01*0.99/samples))); rejected > limit {
			t.Errorf("quantile %v: the test at 1%% rejects %d of %d times without an effect, limit %d", p, rejected, samples, limit)
		}
		t.Logf("quantile %v: %.1f degrees of freedom stated, 1%% test rejects %.2f%%, without them %.2f%%", p, stated, 100*float64(rejected)/samples, 100*float64(normal)/samples)
	}
}
