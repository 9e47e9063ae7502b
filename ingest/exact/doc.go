// Package exact adds up float64 values and products of two of them without any rounding.
//
// A Sum takes terms in (sum.go), a Total is what came out, for the few operations that
// follow before the one rounding at the end (total.go), and a Packed is many sums on their
// way to a file and back (packed.go).
package exact
