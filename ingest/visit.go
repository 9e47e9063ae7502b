package ingest

// dateOnlyFlag marks the code of a conversion whose time is a date.
const dateOnlyFlag = 1 << 31

// scanRules is what the visitors of a run share.
type scanRules struct {
	looks lookTable
	parts partitioning
	arms  []*armRules
	// oneExperiment says that the exposures have no experiment column.
	oneExperiment bool
	variants      *openNames
	variantColumn string
	valued        []bool // events of which a metric reads the value
	historyFrom   int64
}

// exposureVisitor takes in exposures: it counts them all and keeps those that decide who
// was exposed when to what.
type exposureVisitor struct {
	*scanRules
	readCounts
	kept        *scatter[exposureTuple]
	experiments []exposureCounts
	unknown     []unknownExposure
}

// exposureCounts counts an experiment's rows by look.
type exposureCounts struct{ rows, before, after []int64 }

// unknownExposure is an exposure to a variant that the experiment does not have.
type unknownExposure struct {
	user       userID
	look       int32
	experiment int32
	variant    uint32
}

func newExposureVisitor(r *scanRules) *exposureVisitor {
	v := &exposureVisitor{
		scanRules:   r,
		readCounts:  newReadCounts(r.looks, noTime),
		kept:        newScatter[exposureTuple](r.parts.count()),
		experiments: make([]exposureCounts, len(r.arms)),
	}
	for i := range v.experiments {
		n := len(r.looks)
		v.experiments[i] = exposureCounts{make([]int64, n), make([]int64, n), make([]int64, n)}
	}
	return v
}

func (v *exposureVisitor) rows(b *batch) error {
	v.dates = v.dates || b.dateOnly
	variants := b.text[0][:b.n]
	var experiments []uint32
	if !v.oneExperiment {
		experiments = b.text[1][:b.n]
	}
	times, users := b.time[:len(variants)], b.user[:len(variants)]
	for i, variant := range variants {
		look, ok := v.row(users[i], times[i])
		if !ok {
			continue
		}
		experiment := uint32(0)
		if experiments != nil {
			experiment = experiments[i]
		}
		switch {
		case experiment == nullCode:
			v.byLook[look].noExperiment++
		case variant == nullCode:
			v.byLook[look].noVariant++
		case experiment != otherCode:
			v.exposure(users[i], times[i], look, experiment, variant)
		}
	}
	return v.variants.check(v.variantColumn)
}

func (v *exposureVisitor) exposure(user userID, t int64, look int, experiment, variant uint32) {
	arms, counts := v.arms[experiment], &v.experiments[experiment]
	counts.rows[look]++
	switch {
	case t < arms.start:
		counts.before[look]++
	case t >= arms.end:
		counts.after[look]++
	case int(variant) >= len(arms.rank) || arms.rank[variant] < 0:
		v.unknown = append(v.unknown, unknownExposure{user, int32(look), int32(experiment), variant})
	default:
		hi, lo := keyOf(user)
		v.kept.put(v.parts.of(user), exposureTuple{hi, t, lo, experiment<<16 | uint32(arms.rank[variant])})
	}
}

func (v *exposureVisitor) end(order int64) int64 {
	v.kept.endGroup(order)
	return v.readCounts.end()
}

// conversionVisitor takes in conversions: it counts them all and keeps those of events
// that a metric wants.
type conversionVisitor struct {
	*scanRules
	readCounts
	events *scatter[eventTuple]
	values *scatter[valueTuple]
	// By event and look: all kept rows, and those without the value that a metric reads.
	wanted, noValue [][]int64
}

func newConversionVisitor(r *scanRules) *conversionVisitor {
	v := &conversionVisitor{
		scanRules:  r,
		readCounts: newReadCounts(r.looks, r.historyFrom),
		events:     newScatter[eventTuple](r.parts.count()),
		values:     newScatter[valueTuple](r.parts.count()),
		wanted:     make([][]int64, len(r.valued)),
		noValue:    make([][]int64, len(r.valued)),
	}
	for i := range r.valued {
		v.wanted[i] = make([]int64, len(r.looks))
		v.noValue[i] = make([]int64, len(r.looks))
	}
	return v
}

func (v *conversionVisitor) rows(b *batch) error {
	v.dates = v.dates || b.dateOnly
	flag := uint32(0)
	if b.dateOnly {
		flag = dateOnlyFlag
	}
	events := b.text[0][:b.n]
	times, users := b.time[:len(events)], b.user[:len(events)]
	for i, event := range events {
		look, ok := v.row(users[i], times[i])
		if !ok {
			continue
		}
		if event >= otherCode {
			if event == nullCode {
				v.byLook[look].noEvent++
			}
			continue
		}
		v.wanted[event][look]++
		hi, lo := keyOf(users[i])
		t := eventTuple{hi, times[i], lo, event | flag}
		if !v.valued[event] {
			v.events.put(v.parts.of(users[i]), t)
			continue
		}
		value := b.value[i]
		if value != value {
			v.noValue[event][look]++
		}
		v.values.put(v.parts.of(users[i]), valueTuple{t, value})
	}
	return nil
}

func (v *conversionVisitor) end(order int64) int64 {
	v.events.endGroup(order)
	v.values.endGroup(order)
	return v.readCounts.end()
}
