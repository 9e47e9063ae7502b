package ingest

// The loops of this file do what anyRows of the visitors does, for the batches that make up
// most of every scan: rows that the same look is the first to see, without segments. They
// run column by column. First the rows to keep are listed; then they are put into their
// partitions in a loop that does nothing else, so that a processor waits for the memory of
// several of them at once. That takes half the time of one loop row by row.

// pickedExposures are the rows of a batch that are kept, in order, and their arms.
type pickedExposures struct {
	rows []uint16
	arms []uint32
}

// rowsOfLook takes in exposures that look is the first to see.
func (v *exposureVisitor) rowsOfLook(b *batch, experiments, variants []uint32, look int) {
	p := &v.picked
	p.rows, p.arms = resize(p.rows, b.n), resize(p.arms, b.n)
	rows, arms := p.rows, p.arms
	times, users := b.time[:len(variants)], b.user[:len(variants)]
	n, noUser := 0, int64(0)
	experiment := uint32(0)
	for i, variant := range variants {
		if users[i] == (userID{}) {
			noUser++
			continue
		}
		if experiments != nil {
			experiment = experiments[i]
		}
		if int(experiment) < len(v.arms) {
			r := v.arms[experiment]
			if t := times[i]; int(variant) < len(r.rank) && r.rank[variant] >= 0 && t >= r.start && t < r.end {
				v.experiments[experiment].rows[look]++
				rows[n], arms[n] = uint16(i), experiment<<16|uint32(r.rank[variant])
				n++
				continue
			}
		}
		v.exposure(users[i], times[i], look, experiment, variant, 0)
	}
	v.byLook[look].noUser += noUser
	for k, i := range rows[:n] {
		hi, lo := keyOf(users[i])
		v.kept.put(v.parts.of(users[i]), exposureTuple{hi, times[i], lo, arms[k]})
	}
}

// pickedConversions are the rows of a batch that are kept, in order: with and without a value
// that a metric reads.
type pickedConversions struct{ events, values []uint16 }

// rowsOfLook takes in conversions that look is the first to see; flag is added to their kinds.
func (v *conversionVisitor) rowsOfLook(b *batch, kinds []uint32, look int, flag uint32) {
	p := &v.picked
	p.events, p.values = resize(p.events, b.n), resize(p.values, b.n)
	events, values := p.events, p.values
	times, users := b.time[:len(kinds)], b.user[:len(kinds)]
	nEvents, nValues := 0, 0
	noUser, noEvent := int64(0), int64(0)
	for i, kind := range kinds {
		if users[i] == (userID{}) {
			noUser++
			continue
		}
		if kind >= otherCode {
			if kind == nullCode {
				noEvent++
			}
			continue
		}
		v.wanted[kind][look]++
		if v.valued[kind] {
			values[nValues] = uint16(i)
			nValues++
		} else {
			events[nEvents] = uint16(i)
			nEvents++
		}
	}
	v.byLook[look].noUser += noUser
	v.byLook[look].noEvent += noEvent
	for _, i := range events[:nEvents] {
		hi, lo := keyOf(users[i])
		v.events.put(v.parts.of(users[i]), eventTuple{hi, times[i], lo, kinds[i] | flag})
	}
	for _, i := range values[:nValues] {
		value := b.value[i]
		if value != value {
			v.noValue[kinds[i]][look]++
		}
		hi, lo := keyOf(users[i])
		v.values.put(v.parts.of(users[i]), valueTuple{eventTuple{hi, times[i], lo, kinds[i] | flag}, value})
	}
}
