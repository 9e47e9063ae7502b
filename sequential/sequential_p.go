package sequential

import (
	"errors"
	"fmt"
	"math"
)

// PValue is a p-value with its logarithm, which stays exact where P, then the smallest
// positive double, does not.
type PValue struct {
	P, LogP float64
}

func newPValue(logP float64) PValue {
	logP = min(logP, 0)
	return PValue{P: max(math.Exp(logP), math.SmallestNonzeroFloat64), LogP: logP}
}

// Monitoring is a test as it was looked at so far.
type Monitoring struct {
	Process  Process
	Times    []float64 // spending time of each look, in [0, 1], not falling
	Z        []float64 // standardized statistic of each look
	Spending Spending
	Sides    int // 1 (large Z rejects) or 2
}

// logConservative is the log alpha below which the sequential p-value is replaced by a bound,
// because what single looks spend comes close to the smallest double.
const logConservative = -600

// logAlphaTolerance is the error allowed for the log of a sequential p-value.
const logAlphaTolerance = 1e-10

// maxPasses ends a search that halves its bracket time and again long after it has to.
const maxPasses = 200

// SequentialP returns the sequential p-value: the smallest alpha at which the boundary
// of the same spending family would have been crossed at some look so far,
//
//	min {α : |Z_k| ≥ c_k(α) at some look k}
//
// one-sided with Z_k itself, with all critical values recomputed for each alpha tried. It is at most alpha exactly when the
// test at alpha has stopped, never rises from look to look, and is 1 when no alpha below 1
// would have stopped the test. The relative error is below 1e-9.
//
// Below exp(-600) it is the bound that leaves out the correlation between looks, which is
// too large by a small factor: the smallest alpha whose increment at some look, spent
// alone, reaches the look's statistic.
//
// Statistics and times that are not finite, falling times, and slices whose lengths differ
// from the number of looks are errors.
//
// Sources: C. Jennison, B. W. Turnbull (2000), Group Sequential Methods, chapter 9
// (repeated p-values); Q. Liu, K. M. Anderson (2008), On adaptive extensions of group sequential
// trials for clinical investigations, Journal of the American Statistical Association 103.
func (m Monitoring) SequentialP() (PValue, error) {
	if err := m.check(); err != nil {
		return PValue{}, err
	}
	return m.search(0, 0)
}

// Update returns the sequential p-value at the last look, given the one at the look
// before it. When the last look does not lower it, that costs a single pass over the looks,
// and none where its statistic is weak.
func (m Monitoring) Update(before PValue) (PValue, error) {
	if err := m.check(); err != nil {
		return PValue{}, err
	}
	if len(m.Z) == 0 {
		return before, nil
	}
	return m.search(len(m.Z)-1, before.LogP)
}

func (m Monitoring) check() error {
	if m.Sides != 1 && m.Sides != 2 {
		return fmt.Errorf("%d sides, want 1 or 2", m.Sides)
	}
	if k := m.Process.Looks(); len(m.Times) != k || len(m.Z) != k {
		return fmt.Errorf("%d times and %d statistics for %d looks", len(m.Times), len(m.Z), k)
	}
	var before float64
	for k, t := range m.Times {
		if !(t >= before && t <= 1) {
			return fmt.Errorf("spending time of look %d is %v, want %v to 1", k+1, t, before)
		}
		before = t
		if math.IsNaN(m.Z[k]) || math.IsInf(m.Z[k], 0) {
			return fmt.Errorf("statistic of look %d is %v, want a finite number", k+1, m.Z[k])
		}
	}
	return nil
}

