// Package cuped lowers the variance of a metric with what is known about users from before
// they were exposed.
//
// In go the moment sets of the arms of one metric at one look ([readout/moments.Set]) and a
// [Model] that says which columns are the outcome and which the covariates. Out comes an
// [Adjustment]: one coefficient θ per covariate, fitted over all arms together, which turns
// each arm's set into an [Estimate]. Means, ratios, adjusted means and adjusted ratios are
// all one linear combination of the set's columns plus a constant, so an Estimate also
// carries its weights, from which covariances with any other estimate of the same arm follow.
//
//	adjusted = outcome − Σ_j θ_j (covariate_j − its mean over all arms)
//
// A user whose look-back reaches before the first data has in the covariate what there is, 0
// if there is nothing, and 1 in a second covariate that marks this. Where nobody who is marked
// has anything, any other number in place of the 0, the pooled mean for instance, gives the
// same adjusted results.
//
// A covariate that cannot help, because it does not vary or repeats an earlier one, is left
// out with a reason. If none is left, θ is 0 and results are exactly the unadjusted ones.
//
// The package computes no test, interval or lift and gives no warning: the difference of a
// covariate between arms is a number here, see [Term.Difference], and a judgement elsewhere.
// It sees no users, only moments, and imports only readout/moments.
//
// Source: A. Deng, Y. Xu, R. Kohavi, T. Walker (2013), "Improving the sensitivity of online
// controlled experiments by utilizing pre-experiment data".
package cuped
