package simulate

import (
	"math"
	"math/rand/v2"

	"readout/experiment"
)

// Kind is a kind of metric with the behaviour of users that it measures.
type Kind struct {
	Name string
	// aggregate is that of the value; a ratio divides by a count of events.
	aggregate experiment.Aggregate
	ratio     bool
	// quantile is the probability of a quantile metric, which has no covariates.
	quantile float64
	// draw returns a new user. Users of a metric with a window get their final values at once.
	draw func(*rand.Rand, now) user
	// event changes the values of a user of a metric without a window, on a day on which the
	// user comes back, which happens with probability daily times the drift.
	event func(*rand.Rand, now, *user)
	daily float64
	// usual is a value beyond which a user has done much: who is there often, and leaves sooner.
	usual float64
	// rare says that the always-valid procedure takes conversions alone.
	rare bool
	// repeats says that the drift makes users come back more often, and not do more.
	repeats bool
}

// user is one user: columns are the outcome, the same before the exposure, and the mark of
// missing history.
type user struct {
	row
	// habit is what the user does on a day on which the user does something; level is the
	// world's level when the user came.
	habit, level float64
	// converted says that the user has done something by now. late says that this is not known
	// yet, and unknown is the part of the outcome that then is not.
	converted, late bool
	unknown         float64
}

// now is what a day is like.
type now struct {
	// level multiplies what users do; spread the standard deviation of what they do, or where
	// the two go together, what they do. effect is what treatment adds.
	level, spread, effect float64
}

// Open reports whether the metric has no window, so that users' values grow.
func (k Kind) Open() bool { return k.event != nil }

// outcome returns the number of columns of the outcome.
func (k Kind) outcome() int {
	if k.ratio {
		return 2
	}
	return 1
}

// columns returns the number of all columns: the outcome's, as many covariates, and the mark
// of missing history.
func (k Kind) columns() int {
	if k.quantile > 0 {
		return 1
	}
	return 2*k.outcome() + 1
}

// missing is the share of users whose look-back reaches before the first data.
const missing = 0.1

// one returns a user with one outcome column, to which treatment adds the effect, and its covariate. Who
// did something, y, converted; the effect is not something done.
func one(r *rand.Rand, y, effect, x float64) user {
	u := user{row: row{y + effect, x}, converted: y != 0}
	if r.Float64() < missing {
		u.row[1], u.row[2] = 0, 1
	}
	return u
}

// two returns a user with the two outcome columns of a ratio and their covariates.
func two(r *rand.Rand, y, per, x, xPer float64) user {
	u := user{row: row{y, per, x, xPer}, converted: per != 0}
	if r.Float64() < missing {
		u.row[2], u.row[3], u.row[4] = 0, 0, 1
	}
	return u
}

// chance returns 1 with the given probability, else 0.
func chance(r *rand.Rand, p float64) float64 {
	if r.Float64() < p {
		return 1
	}
	return 0
}

// eagerness returns how eager a user is, half of them thrice as much as the others, with
// mean 1.
func eagerness(r *rand.Rand) float64 { return 0.5 + float64(r.IntN(2)) }

// poisson returns a Poisson-distributed number. It multiplies uniform numbers, which is
// fast for the small means that there are here.
//
// Source: D. E. Knuth, The Art of Computer Programming, volume 2, section 3.4.1.
func poisson(r *rand.Rand, mean float64) float64 {
	limit := math.Exp(-mean)
	n := 0.0
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}

// Kinds returns the kinds of metrics that are simulated.
func Kinds() []Kind {
	return []Kind{
		{Name: "mean", aggregate: experiment.AggregateSum, draw: drawMean, usual: 10},
		{Name: "any", aggregate: experiment.AggregateAny, draw: drawAny},
		{Name: "any, rare", aggregate: experiment.AggregateAny, draw: drawRare, rare: true},
		{Name: "count", aggregate: experiment.AggregateCount, draw: drawCount},
		{Name: "sum, heavy tails", aggregate: experiment.AggregateSum, draw: drawSum},
		{Name: "ratio", aggregate: experiment.AggregateSum, ratio: true, draw: drawRatio},
		{Name: "any, no window", aggregate: experiment.AggregateAny, draw: drawAnyOpen, event: eventAny, daily: 0.12, repeats: true},
		{Name: "count, no window", aggregate: experiment.AggregateCount, draw: drawCountOpen, event: eventCount, daily: 0.2, repeats: true},
		{Name: "sum, no window", aggregate: experiment.AggregateSum, draw: drawSumOpen, event: eventSum, daily: 1. / 3},
		{Name: "ratio, no window", aggregate: experiment.AggregateSum, ratio: true, draw: drawRatioOpen, event: eventRatio, daily: 1. / 3},
		{Name: "median", aggregate: experiment.AggregateSum, quantile: 0.5, usual: 1},
		{Name: "quantile 90%", aggregate: experiment.AggregateSum, quantile: 0.9, usual: 1},
	}
}