// search returns the smallest alpha up to exp(logMax) at which a look from first on
// crosses, or exp(logMax) where there is none.
func (m Monitoring) search(first int, logMax float64) (PValue, error) {
	lo, ok, err := inverse(m.alone(first, false), logMax)
	if err != nil || !ok {
		return newPValue(logMax), err
	}
	hi, certain, err := inverse(m.alone(first, true), logMax)
	if err != nil {
		return PValue{}, err
	}
	if !certain {
		hi = logMax
	}
	hi = max(hi, lo)
	if lo < logConservative {
		return newPValue(hi), nil
	}
	// The bounds are good to the tolerance only.
	b := bracket{lo: lo, hi: min(hi+logAlphaTolerance, logMax)}
	x := lo
	if !certain {
		x = logMax
	}
	for step := range maxPasses {
		margin, err := m.margin(x, first)
		switch {
		case err != nil:
			return PValue{}, err
		case step == 0 && x == logMax && margin < 0, step == 0 && x == lo && margin >= 0:
			return newPValue(x), nil
		}
		next, found := b.narrow(x, margin)
		if found {
			return newPValue(next), nil
		}
		x = next
	}
	return PValue{}, fmt.Errorf("sequential p-value between exp(%v) and exp(%v): no convergence in %d passes", b.lo, b.hi, maxPasses)
}

// alone returns a function of log alpha that is at least 0 where the alpha of some look
// from first on, taken alone, reaches the tail probability of its statistic: with what is
// spent at the look it encloses the sequential p-value from above, and with all that is
// spent so far from below.
func (m Monitoring) alone(first int, increment bool) func(logAlpha float64) (float64, error) {
	tails := make([]float64, len(m.Z))
	for k := range m.Z {
		tails[k] = LogUpperTail(m.statistic(k))
	}
	return func(logAlpha float64) (float64, error) {
		best := math.Inf(-1)
		side := logAlpha - math.Log(float64(m.Sides))
		for k := first; k < len(tails); k++ {
			spent := m.Spending.LogSpent(m.Times[k], side)
			if increment && k > 0 {
				spent = logDiff(spent, m.Spending.LogSpent(m.Times[k-1], side))
			}
			best = max(best, spent-tails[k])
		}
		return best, nil
	}
}

// inverse returns the log alpha up to logMax where the rising function f becomes 0, and
// whether there is one.
func inverse(f func(float64) (float64, error), logMax float64) (float64, bool, error) {
	fmax, err := f(logMax)
	if err != nil || fmax < 0 {
		return 0, false, err
	}
	lo, flo := logMax, fmax
	for step := 1.0; flo >= 0; step *= 4 {
		lo -= step
		if flo, err = f(lo); err != nil {
			return 0, false, err
		}
		if step > 1e305 {
			return 0, false, errors.New("no alpha is too small to stop at these statistics")
		}
	}
	// Far below it no difference to anything is left, and -Inf would stop the search.
	flo = max(flo, -1e12)
	x, err := root(f, lo, flo, logMax, fmax, logAlphaTolerance)
	return x, err == nil, err
}

// statistic returns the statistic of look k in the direction that rejects.
func (m Monitoring) statistic(k int) float64 {
	if m.Sides == 2 {
		return math.Abs(m.Z[k])
	}
	return m.Z[k]
}

// margin returns by how much the statistics of the looks from first on exceed their critical
// values at exp(logAlpha), at most: it is at least 0 where one of them crosses.
func (m Monitoring) margin(logAlpha float64, first int) (float64, error) {
	spend := m.spend(logAlpha)
	w := newWalk(m.Process, reaches(spend, m.Sides))
	best := -2 * maxZ
	for k := range m.Z {
		c, err := w.critical(spend[k], m.Sides)
		if err != nil {
			return 0, err
		}
		if c.Finite && k >= first {
			best = max(best, m.statistic(k)-c.Value)
		}
		w.pass(c, m.Sides)
	}
	return best, nil
}

// spend returns what each look may spend at exp(logAlpha), over all sides.
func (m Monitoring) spend(logAlpha float64) []float64 {
	spend := make([]float64, len(m.Times))
	sides := math.Log(float64(m.Sides))
	before := math.Inf(-1)
	for k, t := range m.Times {
		now := max(m.Spending.LogSpent(t, logAlpha-sides), before)
		spend[k] = math.Exp(sides + logDiff(now, before))
		before = now
	}
	return spend
}
