package decision

import "context"

// A Change is something new to remember of a visitor in an experiment.
type Change struct {
	Experiment, ID string
	// Before is what was remembered when the decision was made, After what is to be.
	Before, After Assignment
	// Exposure is to be logged with it; nil for none.
	Exposure *Exposure
}

// A Store remembers assignments, and queues exposures until they are in the log. It is safe
// for use by several goroutines at once.
type Store interface {
	// Get puts what is remembered of a visitor in each of the experiments, which are
	// distinct, into the slice into, which has the same length. What it returns is durable:
	// a change that is still under way is not seen.
	Get(ctx context.Context, id string, experiments []string, into []Assignment) error
	// Commit makes changes durable, at most one per visitor and experiment, each together
	// with its exposure. It returns when they would survive the loss of power. Changes of
	// one visitor that follow each other are made all or none: when the Before of one is no
	// longer what is remembered, its position is in lost, its Before is set to what is
	// remembered, and the caller can decide again about all of them.
	Commit(ctx context.Context, changes []Change) (lost []int, err error)
	// Batch returns the oldest exposures of the queue, at most max, and a name for them
	// that no other batch has had or will have. Until Done is called with that name, also
	// after a crash, it returns the same exposures and name. An empty queue has no name.
	Batch(ctx context.Context, max int) (name string, rows []Exposure, err error)
	// Done removes a batch from the queue.
	Done(ctx context.Context, name string) error
	// Queued returns the number of exposures in the queue.
	Queued(ctx context.Context) (int, error)
	Close() error
}
