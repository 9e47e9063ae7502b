package sequential

import (
	"fmt"
	"math"
)

// MaxLooks is the largest number of looks that a [Process] may have.
const MaxLooks = 366

// minInnovation replaces the part of a statistic that is new at a look where
// there is next to none. It moves critical values by less than 1e-8, and lets
// looks that coincide go through the same integration as all others.
const minInnovation = 1e-9

// Process describes the standardized statistics Z_1, ..., Z_K of the looks under
// the null hypothesis: a Gaussian Markov chain with mean 0 and variance 1,
//
//	Z_k = ρ_k·Z_{k-1} + s_k·ε_k,   ρ_k = Corr(Z_{k-1}, Z_k),   s_k = √(1 - ρ_k²)
//
// with independent standard normal ε_k. The zero value has no looks.
type Process struct {
	rho, s []float64
}

// FromInformation returns the process with the canonical correlations
// ρ_k = √(I_{k-1}/I_k) for the information levels I_1, ..., I_K, in any unit.
// A level below the one before counts as equal to it: that look adds nothing.
// A level that is not positive and finite is an error, as are more than [MaxLooks].
func FromInformation(information []float64) (Process, error) {
	p, err := newProcess(len(information))
	if err != nil {
		return Process{}, err
	}
	level := 0.0
	for k, next := range information {
		if !(next > 0) || math.IsInf(next, 0) {
			return Process{}, fmt.Errorf("information of look %d is %v, want a positive number", k+1, next)
		}
		next = max(next, level)
		p.rho[k] = math.Sqrt(level / next)
		p.s[k] = max(math.Sqrt((next-level)/next), minInnovation)
		level = next
	}
	return p, nil
}

// FromCorrelations returns the process in which correlations[k] is the
// correlation of look k with look k-1, counted from 0; correlations[0] is not
// used. Estimated correlations may lie outside [0, 1]: above 1 they count as 1 (the
// look adds nothing), below 0 as 0 (the look is independent of the one before).
// NaN is an error, as are more than [MaxLooks] looks.
func FromCorrelations(correlations []float64) (Process, error) {
	p, err := newProcess(len(correlations))
	if err != nil {
		return Process{}, err
	}
	for k, rho := range correlations {
		switch {
		case k == 0:
			rho = 0
		case math.IsNaN(rho):
			return Process{}, fmt.Errorf("correlation of look %d with look %d is not a number", k+1, k)
		}
		rho = min(max(rho, 0), 1)
		p.rho[k] = rho
		p.s[k] = max(math.Sqrt((1-rho)*(1+rho)), minInnovation)
	}
	return p, nil
}

func newProcess(looks int) (Process, error) {
	if looks > MaxLooks {
		return Process{}, fmt.Errorf("%d looks, want at most %d", looks, MaxLooks)
	}
	values := make([]float64, 2*looks)
	return Process{rho: values[:looks], s: values[looks:]}, nil
}

// Looks returns the number of looks K.
func (p Process) Looks() int { return len(p.rho) }

// Means returns the expectations of Z_1, ..., Z_K under a constant effect that
// gives the last look the expectation drift,
//
//	E Z_k = drift·ρ_{k+1}·…·ρ_K = drift·√(I_k/I_K)
func (p Process) Means(drift float64) []float64 {
	means := make([]float64, p.Looks())
	for k := p.Looks() - 1; k >= 0; k-- {
		means[k] = drift
		drift *= p.rho[k]
	}
	return means
}
