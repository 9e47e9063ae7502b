// Package tables reads rows of exposures and conversions from Parquet files.
//
// A Store lists files and opens them (store*.go, hive.go). Open reads what a file says of itself
// (footer.go), finds the columns of a Spec by name, or by a key=value folder
// of the file's path, and checks their types (open.go, column_schema.go, column_type.go). Rows
// then reads a row group page by page (rows.go, column.go, decode*.go) into batches of flat
// arrays: users as hashes (userid*.go, column_user.go), times in µs (column_time.go,
// column_iso.go), values as float64 (column_value.go), and texts as small numbers (names.go,
// column_text.go) or, where metrics filter rows, as classes of values of which all filters say
// the same (column_filter.go, comparison.go). Whoever looks for some times only asks a row
// group for its TimeRange first (time_range.go).
//
// ReadWhole reads a small file of any other kind whole, column by column, by the same checks
// (whole.go).
//
// Files are hostile until checked: what they claim of sizes and counts is held against their
// length before memory is set aside, and a damaged file is an error that names it, the column,
// what is wrong and what to do (damage.go). Pages are decoded here (docs/decisions/002 says why); footers and codecs
// are read by libraries, but for Snappy. The package knows neither experiments nor metrics. Of this
// module's packages it may import experiment, for the filters, internal/compact, which measures
// metadata before the library decodes it, and internal/snappy, which decompresses.
package tables
