package sticky

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// maxBatchBytes is the size of the exposures in their stored form with which a batch is full,
// whatever the number that was asked for: to write them takes ten times as much memory. It is
// more than 100,000 rows take that have no ids and segments made to be long.
const maxBatchBytes = 32 << 20

// newBatchName returns the name of a new batch: 130 random bits. Names that count would come
// again when a store is deleted, emptied or restored from a copy, and exposures that are in
// the log under such a name would be written over.
func newBatchName() string { return strings.ToLower(rand.Text()) }

// readError says that the queue could not be read; nil stays nil.
func readError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read queued exposures: %w", err)
}

// notUnderWay says that a batch cannot be done.
func notUnderWay(name string) error { return fmt.Errorf("batch %q is not under way", name) }
