// Package fixedseed makes property tests draw the same cases in every run: a test that imports it for
// its effect fixes the seed (seed.go). The flag -rapid.seed still changes it.
package fixedseed
