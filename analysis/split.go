package analysis

import (
	"math"

	"readout/experiment"
)

// splitConcentration is how closely, in users, the shares of a wrong split are expected
// around the plan. The test is most sensitive at some ten times as many users, and still
// finds 50.125/49.875 in place of 50/50 at about 3.5 million.
const splitConcentration = 1000

// severalConcentration is the same for the arms in which users of several variants were seen
// first: they are few, and only gross deviations among them bias a result.
const severalConcentration = 30

// split is the users of one phase of traffic against its planned weights.
type split struct {
	users   []int64
	weights []float64
}

// splits returns the splits of a day, one per phase; assigned counts users that were left
// out for having been seen in several variants, in the one they saw first.
func (a *analyzer) splits(d *Day, assigned bool) []split {
	users, several := a.phaseCounts(d)
	out := make([]split, len(users))
	for p := range users {
		out[p] = split{users: users[p], weights: a.weights(p)}
		if assigned && p < len(several) {
			out[p].users = make([]int64, len(users[p]))
			for i := range out[p].users {
				out[p].users[i] = users[p][i] + several[p][i]
			}
		}
	}
	return out
}

// plannedSplit returns how many users of a day each variant would have, had those of every
// phase been split as planned for it. It is nil where all have come in one phase.
func (a *analyzer) plannedSplit(d *Day) []float64 {
	phases := a.splits(d, false)
	if len(phases) < 2 {
		return nil
	}
	return expected(phases)
}

// severalSplits returns the users of a day that were seen in several variants by the one
// they saw first, one split per phase.
func (a *analyzer) severalSplits(d *Day) []split {
	_, several := a.phaseCounts(d)
	out := make([]split, len(several))
	for p := range several {
		out[p] = split{users: several[p], weights: a.weights(p)}
	}
	return out
}

// phaseCounts returns the users of a day who take part, and those seen in several variants,
// per phase and variant.
func (a *analyzer) phaseCounts(d *Day) (users, several [][]int64) {
	if len(d.PhaseUsers) == 0 || len(a.in.Phases) < len(d.PhaseUsers) {
		return [][]int64{d.Users}, [][]int64{d.Several}
	}
	return d.PhaseUsers, d.PhaseSeveral
}

// weights returns the planned split in a phase.
func (a *analyzer) weights(phase int) []float64 {
	if phase < len(a.in.Phases) {
		return a.in.Phases[phase].Weights
	}
	out := make([]float64, len(a.in.Experiment.Variants))
	for i, v := range a.in.Experiment.Variants {
		out[i] = v.Traffic.Fraction()
	}
	return out
}

// traffic returns the share of new users that a variant gets by the end of the day, and of one that
// is stopped what it got before.
func (a *analyzer) traffic(variant int, stopped bool) float64 {
	phase := max(len(a.in.Phases)-1, 0)
	for stopped && phase > 0 && a.weights(phase)[variant] == 0 {
		phase--
	}
	return a.weights(phase)[variant]
}

// excluded reports whether users seen in several variants are left out.
func (a *analyzer) excluded() bool {
	return a.in.Experiment.SeveralVariants == experiment.SeveralExclude
}

// largestSplitE returns the logarithm of the largest e-value against the planned split on
// any day so far. It counts everybody in the variant seen first: such counts only grow, which
// is what keeps the level over all days. Users who are left out on a later day would fall out
// of a count in which they were; their own split is tested by [analyzer.largestSeveralE].
func (a *analyzer) largestSplitE() float64 {
	highest := math.Inf(-1)
	for i := range a.in.Days {
		highest = math.Max(highest, a.splitE(&a.in.Days[i]))
	}
	return highest
}

// splitE returns the logarithm of the e-value of a day, see [analyzer.largestSplitE].
func (a *analyzer) splitE(d *Day) float64 {
	return logSplitsE(a.splits(d, a.excluded()), splitConcentration)
}

// largestSeveralE returns the logarithm of the largest e-value, on any day so far, against the
// planned split of the users seen in several variants by the one seen first. These counts only
// grow as well.
func (a *analyzer) largestSeveralE() float64 {
	highest := math.Inf(-1)
	for i := range a.in.Days {
		highest = math.Max(highest, logSplitsE(a.severalSplits(&a.in.Days[i]), severalConcentration))
	}
	return highest
}

// logSplitsE returns the logarithm of the product of the phases' e-values.
func logSplitsE(phases []split, concentration float64) float64 {
	var sum float64
	for _, s := range phases {
		sum += logSplitE(s.users, s.weights, concentration)
	}
	return sum
}

