// Package server answers the decision service's HTTP requests: the choose API of existing
// clients, the OpenFeature Remote Evaluation Protocol, and on a listener of its own the
// pages and questions of those who run it.
//
// In go a snapshot, a store and the keys of clients ([Options]); out come two handlers, one for
// clients and one for those who run the service. It decides with package decision on the latest
// snapshot, and an answer leaves only when the assignments in it are durable in the store.
//
// It opens no listener, loads no published state and writes no exposure log. Of ours it imports
// decision and experiment.
package server
