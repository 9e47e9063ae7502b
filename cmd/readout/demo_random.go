package main

import (
	"math"
	"math/rand/v2"
	"time"
)

// demoRand is the chance of one user.
type demoRand struct{ *rand.Rand }

// newDemoRand returns the random numbers of one user.
func newDemoRand(user int) demoRand {
	return demoRand{rand.New(rand.NewPCG(demoSeed, uint64(user)))}
}

// demoShare is a value and how often it occurs.
type demoShare struct {
	value   string
	percent int
}

// pick returns one of the values, whose percentages sum to 100.
func (r demoRand) pick(shares ...demoShare) string {
	n := r.IntN(100)
	for _, s := range shares {
		if n -= s.percent; n < 0 {
			return s.value
		}
	}
	panic("shares do not sum to 100")
}

// poisson returns a Poisson-distributed number. It multiplies uniform numbers, which is
// fast for the small means that there are here.
//
// Source: D. E. Knuth, The Art of Computer Programming, volume 2, section 3.4.1.
func (r demoRand) poisson(mean float64) int {
	limit := math.Exp(-mean)
	n := 0
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}

// minutes returns an exponentially distributed time, of at least a second.
func (r demoRand) minutes(mean float64) time.Duration {
	return time.Second + time.Duration(r.ExpFloat64()*mean*float64(time.Minute))
}

// timeOfDay returns when in the day a visit begins: little at night, most in the evening.
func (r demoRand) timeOfDay() time.Duration {
	perHour := [24]int{2, 1, 1, 1, 1, 1, 2, 3, 4, 4, 4, 5, 6, 5, 5, 5, 5, 6, 6, 7, 8, 8, 6, 4}
	n := r.IntN(100)
	hour := 0
	for ; n >= perHour[hour]; hour++ {
		n -= perHour[hour]
	}
	return time.Duration(hour)*time.Hour + time.Duration(r.Int64N(int64(time.Hour)))
}
