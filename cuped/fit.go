package cuped

import "readout/moments"

// Model says which columns of a moment set are what.
type Model struct {
	// Outcome is what is compared between arms.
	Outcome Term
	// Covariates are known from before the exposure. Their order decides which of two
	// covariates that say the same is kept: the earlier one.
	Covariates []Term
}

// Why a covariate was left out.
const (
	// Constant: every user has the same value.
	Constant = "does not vary between users"
	// Repeated: it is a linear combination of covariates before it.
	Repeated = "is determined by the covariates before it"
	// NoDenominator: it is a ratio whose denominator has mean 0 in some arm.
	NoDenominator = "has a denominator of 0"
	// TooFewUsers: there are no more users than coefficients.
	TooFewUsers = "has too few users to be fitted"
	// NoOutcome: the outcome itself is not defined over all arms.
	NoOutcome = "has no outcome to explain"
	// TooLarge: squares or products of the values overflow.
	TooLarge = "is too large to compute with"
)

// NoPrePeriodData is what [Adjustment.Note] says when no covariate varies.
const NoPrePeriodData = "no pre-period data"

// Dropped names a covariate that was left out.
type Dropped struct {
	// Covariate is its position in [Model.Covariates].
	Covariate int
	// Reason is one of the constants above.
	Reason string
}

// Adjustment is a fitted model. Copies share their slices; do not change them.
type Adjustment struct {
	Model
	// Theta holds one coefficient per covariate, in units of outcome per unit of covariate;
	// 0 for those left out.
	Theta []float64
	// Center holds the value of each covariate over all arms, where the adjustment is 0;
	// 0 for those left out.
	Center []float64
	// Dropped lists the covariates left out, in their order.
	Dropped []Dropped

	// widen is what an arm's own fit adds to its variance, as a share of it, and own how many
	// covariates took part in it; see [FitArms].
	widen float64
	own   int64
	// pooled is where an arm's own fit is centred.
	pooled moments.Set
}

// Fit returns the adjustment with one θ over all arms together,
//
//	θ = S_xx⁻¹ s_xy
//
// with S_xx the covariances of the covariates and s_xy those with the outcome, about the
// means of all users of all arms (for one covariate, Cov(y, x) / Var(x)). Ratios, of
// outcome or covariate, take part as their linearisation about the ratio over all arms.
// One θ means that control's result does not depend on the arm it is compared with.
//
// Covariates without information are left out and listed, so Fit never fails; arms without
// users take no part. All sets must have the columns that m names. The normal equations are
// solved on correlations, by Cholesky in the order of the covariates; a covariate whose
// variance is explained to all but 1e-10 by those before it counts as repeated. The
// relative error of θ is about 1e-15 over the unexplained share.
//
// Means about the pooled means are also what gbstats (means) and tea-tasting (means and
// ratios) use; for ratios gbstats adds up the arms' own (co)variances instead.
func Fit(m Model, arms ...moments.Set) Adjustment {
	pooled := pool(arms)
	a := Adjustment{
		Model:  m,
		Theta:  make([]float64, len(m.Covariates)),
		Center: make([]float64, len(m.Covariates)),
	}
	reasons := make([]string, len(m.Covariates))
	fit := solve(m, pooled, arms, reasons)
	for k, j := range fit.kept {
		a.Theta[j] = fit.theta[k]
		a.Center[j] = fit.center[k]
	}
	for j, reason := range reasons {
		if reason != "" {
			a.Dropped = append(a.Dropped, Dropped{Covariate: j, Reason: reason})
		}
	}
	return a
}

// pool returns the moments over all users.
func pool(arms []moments.Set) moments.Set {
	var pooled moments.Set
	for _, arm := range arms {
		if arm.N > 0 {
			pooled.Merge(arm)
		}
	}
	return pooled
}

// FitArms returns one adjustment per arm, each with the arm's own θ about the arm's own
// means and the centre of all arms: the regression of the outcome on arm, covariates and
// their interactions. Its effect never has a larger asymptotic variance than the
// unadjusted one, also with unequal splits.
//
// The variance of an arm's mean is that of its residuals with as many degrees of freedom
// less as covariates, widened by the distance of the arm from the centre,
//
//	RSS / (n − 1 − k) · (1/n + D'S⁻¹D),   D = centre − the arm's covariate means
//
// with S the centred co-moments of the arm's covariates. This is what moments can tell of
// the HC2 variance: exact HC2 needs each user's residual and leverage. The two differ by
// O(1/n) relative to the variance when the residual variance does not depend on the
// covariates, and more when it does. An arm whose θ cannot be fitted is left unadjusted.
// Like every regression's, these variances take the centre as given; see [Centering].
//
// Source: W. Lin (2013), "Agnostic notes on regression adjustments to experimental data:
// reexamining Freedman's critique".
func FitArms(m Model, arms ...moments.Set) []Adjustment {
	all, pooled := Fit(m, arms...), pool(arms)
	out := make([]Adjustment, len(arms))
	for i, arm := range arms {
		a := Adjustment{Model: m, Theta: make([]float64, len(m.Covariates)), Center: all.Center, pooled: pooled}
		reasons := make([]string, len(m.Covariates))
		for _, d := range all.Dropped {
			reasons[d.Covariate] = d.Reason
		}
		fit := solve(m, arm, arms[i:i+1], reasons)
		distance := make([]float64, len(fit.kept))
		for k, j := range fit.kept {
			a.Theta[j] = fit.theta[k]
			distance[k] = all.Center[j] - fit.center[k]
		}
		if k := len(fit.kept); k > 0 {
			n := float64(arm.N)
			a.own = int64(k)
			a.widen = (n-1)/(n-1-float64(k))*(1+n/(n-1)*fit.mahalanobis(distance)) - 1
		}
		for j, reason := range reasons {
			if reason != "" {
				a.Dropped = append(a.Dropped, Dropped{Covariate: j, Reason: reason})
			}
		}
		out[i] = a
	}
	return out
}