// drawMean: normal values about 10, which correlate with the covariate by 0.8.
func drawMean(r *rand.Rand, n now) user {
	x := r.NormFloat64()
	return one(r, 10*n.level+n.spread*(0.8*x+0.6*r.NormFloat64()), n.effect, x)
}

// drawAny: a fifth of users convert.
func drawAny(r *rand.Rand, n now) user {
	h := eagerness(r)
	return one(r, chance(r, 0.2*h*n.level*n.spread+n.effect), 0, chance(r, 0.3*h))
}

// drawRare: one user in fifty converts.
func drawRare(r *rand.Rand, n now) user {
	h := eagerness(r)
	return one(r, chance(r, 0.02*h*n.level*n.spread+n.effect), 0, chance(r, 0.3*h))
}

// drawCount: overdispersed counts with mean 1.
func drawCount(r *rand.Rand, n now) user {
	h := r.ExpFloat64()
	return one(r, poisson(r, h*n.level*n.spread), n.effect, poisson(r, h))
}

// drawSum: 30% of users spend something, by a lognormal law.
func drawSum(r *rand.Rand, n now) user {
	h := r.NormFloat64()
	spend := func() float64 {
		if r.Float64() >= 0.3 {
			return 0
		}
		return math.Exp(0.8*h + 0.6*r.NormFloat64())
	}
	return one(r, n.level*n.spread*spend(), n.effect, spend())
}

// drawRatio: values of events, about 10, that depend on each other within a user.
func drawRatio(r *rand.Rand, n now) user {
	h, habit := r.ExpFloat64(), r.NormFloat64()
	events := func(level, spread, effect float64) (sum, count float64) {
		count = 1 + poisson(r, h)
		return count*(10*level+effect) + spread*(0.6*habit*count+0.8*math.Sqrt(count)*r.NormFloat64()), count
	}
	y, per := events(n.level, n.spread, n.effect)
	x, xPer := events(1, 1, 0)
	return two(r, y, per, x, xPer)
}

// drawAnyOpen: 8% of users convert on a day.
func drawAnyOpen(r *rand.Rand, _ now) user {
	h := eagerness(r)
	u := one(r, 0, 0, chance(r, 0.3*h))
	u.habit = h
	return u
}

func eventAny(r *rand.Rand, _ now, u *user) {
	if r.Float64() < u.level*u.habit/1.5 {
		u.row[0], u.converted = 1, true
	}
}

// drawCountOpen: users have one to three events on some days, on each day anew.
func drawCountOpen(r *rand.Rand, n now) user {
	h := eagerness(r)
	u := one(r, 0, n.effect, poisson(r, h))
	u.habit = h
	return u
}

func eventCount(r *rand.Rand, _ now, u *user) {
	if r.Float64() < u.level*u.habit/1.5 {
		u.row[0] += float64(1 + r.IntN(3))
		u.converted = true
	}
}

// drawSumOpen: users who spend always spend the same, those who spend much and those who
// spend little.
func drawSumOpen(r *rand.Rand, n now) user {
	h := r.ExpFloat64()
	u := one(r, 0, n.effect, h*(0.5+r.Float64()))
	u.habit = h
	return u
}

func eventSum(_ *rand.Rand, n now, u *user) {
	u.row[0] += u.level * n.spread * u.habit
	u.converted = true
}

// drawRatioOpen: values of events, about 10, that depend on each other within a user.
func drawRatioOpen(r *rand.Rand, _ now) user {
	h := r.NormFloat64()
	count := float64(1 + r.IntN(3))
	u := two(r, 0, 0, count*(10+0.6*h)+0.8*math.Sqrt(count)*r.NormFloat64(), count)
	u.habit = h
	return u
}

func eventRatio(r *rand.Rand, n now, u *user) {
	u.row[0] += 10*u.level + n.effect + n.spread*(0.6*u.habit+0.8*r.NormFloat64())
	u.row[1]++
	u.converted = true
}
