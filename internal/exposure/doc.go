// Package exposure is the row that says who saw which variant when, and how it
// is written.
//
// In go the names of the columns and rows in the order to be stored; out comes
// one Parquet file, whole or not at all, that the batch engine and other
// programs read. The same rows give the same bytes.
//
//	column      type                      null
//	user        text (UTF-8)              never
//	experiment  text, dictionary          never
//	variant     text, dictionary          never
//	time        timestamp(us, UTC)        never
//	segments    text, dictionary          when absent
//
// The package does not decide what is a first exposure, where files go, or when
// one is full, and it does not read. It imports internal/atomicfile of our
// packages.
package exposure
