package ingest

// ownLooks are the looks of a run of which an experiment has numbers. A run goes back to the
// first start of all its experiments: at its earlier looks nothing had happened yet in those
// that started later, and an experiment of years must not make the totals of the others as
// long as its own.
type ownLooks struct {
	// skip is how many looks of the run come before them. The first of them is the last look
	// at which there is nothing, if there is one: what comes before looks like it.
	skip  int
	looks int
}

// newOwnLooks returns those of an experiment that starts at an instant.
func newOwnLooks(all lookTable, start int64) ownLooks {
	skip := max(0, min(all.of(start), len(all)-1)-1)
	return ownLooks{skip, len(all) - skip}
}
