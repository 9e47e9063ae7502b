// Package analysis turns moments, the plan and the earlier looks into a [Scorecard].
//
// In goes an [Input]: the experiment's definition, the days of data with users and moments
// (or single values, for quantiles) per metric, phase and variant, and the looks recorded
// so far. [Analyze] estimates every treatment's effect on every metric against control
// (package cuped), tests it at the day's look against a boundary that takes the earlier
// looks into account (package sequential), turns it into a lift, an interval, a p-value and
// a verdict that follow from one rule, checks the data, and recommends what to do. Out come
// the scorecard and the looks to append to the log.
//
// One rule: with the boundary c of the day for a standard normal score and the Welch
// degrees of freedom of the estimate, the critical value is T_df⁻¹(Φ(c)); the test rejects,
// the interval of the effect excludes 0, and Fieller's interval of the lift excludes 0, all
// exactly then. A rare rate in the always-valid procedure has no c: its intervals and its
// p-value come from the same likelihood ratio.
//
// The procedures are group-sequential (alpha spent on the metric's own clock, correlations
// between looks from the users themselves, futility, stage-wise inference at the end),
// always-valid (a mixture for Student's t, of rare rates one of conversions; running
// intervals and p-values) and fixed (one look).
//
// Where the day comes by segment, every segment has an exploratory result of its own: one
// look at its users, and a test of how they are split.
//
// The package reads and writes nothing, has no clock, and does not know where moments come
// from. It may import experiment, moments, sequential, cuped and internal/digits.
package analysis
