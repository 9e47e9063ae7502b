package sequential

import (
	"fmt"
	"math"
)

// HwangShihDeCani is the truncated exponential family,
//
//	f(t; α) = α·(1 - e^(-γ·t)) / (1 - e^(-γ))
//
// with γ = Gamma; -4 is close to O'Brien-Fleming, 1 to Pocock, and 0 spends evenly.
//
// Source: I. K. Hwang, W. J. Shih, J. S. DeCani (1990), Group sequential designs
// using a family of type I error probability spending functions, Statistics in Medicine 9.
type HwangShihDeCani struct {
	// Gamma is the rate, in [-40, 40]. Lower values spend later.
	Gamma float64
}

func newHwangShihDeCani(gamma float64) (Spending, error) {
	if !(gamma >= -40 && gamma <= 40) {
		return nil, fmt.Errorf("spending function hwang-shih-decani: gamma is %v, want -40 to 40", gamma)
	}
	return HwangShihDeCani{Gamma: gamma}, nil
}

func (h HwangShihDeCani) share(t float64) float64 {
	if h.Gamma == 0 {
		return t
	}
	return math.Expm1(-h.Gamma*t) / math.Expm1(-h.Gamma)
}

// Spent implements [Spending].
func (h HwangShihDeCani) Spent(t, alpha float64) float64 { return share(h.share).spent(t, alpha) }

// LogSpent implements [Spending].
func (h HwangShihDeCani) LogSpent(t, logAlpha float64) float64 {
	return share(h.share).logSpent(t, logAlpha)
}
