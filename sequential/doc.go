// Package sequential computes what a test that is looked at more than once
// needs: how much error probability each look may spend, the critical value of
// each look, and p-values, intervals and stopping probabilities that stay valid
// under these looks.
//
// Numbers go in and numbers come out. A design is described by
//
//   - a [Spending] function, which says how much of the error probability alpha
//     has been spent when a share t of the planned time has passed;
//   - a [Process], the correlations between the standardized statistics
//     Z_1, ..., Z_K of neighbouring looks;
//   - the number of sides, 1 or 2. A two-sided design is symmetric and spends
//     half of alpha on each side.
//
// [Boundaries] turns these into critical values c_1, ..., c_K for a whole design,
// and [NextBoundary] into today's critical value when the earlier ones are on
// record. The repeated confidence interval of a look is effect ± c_k times its
// standard error. [Monitoring] gives the sequential p-value. A [Design] gives stopping
// probabilities, power, inflation and expected sample size under a drift, and after the
// test the stage-wise p-value, estimate and interval. [FutilityBounds] and
// [ConditionalPower] are about stopping because nothing will come of it.
//
// [Mixture] is the other procedure: confidence sequences and p-values for a test that is
// looked at whenever one likes, with estimated variances. [BinomialMixture] is
// the same for the ratio of two rates, exact for few conversions. [LogUpperTail] and
// [LogStudentTail] are the tails that all this rests on, as logarithms.
//
// The package knows no metric, user, day or file, reads no clock, and decides
// nothing: what a crossing means is said elsewhere. No result is NaN, nor infinite but
// for those of [StudentFromLogTail], [LogUpperTail] and [Spending] where they say so; a
// look at which nothing can be rejected has a [Critical] that is not finite. It imports
// none of the other packages of this module.
package sequential
