// Package reports turns scorecards into what people and their programs read.
//
// In go scorecards of package analysis, out come bytes in one of the [Formats]: text for a
// terminal, JSON, CSV, Parquet, Arrow IPC. [Text] takes options for the terminal at hand.
// [WriteDay] keeps an experiment's day in the state directory and [ReadDay] reads it back;
// [Recover] cleans up after a process that was killed while writing.
//
// JSON is the stored form: everything a scorecard knows. The three table formats are
// writers of one Arrow record (record.go, its columns in record_columns.go), with a row per metric
// and variant (rows.go), of all users and then by segment (segments.go). A format is a file of its
// own and a line in [Formats]. Text (text*.go) and pages (html*.go) share the cells of their tables
// (cells.go), what is said below them (notes.go), and what is said of checks (checks.go).
//
// A [Site] is the pages for a browser: [SiteOf] collects what is known about a project's
// experiments (html_site.go), [Site.WritePages] writes an index and a page per experiment
// (html_write.go), each one file without scripts that needs nothing else. Their pictures (plot*.go) take their colours
// from the page and hold no names.
//
// The package computes no number. It rounds for people in one place (format.go), with the
// digits of internal/digits, and keeps its words in two others (labels.go, html_labels.go). Texts
// from outside are made safe to show in one, too (escape.go). What is not defined is a dash in
// text, null in JSON, Parquet and Arrow, and an empty cell in CSV, with the reason beside it. The
// same scorecards give the same bytes; no output depends on the clock, the environment or the
// machine.
//
// Of our packages it may import analysis, experiment, internal/atomicfile, internal/digits and
// internal/parallel.
package reports
