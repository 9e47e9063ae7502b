// Package feed keeps the decision service's snapshot up to date with the published state: it
// loads, watches, checks and compiles it, and keeps the last good one, in memory and on disk.
package feed
