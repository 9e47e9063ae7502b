// Package ingest turns Parquet files of exposures and conversions into moments.
//
// In goes a Query: paths and columns, the experiments with their variants and dates,
// metrics as columns per user with windows, filters, caps and policies, and the looks at
// which moments are wanted. Out comes a Result: per experiment, look, metric, phase and
// variant the moments of those columns over users, where asked for also by segment and
// jointly with the look before, and counts of all that was read and left out. Engine is
// what answers queries (query.go, result.go); Embedded does it in this process.
//
// Embedded (engine.go, runner*.go) checks the query (validate.go) and works in this order:
//
//   - Package tables lists and opens files and reads them into batches of flat arrays (source.go):
//     users as hashes, times in µs, names as small numbers.
//   - One scan of the exposures and one of the conversions, each by several workers, a row
//     group at a time (scan.go). Every row is counted at the first look that sees it (looks.go,
//     counts.go), and what matters of those that matter (arms.go, history.go) is put aside by
//     partitions of users (visit.go, pick.go, package scatter). Filters are settled here: what is
//     put aside of a conversion is its kind, an event with the filters that the row passes
//     (kinds.go). Where exposures are few, conversions of users who
//     were never exposed are only counted (exposed.go). What would take too much memory goes
//     to a file (spill.go).
//   - If results are wanted by segment, each value of a column has its place in the totals;
//     where there are many of them, users are counted to see which are large enough
//     (segments_values.go, segments.go, segments_count.go).
//   - Partition by partition, each by one worker: users are numbered (user_table.go), first
//     exposures found, conversions grouped by user (partition.go); then each user of each
//     experiment is put through the experiment's program (program.go, compile.go, bundle.go,
//     spans.go, columns.go, calendar.go) and added to the raw moments of its arm (evaluate*.go,
//     totals.go, package raw), by look of the experiment's own (own_looks.go)
//     where its numbers depend on the look (grow.go), and with what links one look to the next.
//     Single values are kept where they are asked for (values.go).
//   - Raw moments of all workers are added up, look by look, numbers beyond a cap exchanged
//     for its bound (caps.go, quantile.go), and centred (walk.go); these are the cells of the result,
//     beside which stands what was left out (results*.go). Exposures to variants that an experiment does not
//     have are put aside too, and their users counted partition by partition (unknown.go).
//
// Raw moments are exact (packages raw and exact), and so independent of the order of their terms. This
// makes results the same for any number of workers, and lets one pass answer all looks: a
// user enters at one look and leaves, or is exchanged for the same user with newer numbers,
// at a later one.
//
// Where Embedded.Keep names a folder, all that is put aside stays there, file by file
// (kept.go, kept_file.go, kept_counts.go, kept_scan.go, kept_exposures.go,
// kept_conversions.go), and the next run reads files that are new or have changed
// (kept_plan.go), and tells which files there are (kept_files.go); what it finds
// kept may be numbered otherwise (kept_match.go, kept_segments.go, translate.go).
// Totals stay too (kept_totals*.go, kept_looks.go, kept_caps.go): the next run
// exchanges in them the users whom new rows and looks touch (kept_evaluate.go, delta*.go).
//
// Whoever knows no dates or names asks for them first (times.go, inspect.go).
//
// The package knows no statistics: which columns a metric needs, what is made of moments
// and what counts mean is said elsewhere. It reads no clock, and writes no files but those in
// Embedded.Keep and, while it runs, one in Embedded.TempDir. Of this module's packages it may
// import ingest/tables, ingest/scatter, ingest/raw, experiment, moments and internal/atomicfile.
package ingest
