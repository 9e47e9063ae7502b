// Package decision says which variant a visitor gets, and why.
//
// A [Snapshot] is the published state of a project, compiled for serving. Its experiments
// decide about one visitor at a time: [Experiment.Decide] takes what is known of the
// visitor and of an earlier assignment, and returns what to show, what to remember and
// whether an exposure is to be logged. It is a pure function: it reads no clock, no store
// and no network, so the same question has the same answer wherever it is asked. Stores,
// the exposure log and the HTTP endpoints are in the packages below.
//
// The package does no statistics. Of ours it imports experiment, for definitions, and
// internal/exposure, for the row that is logged.
package decision
