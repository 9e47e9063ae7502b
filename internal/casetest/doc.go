// Package casetest runs the cases of testdata/cases through the whole way from
// configuration and Parquet files to scorecards, as an ad-hoc analysis and as a daily job.
//
// A case is a fault that users of such tools ran into, with the right answer: one txtar
// file with the project as a user would write it, the rows as CSV, and expected.json with
// the parts of the scorecards that are checked. What is in an archive is said at the type
// Case. Unless a case says otherwise, Welch's p-values and intervals in expected.json were
// computed with scipy 1.17.1, and Fieller's intervals by his equation from the same
// moments.
//
// The package holds tests only, and no test of single functions: those stand beside the
// functions. It may import experiment, ingest with ingest/tables, moments, sequential,
// power, analysis, reports and internal/daily of this module, and nothing may import it.
package casetest
