package power

import (
	"errors"
	"fmt"
	"math"
)

// Baseline is what a metric is expected to be in control. Make one with [Mean], [Rate]
// or [Ratio]; the zero value has no variance and is refused.
type Baseline struct {
	mean, variance float64
	rate           bool
}

// Mean returns the baseline of a metric with the given mean and standard deviation per user,
// which stays the same in every arm.
func Mean(mean, sd float64) Baseline {
	// A negative standard deviation makes a negative variance, which check refuses.
	return Baseline{mean: mean, variance: sd * math.Abs(sd)}
}

// Rate returns the baseline of a proportion p in [0, 1]. An arm with rate q has variance q(1 − q).
func Rate(p float64) Baseline { return Baseline{mean: p, rate: true} }

// A Column is what users are expected to have of a numerator or a denominator. Users without
// any have 0.
type Column struct {
	// Mean and SD are the mean and the standard deviation per user.
	Mean, SD float64
}

// Ratio returns the baseline of a ratio of means of two columns that are correlated over
// users. Its variance is that of the ratio's linearisation,
//
//	(Var(y) − 2R·Cov(y, d) + R²·Var(d)) / d̄²,   R = ȳ / d̄
//
// with y the numerator and d the denominator per user, written as a sum in which nothing cancels,
//
//	((σy − ρ·R·σd)² + (1 − ρ²)·R²·σd²) / d̄²
//
// with σy and σd the standard deviations and ρ the correlation. It returns an error when the
// denominator's mean is 0, ρ lies outside [-1, 1], or the ratio does not vary.
func Ratio(numerator, denominator Column, correlation float64) (Baseline, error) {
	switch {
	case denominator.Mean == 0:
		return Baseline{}, errors.New("cannot be computed: the denominator is 0 on average")
	case !(numerator.SD >= 0 && denominator.SD >= 0):
		return Baseline{}, errors.New("the standard deviations of numerator and denominator must be 0 or above")
	case !(correlation >= -1 && correlation <= 1):
		return Baseline{}, fmt.Errorf("the correlation of numerator and denominator must lie between -1 and 1, got %g", correlation)
	}
	r := numerator.Mean / denominator.Mean
	spread := r * denominator.SD
	together := numerator.SD - correlation*spread
	variance := (together*together + (1-correlation)*(1+correlation)*spread*spread) / denominator.Mean / denominator.Mean
	if variance == 0 {
		return Baseline{}, errors.New("cannot be computed: the ratio does not vary, each user has the same share of numerator and denominator")
	}
	return Baseline{mean: r, variance: variance}, nil
}

// Relative returns an absolute effect as a share of the baseline's absolute value. It reports
// false when the baseline is 0.
func (b Baseline) Relative(absolute float64) (relative float64, ok bool) {
	if relative = absolute / math.Abs(b.mean); !finite(relative) {
		return 0, false
	}
	return relative, true
}

// varianceAt returns the variance per user in an arm with the given mean.
func (b Baseline) varianceAt(mean float64) float64 {
	if b.rate {
		return mean * (1 - mean)
	}
	return b.variance
}

func (b Baseline) check() error {
	switch {
	case !finite(b.mean):
		return errors.New("the baseline must be a finite number")
	case !finite(b.variance):
		return errors.New("the standard deviation must be a number whose square is finite, below 1e154")
	case b.rate && (b.mean < 0 || b.mean > 1):
		return fmt.Errorf("a rate must lie between 0 and 100 %%, got a baseline of %s", percent(b.mean))
	case !b.rate && b.variance <= 0:
		return errors.New("the standard deviation must be above 0")
	}
	return nil
}

// Effect is a difference to control, or a share of control.
type Effect struct {
	// Size is in the unit of the metric, or with Relative a share of the absolute value of
	// control's mean: 0.1 is 10 % more, -0.1 is 10 % less.
	Size     float64
	Relative bool
}

// absolute returns the difference that e means for b.
func (e Effect) absolute(b Baseline) (float64, error) {
	size := e.Size
	if e.Relative {
		if b.mean == 0 && size != 0 {
			return 0, errors.New("cannot be computed: the baseline is 0, so a relative effect has no size; give an absolute one")
		}
		size *= math.Abs(b.mean)
	}
	if !finite(size) {
		return 0, errors.New("an effect must be a finite number")
	}
	return size, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// percent returns a share as text.
func percent(x float64) string { return fmt.Sprintf("%.6g %%", 100*x) }
