package experiment

// maxWrittenOut is how much the templates and audiences of one experiment may come to, in bytes.
// They are in the published state at each place that names them, so that a few small files could
// make more of it than there is memory.
const maxWrittenOut = 8 << 20

// writesOut counts what a template or an audience adds to the published state where n names it,
// and reports what is too much: of one experiment, or of all of them together.
func (d *experimentDecoder) writesOut(n *node, size func() int) {
	if d.full() {
		// This was reported where it began.
		d.blocked = true
		return
	}
	bytes := size()
	d.writtenOut += bytes
	d.names.writtenOut += bytes
	switch {
	case d.writtenOut > maxWrittenOut:
		// What is refused is not held against the other experiments.
		d.names.writtenOut -= d.writtenOut
		d.errorf(n, "templates and audiences come to more than %d MiB in this experiment, written out wherever they are named", maxWrittenOut>>20)
	case d.names.writtenOut > maxPublished:
		d.errorf(n, "templates and audiences come to more than %d MiB in the experiments up to this one, written out wherever they are named", maxPublished>>20)
	}
}

// full reports whether there was too much already.
func (d *experimentDecoder) full() bool {
	return d.writtenOut > maxWrittenOut || d.names.writtenOut > maxPublished
}

// size returns about how many bytes a condition has in the published state.
func (c *Condition) size() int {
	const punctuation = 16
	size := punctuation + len(c.Attribute) + len(c.Operator)
	for i := range c.Values {
		size += punctuation + len(c.Values[i].Text)
	}
	for _, members := range [][]Condition{c.All, c.Any} {
		for i := range members {
			size += members[i].size()
		}
	}
	if c.Not != nil {
		size += c.Not.size()
	}
	return size
}
