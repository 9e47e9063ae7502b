package sequential

import "math"

// Pocock is the Lan-DeMets spending function of the Pocock type,
//
//	f(t; α) = α·ln(1 + (e - 1)·t)
//
// whose critical values are nearly equal at equally spaced looks.
//
// Source: K. K. G. Lan, D. L. DeMets (1983), Discrete sequential boundaries for
// clinical trials, Biometrika 70, function α₂*.
type Pocock struct{}

func (Pocock) share(t float64) float64 { return math.Log1p((math.E - 1) * t) }

// Spent implements [Spending].
func (p Pocock) Spent(t, alpha float64) float64 { return share(p.share).spent(t, alpha) }

// LogSpent implements [Spending].
func (p Pocock) LogSpent(t, logAlpha float64) float64 { return share(p.share).logSpent(t, logAlpha) }
