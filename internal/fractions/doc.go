// Package fractions computes moments in fractions of whole numbers of any size, for the tests of what
// computes them faster to compare with (moments.go).
package fractions
