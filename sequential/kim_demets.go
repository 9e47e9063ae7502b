package sequential

import (
	"fmt"
	"math"
)

// KimDeMets is the power family,
//
//	f(t; α) = α·t^ρ
//
// with ρ = Rho > 0; 1 spends evenly, 3 is close to O'Brien-Fleming.
//
// Source: K. Kim, D. L. DeMets (1987), Design and analysis of group sequential
// tests based on the type I error spending rate function, Biometrika 74.
type KimDeMets struct {
	// Rho is the exponent, in (0, 50]. Higher values spend later.
	Rho float64
}

func newKimDeMets(rho float64) (Spending, error) {
	if !(rho > 0 && rho <= 50) {
		return nil, fmt.Errorf("spending function kim-demets: rho is %v, want more than 0 and at most 50", rho)
	}
	return KimDeMets{Rho: rho}, nil
}

func (k KimDeMets) share(t float64) float64 { return math.Pow(t, k.Rho) }

// Spent implements [Spending].
func (k KimDeMets) Spent(t, alpha float64) float64 { return share(k.share).spent(t, alpha) }

// LogSpent implements [Spending].
func (k KimDeMets) LogSpent(t, logAlpha float64) float64 {
	return share(k.share).logSpent(t, logAlpha)
}
