// Package sticky remembers which variant every visitor got, and queues exposures until they
// are in the exposure log. It has two stores behind the interface of decision: [OpenPebble],
// embedded and for one process, and [OpenRedis], shared by several.
//
// An assignment and its exposure become durable together or not at all, and so do all changes
// of one visitor that one answer makes. Pebble keeps one record per visitor with all of its
// experiments, Redis one hash, so that a question about any number of experiments is one read.
//
// The package decides nothing, and knows no files of the exposure log.
package sticky
