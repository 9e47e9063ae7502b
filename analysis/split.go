package analysis

import (
	"math"

	"readout/experiment"
)

// splitConcentration is how closely, in users, the shares of a wrong split are expected
// around the plan. The test is most sensitive at some ten times as many users, and still
// finds a deviation of a quarter of a percent in four million.
const splitConcentration = 1000

// split is the users of one phase of traffic against its planned weights.
type split struct {
	users   []int64
	weights []float64
}

// splits returns the splits of a day, one per phase; assigned counts users that were left
// out for having been seen in several variants, in the one they saw first.
func (a *analyzer) splits(d *Day, assigned bool) []split {
	users, several := d.PhaseUsers, d.PhaseSeveral
	if len(users) == 0 || len(a.in.Phases) < len(users) {
		users, several = [][]int64{d.Users}, [][]int64{d.Several}
	}
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

// excluded reports whether users seen in several variants are left out.
func (a *analyzer) excluded() bool {
	return a.in.Experiment.SeveralVariants == experiment.SeveralExclude
}

// largestSplitE returns the logarithm of the largest e-value against the planned split on
// any day so far. Those of the phases multiply; those before and after leaving users out
// are averaged, so that both together keep the level.
func (a *analyzer) largestSplitE() float64 {
	highest := math.Inf(-1)
	for i := range a.in.Days {
		e := logSplitsE(a.splits(&a.in.Days[i], false))
		if a.excluded() {
			e = logMean(e, logSplitsE(a.splits(&a.in.Days[i], true)))
		}
		highest = math.Max(highest, e)
	}
	return highest
}

// logSplitsE returns the logarithm of the product of the phases' e-values.
func logSplitsE(phases []split) float64 {
	var sum float64
	for _, s := range phases {
		sum += logSplitE(s.users, s.weights, splitConcentration)
	}
	return sum
}

// logMean returns ln((e^a + e^b)/2).
func logMean(a, b float64) float64 {
	hi, lo := math.Max(a, b), math.Min(a, b)
	return hi + math.Log1p(math.Exp(lo-hi)) - math.Ln2
}

// splitsRatio adds up the phases' chi-squares and their degrees of freedom.
func splitsRatio(phases []split) (chiSquare, bool) {
	out := chiSquare{fewest: math.Inf(1)}
	for _, s := range phases {
		c, ok := sampleRatio(s.users, s.weights)
		if !ok {
			continue
		}
		out.statistic += c.statistic
		out.df += c.df
		out.fewest = math.Min(out.fewest, c.fewest)
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

// largestDeviation returns the largest relative deviation of an arm from its planned users.
func largestDeviation(users []int64, expected []float64) float64 {
	var worst float64
	for i, e := range expected {
		if e > 0 {
			worst = math.Max(worst, math.Abs(float64(users[i])-e)/e)
		}
	}
	return worst
}

// sampleRatioCheck tests the users per arm against the plan, by a test that may be looked
// at every day, with and without the users that were seen in several variants. The
// chi-square p of the day, the smaller of the two, stands beside it for reference.
func (a *analyzer) sampleRatioCheck() Check {
	phases := a.splits(a.day, false)
	result, ok := splitsRatio(phases)
	if a.excluded() {
		if before, okBefore := splitsRatio(a.splits(a.day, true)); okBefore && (!ok || before.p < result.p) {
			result, ok = before, true
		}
	}
	if !ok {
		return Check{Name: CheckSampleRatio, Severity: Info, Sentence: noUsersSentence}
	}
	e := a.largestSplitE()
	sequentialP := math.Max(floorP, math.Min(1, math.Exp(-e)))
	planned := expected(phases)
	deviation := largestDeviation(a.day.Users, planned)
	check := Check{Name: CheckSampleRatio, Severity: OK, Numbers: []CheckNumber{
		{"p", Defined(math.Max(floorP, result.p))},
		{"chi_square", Defined(result.statistic)},
		{"degrees_of_freedom", Defined(float64(result.df))},
		{"largest_deviation", Defined(deviation)},
		{"sequential_p", Defined(sequentialP)},
		{"ln_e_value", Defined(e)},
	}}
	numbers := splitNumbers(a.day.Users, planned, result.p, sequentialP, deviation)
	switch {
	case result.fewest < fewExpected:
		check.Severity = Info
		check.Sentence = fewForRatioSentence(sum(a.day.Users))
	case e > -math.Log(sampleRatioAlarm):
		check.Severity = Alarm
		check.Sentence = ratioAlarmSentence(numbers)
	case result.p < sampleRatioAlarm:
		check.Severity = Info
		check.Sentence = ratioDailySentence(numbers)
	default:
		check.Sentence = ratioFineSentence(numbers)
	}
	return check
}
