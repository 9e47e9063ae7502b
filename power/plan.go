package power

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Size is how many users a plan needs.
type Size struct {
	// Exact holds the unrounded users of each arm, control first.
	Exact []float64
	// Users holds Exact rounded up, at least 2.
	Users []int64
	// Total is the sum of Users.
	Total int64
}

// rateSteps is into how many parts the possible effects on a rate are divided to find one that
// is detected.
const rateSteps = 32

// mostUsers is where a float64 stops counting single users.
const mostUsers = 1 << 53

// SampleSize returns the users with which every treatment arm's comparison with control
// reaches the power of the design; with unequal weights, the smallest treatment arm decides.
//
//	N = (z_α + z_β)² · (Var_t/w_t + Var_c/w_c) / (effect − margin)² · inflation
//
// with w the arms' shares of N, z_α and z_β the normal quantiles of alpha (per direction)
// and power, Var the variances per user under the effect, and Var_c multiplied by (1 + m)²
// for a relative margin m. With StudentT it is the N at which the noncentral t distribution
// gives the power, to a relative 1e-9.
//
// It refuses power outside (alpha per direction, 1), alpha outside (0, 1), an effect of 0 or
// on the wrong side of the margin, rates outside [0, 1] in either arm, a relative effect on
// a baseline of 0, and weights that are not above 0.
//
// Source: S.-C. Chow, J. Shao, H. Wang, Y. Lokhnygina (2017), "Sample size calculations in
// clinical research", section 3.2, with unequal variances.
func SampleSize(b Baseline, e Effect, d Design) (Size, error) {
	if err := errors.Join(b.check(), d.check(true)); err != nil {
		return Size{}, err
	}
	weights, err := d.shares()
	if err != nil {
		return Size{}, err
	}
	effect, err := e.absolute(b)
	if err != nil {
		return Size{}, err
	}
	if effect == 0 && d.Margin.Size == 0 {
		return Size{}, errors.New("the effect to detect must not be 0; any other size is valid, the smaller, the more users")
	}
	c, err := d.compare(b, effect)
	if err != nil {
		return Size{}, err
	}
	if c.distance <= 0 {
		return Size{}, fmt.Errorf("the effect must lie on the good side of the margin: %+g does not for a margin of %+g", e.Size, d.Margin.Size)
	}
	smallest := weights[1]
	for _, w := range weights[2:] {
		smallest = math.Min(smallest, w)
	}
	total := d.total(c, smallest, weights[0])
	if !(total <= mostUsers) {
		return Size{}, errors.New("more users are needed than can be counted: the effect is too small for this variance")
	}
	return newSize(total, weights), nil
}

// shares returns the weights divided by their sum.
func (d Design) shares() ([]float64, error) {
	weights := d.Weights
	if weights == nil {
		weights = []float64{1, 1}
	}
	if len(weights) < 2 {
		return nil, fmt.Errorf("weights must name control and at least one treatment arm, got %d", len(weights))
	}
	var sum float64
	for _, w := range weights {
		if !(w > 0) {
			return nil, fmt.Errorf("each weight must be above 0, got %g", w)
		}
		sum += w
	}
	if !finite(sum) {
		return nil, errors.New("weights must be finite numbers")
	}
	shares := make([]float64, len(weights))
	for i, w := range weights {
		shares[i] = w / sum
	}
	return shares, nil
}

// total returns the users of all arms together with which c reaches the power, when the two
// arms get the shares wt and wc of them.
func (d Design) total(c comparison, wt, wc float64) float64 {
	z := distuv.UnitNormal.Quantile(d.Power) - distuv.UnitNormal.Quantile(d.perSide())
	total := z * z * (c.varT/wt + c.varC/wc) / (c.distance * c.distance) * orOne(d.Inflation)
	if !d.StudentT || !(total <= mostUsers) {
		return total
	}
	enough := func(total float64) bool { return d.miss(c, wt*total, wc*total) <= 1-d.Power }
	for total = math.Max(total, 4); !enough(total); {
		if total *= 2; total > mostUsers {
			return total
		}
	}
	return least(enough, 0, total, 1e-9)
}

func newSize(total float64, shares []float64) Size {
	s := Size{Exact: make([]float64, len(shares)), Users: make([]int64, len(shares))}
	for i, share := range shares {
		s.Exact[i] = share * total
		// What exceeds a whole number by a rounding error is that number.
		s.Users[i] = max(2, int64(math.Ceil(s.Exact[i]*(1-1e-12))))
		s.Total += s.Users[i]
	}
	return s
}

