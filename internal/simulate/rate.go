package simulate

import "math"

// Rate is how often something happened.
type Rate struct {
	Count, Runs int
}

// Share returns the share of runs.
func (r Rate) Share() float64 { return float64(r.Count) / float64(r.Runs) }

// standardError returns the Monte Carlo standard error of a share of so many runs where p is expected.
func standardError(p float64, runs int) float64 { return math.Sqrt(p * (1 - p) / float64(runs)) }

// above reports whether the share is above p by more than three standard errors.
func (r Rate) above(p float64) bool { return r.Share() > p+3*standardError(p, r.Runs) }

// below reports whether the share is below p by more than three standard errors.
func (r Rate) below(p float64) bool { return r.Share() < p-3*standardError(p, r.Runs) }
