// Package scatter puts rows aside by partitions of users while files are read in any order, and
// hands them out again partition by partition.
//
// A worker puts tuples, rows of fixed size without pointers, into its Tuples (tuples.go). Of what
// all workers have put aside, a Source gives one Partition after the other (source.go,
// partition.go), in the order of the row groups that the tuples came from, whoever read which
// when. What there is no room for goes to a File as a Dump (dump.go, memory.go) and is read back
// in windows of several partitions (window.go). Dumps in lasting files can be loaded by later
// runs, which bring them up to date by a Translation (translation.go).
package scatter
