// Package server answers the decision service's HTTP requests: the choose API of existing
// clients, the OpenFeature Remote Evaluation Protocol, and on a listener of its own the
// pages and questions of those who run it.
//
// It decides with package decision on the latest snapshot, and an answer leaves only when
// the assignments in it are durable in the store.
package server
