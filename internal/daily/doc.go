// Package daily runs the daily job: it is the only place that knows the whole way from
// configuration and data to scorecards.
//
// In go a project, its state directory, a clock and an engine; out come the scorecards, the
// looks and the pages of a day in that directory, and a Report of what was made. A run (run.go)
// logs the transitions that time has made by the end of its last day (lifecycle.go), finds the
// experiments and days that need a scorecard (wanted.go, day.go), and asks the engine once for
// the moments of all days (query.go), or where there are very many for some weeks at a time
// (steps.go), and once more where an end was moved after it had passed (ends.go). Days whose
// files have changed since come to those that are made (corrected.go), and experiments whose metrics
// want a column that is not there wait (unread.go). Then it goes through the days in order (scorecards.go): it hands them to the
// analysis (input.go, phase.go) with the recorded looks, which count for the test with the same
// hash (hash.go), appends the new looks (looks.go) and stores the scorecards. Where users are
// left out unevenly it asks once more, with everybody counted in the variant seen first
// (countedfirst.go). Transitions never wait for data; scorecards are stored only when the data
// could be read whole.
//
// The same flow serves ad-hoc analyses, which keep their looks in memory and store nothing.
// They are of a project or of bare files (AdHoc, adhoc.go), or of a summary (Summary, summary*.go,
// and Summarized, summarized.go): a CSV or Parquet file that holds, per look, variant and metric,
// how many users there are and the mean and variance of their values. Of a summary no engine is
// asked. What single users did is not in it, so there are no covariates, segments or links between
// looks, and the scorecard says unknown rather than 0 of who converted and who was in several
// variants.
//
// The package computes no statistic and reads no clock: seeds and engines come in from outside,
// too. Of this module's packages it may import experiment, ingest, ingest/tables, analysis,
// reports, internal/atomicfile, internal/digits and internal/parallel.
package daily
