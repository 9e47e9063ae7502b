// Package goldentest counts how the reference values of other programs came out in the
// tests of this module, and says so in one form: make references prints the table.
//
// A test that goes through the cases of a file adds each to a Tally: passed, or passed
// after a convention that is not ours was carried over, with the reason in words, or not
// covered, with the reason. The package compares nothing itself. It imports none of our
// packages, and only tests import it.
package goldentest
