package ingest

// correction finds the files of past days that have come, changed or gone since rows were kept.
// A file with rows of the last day is not one: it is what comes every day, and rows in it that
// are late are the last look's to see.
type correction struct {
	// Rows matter from from on, and are of past days before before.
	from, before int64
	// was is what was kept of files that have changed, by their place, and nil of those that came.
	was map[int]*keptFile
	// since is the time of the earliest row in such files; latestTime without any.
	since int64
}

// came notes that a file came, or changed from what was kept of it.
func (c *correction) came(place int, was *keptFile) {
	if c.was == nil {
		c.was = make(map[int]*keptFile)
	}
	c.was[place] = was
}

// read notes what is in a file now that it has been read.
func (c *correction) read(place int, now *keptFile) {
	was, came := c.was[place]
	if !came || now.last() >= c.before {
		return
	}
	c.note(now)
	if was != nil {
		c.note(was)
	}
}

// note takes in a file of past days, and leaves out others.
func (c *correction) note(f *keptFile) {
	if last := f.last(); last >= c.from && last < c.before {
		c.since = min(c.since, max(f.First, c.from))
	}
}

// lastDay returns when the day of the last look begins: with the look before it. It is noTime
// where there is only one look.
func (r *runner) lastDay() int64 {
	n := len(r.q.Looks)
	if n < 2 {
		return noTime
	}
	return microseconds(r.q.Looks[n-2])
}