// Power returns, for each treatment arm, the probability that its comparison with control
// rejects in the direction of the effect (of a rise, for an effect of 0),
//
//	1 − Φ(z_α − (effect − margin) / sqrt(Var_t/n_t + Var_c/n_c))
//
// with the symbols of [SampleSize], n_t and n_c the users; with StudentT by the noncentral t
// distribution, with an absolute error below 1e-12. users holds those of control and of each
// treatment arm, 2 to 2⁵³ each. The refusals are those of [SampleSize], but an effect may be 0
// or beyond the margin. The source is the same.
func Power(b Baseline, e Effect, d Design, users ...float64) ([]float64, error) {
	if err := errors.Join(b.check(), d.check(false), checkUsers(users)); err != nil {
		return nil, err
	}
	effect, err := e.absolute(b)
	if err != nil {
		return nil, err
	}
	c, err := d.compare(b, effect)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(users)-1)
	for i, n := range users[1:] {
		out[i] = 1 - d.miss(c, n, users[0])
	}
	return out, nil
}

// MDE returns, for each treatment arm, the absolute effect nearest to 0 (with a margin:
// nearest to the margin) that its comparison with control finds with the power of the
// design; negative for a fall. [Baseline.Relative] gives it as a share.
//
// The effect solves [Power] = power to a relative 1e-12. The refusals are those of
// [SampleSize]; for a rate also that even 0 or 100 % would not be found often enough.
func MDE(b Baseline, d Design, users ...float64) ([]float64, error) {
	if err := errors.Join(b.check(), d.check(true), checkUsers(users)); err != nil {
		return nil, err
	}
	margin, err := d.Margin.absolute(b)
	if err != nil {
		return nil, fmt.Errorf("margin: %w", err)
	}
	direction := 1.0
	if d.Decrease {
		direction = -1
	}
	if margin != 0 {
		direction = d.direction(0)
	}
	out := make([]float64, len(users)-1)
	for i, n := range users[1:] {
		if out[i], err = d.detectable(b, margin, direction, n, users[0]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// detectable returns the effect nearest to margin in the given direction that is found with
// the power of the design.
func (d Design) detectable(b Baseline, margin, direction, treatment, control float64) (float64, error) {
	var failed error
	enough := func(distance float64) bool {
		c, err := d.compare(b, margin+direction*distance)
		if err != nil {
			failed = err
			return true
		}
		// At a distance of 0 compare cannot know the direction.
		c.distance = distance
		return d.miss(c, treatment, control) <= 1-d.Power
	}
	near, far := 0.0, 0.0
	if b.rate {
		// The last step to a rate of 0 or 1 is left out: rounding could step over it. For a
		// handful of users power may fall again before that, when an arm loses its variance.
		room := b.mean + margin
		if direction > 0 {
			room = 1 - room
		}
		room *= 1 - 1e-12
		for k := 1.0; ; k++ {
			if k > rateSteps || room <= 0 {
				return 0, fmt.Errorf("no effect on a rate of %s is found with power %s by %g and %g users",
					percent(b.mean), percent(d.Power), control, treatment)
			}
			if far = room * k / rateSteps; enough(far) {
				break
			}
			near = far
		}
	} else {
		z := distuv.UnitNormal.Quantile(d.Power) - distuv.UnitNormal.Quantile(d.perSide())
		variance := b.variance * orOne(d.VarianceKept) * orOne(d.Inflation) * (1/treatment + 1/control)
		for far = math.Max(z*math.Sqrt(variance), 1e-300); !enough(far); {
			far *= 2
		}
	}
	distance := least(enough, near, far, 1e-12)
	return margin + direction*distance, failed
}

func checkUsers(users []float64) error {
	if len(users) < 2 {
		return fmt.Errorf("users of control and of at least one treatment arm are needed, got %d arms", len(users))
	}
	for _, n := range users {
		if !(n >= 2 && n <= mostUsers) {
			return fmt.Errorf("each arm must have from 2 to %d users, got %g", int64(mostUsers), n)
		}
	}
	return nil
}

// least returns the smallest x in (lo, hi] for which enough holds, to the given relative
// tolerance. enough must hold at hi and from some x on. Bisection halves the interval at
// most 2,000 times, more than float64 has steps of a factor 2.
func least(enough func(float64) bool, lo, hi, tolerance float64) float64 {
	for range 2000 {
		mid := lo + (hi-lo)/2
		if hi-lo <= tolerance*hi || mid <= lo || mid >= hi {
			break
		}
		if enough(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}
