// Package feed keeps the decision service's snapshot up to date with the published state: it
// loads, watches, checks and compiles it, and keeps the last good one, in memory and on disk.
//
// In goes a state directory; out come a snapshot that is swapped as a whole and events that
// say what each load came to. It decides nothing and writes no log. Of ours it imports
// decision, decision/profiles, experiment and internal/atomicfile.
package feed
