// Package benchdata writes made-up exposures and conversions of an experimentation platform,
// for benchmarks: Write takes a directory, a Size and a Format and leaves two tables as
// Parquet files in daily hive folders.
//
// The tables have the dirt of real ones: exact duplicates, users exposed again and again,
// some of them in a second variant, rows that land in the folder of a later day, nulls, and
// values with a heavy tail. No variant has an effect.
//
// The same arguments write the same bytes, for any number of processors: every row comes
// from a stream of random numbers keyed by what it is about. (Another processor architecture
// may round a value differently.) A day is written at a time, so that memory does not grow
// with the number of days.
//
// The package computes no result and imports none of our packages.
package benchdata
