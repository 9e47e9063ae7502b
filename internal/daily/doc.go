// Package daily runs the daily job: it is the only place that knows the whole way from
// configuration and data to scorecards.
//
// A run makes the transitions that time has made by the end of its last day and asks the
// engine once for the moments of all days. Then it goes through the days that need a
// scorecard, in order: it analyses them against the recorded looks, appends the new looks and
// stores the scorecards. Transitions never wait for data; scorecards are stored only when the
// data could be read whole.
//
// The same flow serves ad-hoc analyses, which keep their looks in memory and store nothing.
// They are of a project or of bare files (AdHoc), or of a summary (Summary, Summarized): a
// CSV or Parquet file that holds, per look, variant and metric, how many users there are and
// the mean and variance of their values. Of a summary no engine is asked. What single users
// did is not in it, so there are no covariates, segments or links between looks, and the
// scorecard says unknown rather than 0 of who converted and who was in several variants.
//
// Clocks, seeds and engines come in from outside. The package imports experiment, ingest
// with ingest/tables, analysis, reports, internal/atomicfile and internal/parallel of this
// module.
package daily
