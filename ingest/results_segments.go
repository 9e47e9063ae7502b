package ingest

// segmentColumn is an experiment in the segments of a column.
type segmentColumn struct {
	slots  *segmentSlots
	totals *armTotals
	ranks  *segmentRanks
	// shown are, by own look, the slots in the order of the result.
	shown [][]int
}

// segmentColumns adds the segments to the looks, without their metrics yet.
func (r *runner) segmentColumns(p *program, t *experimentTotals, ranks *segmentRanks, slots []segmentSlots, looks []LookResult) []segmentColumn {
	columns := make([]segmentColumn, len(slots))
	for i := range slots {
		c := segmentColumn{slots: &slots[i], totals: &t.segments[i], ranks: ranks, shown: make([][]int, p.looks)}
		if c.slots.apart == nil {
			c.slots.tellApart(r.limits.largest(c.slots.counts(c.totals.users, p.looks), p.looks))
		}
		cumulateAll(append([][]int64{c.totals.users, c.totals.several}, c.totals.clocks...), p.looks)
		for k := range looks {
			var segments []Segment
			if !ranks.wide[i] && k >= p.skip {
				segments = c.at(p, i, k-p.skip)
			}
			looks[k].Segments = append(looks[k].Segments, segments)
		}
		columns[i] = c
	}
	return columns
}

// at makes the segments of an own look, and notes their slots.
func (c *segmentColumn) at(p *program, column, k int) []Segment {
	users := c.slots.pooledCounts(c.totals.users, p.arms(), k, p.looks)
	several := c.slots.pooledCounts(c.totals.several, p.arms(), k, p.looks)
	var segments []Segment
	for n := range c.slots.values {
		slot := (n + 1) % len(c.slots.values) // slot 0 comes last
		s := c.slots.name(c.ranks.texts[column], slot)
		s.Users, s.Several = make([]int64, len(p.variants)), make([]int64, len(p.variants))
		s.PhaseUsers, s.PhaseSeveral = p.noUsers(), p.noUsers()
		s.Metrics = make([][][]Cell, len(p.metrics))
		var all int64
		for arm := range p.arms() {
			phase, variant, at := arm/len(p.variants), p.variants[arm%len(p.variants)], slot*p.arms()+arm
			s.Users[variant] += users[at]
			s.Several[variant] += several[at]
			s.PhaseUsers[phase][variant] = users[at]
			s.PhaseSeveral[phase][variant] = several[at]
			all += users[at] + several[at]
		}
		if slot == 0 && all > 0 || slot > 0 && c.slots.apart[k][slot] {
			segments = append(segments, s)
			c.shown[k] = append(c.shown[k], slot)
		}
	}
	return segments
}