// Centering returns what the centre of the covariates adds to the difference of two arms
// adjusted by their own fits,
//
//	(θ_t − θ_c)' · center
//
// over the users of all arms. Users like those of the experiment, drawn anew, would have
// another centre, and where the effect depends on the covariates another average effect. The
// variance of the difference is the sum of the two arms' and this one, each over its N. It
// is the zero Estimate for adjustments by [Fit], in whose difference the centre cancels. The
// errors are those of [Term.Estimate].
//
// Source: A. Negi, J. M. Wooldridge (2021), "Revisiting regression adjustment in experiments
// with heterogeneous treatment effects".
func Centering(treatment, control Adjustment) (Estimate, error) {
	pooled := treatment.pooled
	if pooled.N == 0 {
		return Estimate{}, nil
	}
	var mean float64
	weights := make([]float64, pooled.Columns())
	for j := range treatment.Theta {
		d := treatment.Theta[j] - control.Theta[j]
		if d == 0 {
			continue
		}
		_, w, ok := treatment.Covariates[j].linearise(pooled)
		if !ok {
			return Estimate{}, ErrZeroDenominator
		}
		mean += d * treatment.Center[j]
		for i, wi := range w {
			weights[i] += d * wi
		}
	}
	return newEstimate(pooled, mean, weights)
}

// Note returns [NoPrePeriodData] when there are covariates and none of them varies, else "".
func (a Adjustment) Note() string {
	if len(a.Covariates) == 0 || len(a.Dropped) < len(a.Covariates) {
		return ""
	}
	for _, d := range a.Dropped {
		if d.Reason != Constant && d.Reason != NoDenominator {
			return ""
		}
	}
	return NoPrePeriodData
}

// Estimate returns the adjusted estimate of one arm,
//
//	outcome − Σ_j θ_j (covariate_j − center_j)
//
// with outcome and ratio covariates linearised about the arm's own values. With θ = 0 over all
// arms it is that of the outcome, to the bit. The errors are those of [Term.Estimate].
func (a Adjustment) Estimate(arm moments.Set) (Estimate, error) {
	e, err := a.Outcome.Estimate(arm)
	if err != nil {
		return Estimate{}, err
	}
	mean, weights := e.Mean, e.Weights
	for j, theta := range a.Theta {
		if theta == 0 {
			continue
		}
		value, w, ok := a.Covariates[j].linearise(arm)
		if !ok {
			return Estimate{}, ErrZeroDenominator
		}
		mean -= theta * (value - a.Center[j])
		for i, wi := range w {
			weights[i] -= theta * wi
		}
	}
	if e, err = newEstimate(arm, mean, weights); err != nil {
		return Estimate{}, err
	}
	e.DF -= a.own
	e.Variance *= 1 + a.widen
	if !finite(e.Variance) {
		return Estimate{}, ErrTooLarge
	}
	return e, nil
}

// VarianceKept returns the share of the variance that is left after the adjustment of each arm,
//
//	Σ s²_adjusted / n  over  Σ s²_raw / n
//
// summed over the arms. For two arms it is that of their difference, [Centering] included where
// they have adjustments of their own, such as [FitArms] returns, and for more the mean over all
// differences, weighted by their raw variances. It is at least 0, and above 1 when the covariates
// hurt. It reports false when the raw variance is 0 or some arm has no estimate.
func VarianceKept(fits []Adjustment, arms []moments.Set) (kept float64, ok bool) {
	var adjusted, raw float64
	for i, arm := range arms {
		r, err := fits[i].Outcome.Estimate(arm)
		if err != nil {
			return 0, false
		}
		e, err := fits[i].Estimate(arm)
		if err != nil {
			return 0, false
		}
		raw += r.Variance / float64(r.N)
		adjusted += e.Variance / float64(e.N)
		for _, other := range fits[:i] {
			center, err := Centering(fits[i], other)
			if err != nil {
				return 0, false
			}
			if center.N > 0 {
				adjusted += center.Variance / float64(center.N) / float64(len(arms)-1)
			}
		}
	}
	if kept = adjusted / raw; raw == 0 || !finite(kept) {
		return 0, false
	}
	return kept, true
}