// splitsRatio adds up the phases' chi-squares and their degrees of freedom. Phases with too
// few users for one take no part, unless all are: one that has just begun, or was over
// soon, says nothing against the others.
func splitsRatio(phases []split) (chiSquare, bool) {
	enough, few := chiSquare{fewest: math.Inf(1)}, chiSquare{fewest: math.Inf(1)}
	for _, s := range phases {
		c, ok := sampleRatio(s.users, s.weights)
		if !ok {
			continue
		}
		to := &enough
		if c.fewest < fewExpected {
			to = &few
		}
		to.statistic += c.statistic
		to.df += c.df
		to.fewest = math.Min(to.fewest, c.fewest)
	}
	out := enough
	if out.df == 0 {
		out = few
	}
	if out.df == 0 {
		return chiSquare{}, false
	}
	out.p = chiSquareTail(out.statistic, out.df)
	return out, true
}

// expected returns the users per variant that the plan gives to the users of all phases.
func expected(phases []split) []float64 {
	var out []float64
	for _, s := range phases {
		if out == nil {
			out = make([]float64, len(s.users))
		}
		var all, total float64
		for i, w := range s.weights {
			if w > 0 {
				all += float64(s.users[i])
				total += w
			}
		}
		for i, w := range s.weights {
			if w > 0 {
				out[i] += all * w / total
			}
		}
	}
	return out
}

// largestDeviation returns the largest relative deviation of an arm from its planned users,
// and which arm that is.
func largestDeviation(users []int64, expected []float64) (worst float64, arm int) {
	for i, e := range expected {
		if e > 0 {
			if d := math.Abs(float64(users[i])-e) / e; d > worst {
				worst, arm = d, i
			}
		}
	}
	return worst, arm
}

// ratio is how the users of a day are split, against the plan.
type ratio struct {
	chiSquare
	users   []int64
	planned []float64 // what the plan gives to these users
	// deviation is the largest relative one of an arm from its planned users, and arm whose it is.
	deviation float64
	arm       int
}

// ratio compares the users of a day with the plan: with those seen in several variants, or
// without them where they are left out and p is smaller so.
func (a *analyzer) ratio(d *Day) (ratio, bool) {
	phases, users := a.splits(d, false), d.Users
	result, ok := splitsRatio(phases)
	if a.excluded() {
		all := a.splits(d, true)
		if before, okBefore := splitsRatio(all); okBefore && (!ok || before.p < result.p) {
			result, phases, users, ok = before, all, addCounts(users, d.Several), true
		}
	}
	if !ok {
		return ratio{}, false
	}
	r := ratio{chiSquare: result, users: users, planned: expected(phases)}
	r.deviation, r.arm = largestDeviation(r.users, r.planned)
	return r, true
}

// sampleRatioCheck tests the users per arm against the plan, by a test that may be looked
// at every day, before anybody is left out. The chi-square p of the day stands beside it for
// reference.
func (a *analyzer) sampleRatioCheck() Check {
	r, ok := a.ratio(a.day)
	if !ok {
		check := Check{Name: CheckSampleRatio, Severity: Info, Sentence: noUsersSentence}
		if sum(a.day.Users)+sum(a.day.Several) > 0 {
			check.Sentence = noSplitSentence
		}
		return check
	}
	e := a.largestSplitE()
	daily := sequentialP(e)
	check := Check{Name: CheckSampleRatio, Severity: OK, Numbers: []CheckNumber{
		{"p", Defined(math.Max(floorP, r.p))},
		{"chi_square", Defined(r.statistic)},
		{"degrees_of_freedom", Defined(float64(r.df))},
		{"largest_deviation", Defined(r.deviation)},
		{"sequential_p", Defined(daily)},
		{"ln_e_value", Defined(e)},
	}}
	numbers := splitNumbers(shares(a.in.Experiment.Variants, r.users, r.planned), r.p, daily, r.deviation)
	switch {
	// The e-value is exact for any number of users.
	case e > -math.Log(sampleRatioAlarm):
		check.Severity = Alarm
		check.Sentence = ratioAlarmSentence(numbers)
	case r.fewest < fewExpected:
		check.Severity = Info
		check.Sentence = fewForRatioSentence(sum(r.users))
	case r.p < sampleRatioAlarm:
		check.Severity = Info
		check.Sentence = ratioDailySentence(numbers)
	default:
		check.Sentence = ratioFineSentence(numbers)
	}
	return check
}

// investigate returns the advice to look into a check that failed. Of the split between arms,
// whose check has all numbers, it names the arm that is furthest from the plan.
func (a *analyzer) investigate(c Check) string {
	if c.Name != CheckSampleRatio {
		return investigateSentence(c)
	}
	r, _ := a.ratio(a.day)
	return investigateRatioSentence(a.in.Experiment.Variants[r.arm].Name, r.users, r.planned, r.arm, sequentialP(a.largestSplitE()))
}

// sequentialP returns the p-value, for a look every day, of an e-value's logarithm.
func sequentialP(lnE float64) float64 {
	return math.Max(floorP, math.Exp(math.Min(0, -lnE)))
}
