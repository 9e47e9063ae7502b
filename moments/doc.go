// Package moments holds the one input of every estimator: how many users there are,
// the means of their columns, and the centred co-moments of every pair of columns.
//
// A mean, a ratio by the delta method, a mean adjusted by covariates, and a ratio so
// adjusted are all linear in the columns, so a [Set] and a vector of weights are enough
// to estimate any of them with its variance, see [Set.LinearCov].
//
// Moments are centred from the start and merged centred. Sums of squares would lose
// every digit of the variance once the mean is about 1e8 standard deviations away
// from zero; see T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a
// pairwise algorithm for computing sample variances" (1979).
//
// The package reads no files, knows no metrics and decides nothing. It imports no
// other package of this module.
package moments
