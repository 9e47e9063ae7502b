package sequential

import (
	"fmt"
	"math"
)

// ConversionSplit is how the conversions of two arms fell between them while users were
// assigned with the same probabilities.
type ConversionSplit struct {
	Treatment, Control int64
	// Share is the planned probability, in (0, 1), that a user of the two arms is in treatment.
	Share float64
}

// BinomialMixture is the test of the ratio of two rates by how conversions fall between two
// arms. It is exact at any number of users: for a ratio θ of the rates every conversion is in
// treatment with probability
//
//	π(θ) = θ·q / (θ·q + 1 - q)
//
// with q the planned share, independently of the others, so that rates that drift together
// do not matter, and no variance is estimated. With k_t and k_c conversions, and π mixed over by
// a Beta distribution with mean q, the likelihood ratio against θ is
//
//	log Λ(θ) = log B(ρ·q + k_t, ρ·(1-q) + k_c) - log B(ρ·q, ρ·(1-q)) - k_t·log π(θ) - k_c·log(1-π(θ))
//
// and θ is rejected when Λ(θ) ≥ 1/alpha. Of splits with different q the log Λ add up. The
// users who do not convert tell nothing here, which for a rate p makes an interval 1/√(1-p)
// times as wide: the test is for rare conversions. It relies on the planned shares; a
// mismatch of them is taken for an effect.
//
// Sources: H. Robbins (1970), Statistical methods related to the law of the iterated
// logarithm, Annals of Mathematical Statistics 41; M. Lindon, A. Malek (2022), Anytime-valid
// inference for multinomial count data.
type BinomialMixture struct {
	// Scale is ρ, more than 0, in conversions: how closely shares are expected around q.
	// TuneMixture gives the scale for a planned number of conversions.
	Scale float64
}

func (m BinomialMixture) check(splits []ConversionSplit) error {
	if !(m.Scale > 0) || math.IsInf(m.Scale, 0) {
		return fmt.Errorf("binomial mixture with scale %v, want a positive number", m.Scale)
	}
	for _, s := range splits {
		if s.Treatment < 0 || s.Control < 0 || !(s.Share > 0 && s.Share < 1) {
			return fmt.Errorf("%d and %d conversions at a planned share of %v, want counts of at least 0 and a share in (0, 1)", s.Treatment, s.Control, s.Share)
		}
	}
	return nil
}

// P returns the p-value of this look alone against the ratio 1, min(1, 1/Λ(1)). Negative
// numbers of conversions and shares outside (0, 1) are errors; without conversions it is 1. The
// absolute error of log Λ is below 1e-16 times k·ln k, with k conversions in all: 3e-12 at 16
// thousand, 3e-8 at 20 million.
func (m BinomialMixture) P(splits []ConversionSplit) (PValue, error) {
	if err := m.check(splits); err != nil {
		return PValue{}, err
	}
	return newPValue(-m.logLambda(0, splits)), nil
}

// logLambda returns log Λ at the logarithm of a ratio.
func (m BinomialMixture) logLambda(logRatio float64, splits []ConversionSplit) float64 {
	var sum float64
	for _, s := range splits {
		kt, kc := float64(s.Treatment), float64(s.Control)
		a, b := m.Scale*s.Share, m.Scale*(1-s.Share)
		// log π and log(1-π) by the logit, without 1 minus a number near 1.
		logit := logRatio + math.Log(s.Share) - math.Log1p(-s.Share)
		sum += logBeta(a+kt, b+kc) - logBeta(a, b) + kt*softplus(-logit) + kc*softplus(logit)
	}
	return sum
}

// farRatio is the logarithm of a ratio beyond which nothing changes.
const farRatio = 100

// RatioInterval is a confidence interval for a ratio of rates.
type RatioInterval struct {
	// Lo is 0 where no conversion is in treatment.
	Lo float64
	// Hi is where HiFinite says so; without a conversion in control, or beyond the range of
	// float64, the ratio has no bound.
	Hi       float64
	HiFinite bool
}

// Interval returns the ratios θ with Λ(θ) < 1/alpha, for alpha in (0, 1). Together with those
// of all looks before it contains the true ratio with probability at least 1 - alpha. Log Λ
// is convex in log θ, so that they are an interval; where splits contradict each other so
// much that no ratio is left, it is the single most likely one. The ends are found to 1e-13
// in log θ, and have besides the error of log Λ, see [BinomialMixture.P].
func (m BinomialMixture) Interval(alpha float64, splits []ConversionSplit) (RatioInterval, error) {
	if err := m.check(splits); err != nil {
		return RatioInterval{}, err
	}
	if !(alpha > 0 && alpha < 1) {
		return RatioInterval{}, fmt.Errorf("alpha is %v, want a number in (0, 1)", alpha)
	}
	var treatment, control int64
	for _, s := range splits {
		treatment, control = treatment+s.Treatment, control+s.Control
	}
	middle, err := mostLikelyRatio(splits, treatment, control)
	if err != nil {
		return RatioInterval{}, err
	}
	excess := func(x float64) (float64, error) { return m.logLambda(x, splits) + math.Log(alpha), nil }
	end := func(direction float64) (float64, error) {
		near := middle
		fnear, _ := excess(near)
		if fnear >= 0 {
			return math.Exp(middle), nil
		}
		far := near
		ffar := fnear
		for step := 0.5; ffar < 0; step *= 2 {
			if step > 1000 {
				return 0, fmt.Errorf("no end of the interval for alpha %v", alpha)
			}
			near, fnear = far, ffar
			far += direction * step
			ffar, _ = excess(far)
		}
		x, err := root(excess, near, fnear, far, ffar, 1e-13)
		return math.Exp(x), err
	}
	out := RatioInterval{}
	if treatment > 0 {
		if out.Lo, err = end(-1); err != nil {
			return RatioInterval{}, err
		}
	}
	if control > 0 {
		if out.Hi, err = end(1); err != nil {
			return RatioInterval{}, err
		}
		if out.HiFinite = !math.IsInf(out.Hi, 1); !out.HiFinite {
			out.Hi = 0
		}
	}
	return out, nil
}

// mostLikelyRatio returns the logarithm of the ratio under which the splits are likeliest,
// where Σ (k_t + k_c)·π(θ) = Σ k_t. Where all conversions are in one arm, that is a ratio so
// far on its side that log Λ is at its limit there.
func mostLikelyRatio(splits []ConversionSplit, treatment, control int64) (float64, error) {
	switch {
	case treatment == 0 && control == 0:
		return 0, nil
	case control == 0:
		return farRatio, nil
	case treatment == 0:
		return -farRatio, nil
	}
	score := func(x float64) (float64, error) {
		sum := -float64(treatment)
		for _, s := range splits {
			logit := x + math.Log(s.Share) - math.Log1p(-s.Share)
			sum += float64(s.Treatment+s.Control) * math.Exp(-softplus(-logit))
		}
		return sum, nil
	}
	lo, _ := score(-farRatio)
	hi, _ := score(farRatio)
	return root(score, -farRatio, lo, farRatio, hi, 1e-13)
}

// softplus returns log(1 + exp(x)).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// logBeta returns log B(a, b).
func logBeta(a, b float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	return la + lb - lab
}
