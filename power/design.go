package power

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Design is how arms are compared and how sure the plan wants to be.
type Design struct {
	// Weights are the shares of traffic of control and of each treatment arm, in any unit,
	// each above 0. Nil means two equal arms. [Power] and [MDE] take users instead.
	Weights []float64
	// Alpha is the probability of a false alarm of one comparison, after any correction for
	// several comparisons; above 0 and below 1. It is split over both directions unless
	// OneSided.
	Alpha float64
	// OneSided tests only in the direction of the effect.
	OneSided bool
	// Power is the probability of finding the effect; above Alpha (two-sided: half of it)
	// and below 1. [Power] ignores it.
	Power float64
	// Margin makes the test one of non-inferiority: treatment may be worse than control by
	// less than this. A negative margin guards a metric that should not fall, a positive one
	// a metric that should not rise. 0 means a test of superiority.
	Margin Effect
	// Decrease lets [MDE] look for a fall instead of a rise. A Margin decides by itself.
	Decrease bool
	// StudentT takes critical values and power from Student's t with Welch's degrees of
	// freedom instead of the normal distribution. It matters below some hundred users.
	StudentT bool
	// Inflation is the largest sample of the sequential design over that of the design
	// with one look, at the planned power; 0 means 1. It is exact for SampleSize; Power and
	// MDE take a share 1/Inflation of the users as if looked at once, which is exact where
	// they reach the planned power.
	Inflation float64
	// VarianceKept is the share of the variance that covariates leave; 0 means 1.
	VarianceKept float64
}

// check reports what is wrong with the design, leaving Power out unless withPower.
func (d Design) check(withPower bool) error {
	if !(d.Alpha > 0 && d.Alpha < 1) {
		return fmt.Errorf("alpha must be above 0 and below 1, got %g", d.Alpha)
	}
	if d.Inflation < 0 || !finite(d.Inflation) {
		return fmt.Errorf("the inflation of the design must be above 0, got %g", d.Inflation)
	}
	if d.VarianceKept < 0 || !finite(d.VarianceKept) {
		return fmt.Errorf("the share of variance kept must be above 0, got %g", d.VarianceKept)
	}
	if !withPower {
		return nil
	}
	if !(d.Power > 0 && d.Power < 1) {
		return fmt.Errorf("power must be above 0 %% and below 100 %%, got %s", percent(d.Power))
	}
	if d.Power <= d.perSide() {
		return fmt.Errorf("power must be above %s and below 100 %%, got %s: false alarms alone reach that without users",
			percent(d.perSide()), percent(d.Power))
	}
	return nil
}

// perSide returns the probability of a false alarm in one direction.
func (d Design) perSide() float64 {
	if d.OneSided {
		return d.Alpha
	}
	return d.Alpha / 2
}

func orOne(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}

// comparison is a treatment arm against control under one alternative.
type comparison struct {
	// distance is that of the alternative from the null, above 0 in the direction looked at.
	distance float64
	// varT and varC are the variances per user that the arms contribute.
	varT, varC float64
}

// direction returns 1 when the test looks for a rise, -1 for a fall.
func (d Design) direction(effect float64) float64 {
	if d.Margin.Size > 0 || d.Margin.Size == 0 && effect < 0 {
		return -1
	}
	return 1
}

// compare returns the comparison for an absolute effect.
func (d Design) compare(b Baseline, effect float64) (comparison, error) {
	margin, err := d.Margin.absolute(b)
	if err != nil {
		return comparison{}, fmt.Errorf("margin: %w", err)
	}
	mean := b.mean + effect
	if b.rate && (mean < 0 || mean > 1) {
		return comparison{}, fmt.Errorf("a rate must lie between 0 and 100 %%, but %s changed by %+.6g points is %s",
			percent(b.mean), 100*effect, percent(mean))
	}
	kept := orOne(d.VarianceKept)
	c := comparison{
		distance: d.direction(effect) * (effect - margin),
		varT:     kept * b.varianceAt(mean),
		varC:     kept * b.varianceAt(b.mean),
	}
	if d.Margin.Relative && margin != 0 {
		// The statistic is then mean_t − (1 + m)·mean_c.
		null := (b.mean + margin) / b.mean
		c.varC *= null * null
	}
	switch {
	case !finite(c.distance) || !finite(c.varT+c.varC):
		return comparison{}, errors.New("baseline, effect or margin are too large to compute with")
	case c.varT+c.varC <= 0:
		return comparison{}, errors.New("cannot be computed: the metric has no variance in either arm")
	}
	return c, nil
}

// miss returns the probability that the comparison does not reject in its direction,
//
//	P(T ≤ c_α),   T of drift distance / sqrt(Var_t/n_t + Var_c/n_c)
//
// with T normal, or noncentral t with Welch's degrees of freedom. With fewer than two
// users in an arm, Student's t never rejects.
func (d Design) miss(c comparison, treatment, control float64) float64 {
	inflation := orOne(d.Inflation)
	nt, nc := treatment/inflation, control/inflation
	drift := 0.0
	if c.distance != 0 {
		drift = c.distance / math.Sqrt(c.varT/nt+c.varC/nc)
	}
	if !d.StudentT {
		return distuv.UnitNormal.CDF(-distuv.UnitNormal.Quantile(d.perSide()) - drift)
	}
	if nt < 2 || nc < 2 {
		return 1
	}
	// Treatment's share of the variance, by quotients that cannot both underflow.
	share := 1 / (1 + c.varC/c.varT*(nt/nc))
	df := 1 / (share*share/(nt-1) + (1-share)*(1-share)/(nc-1))
	return noncentralT(criticalT(d.perSide(), df), df, drift)
}
