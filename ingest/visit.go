package ingest

import (
	"math"
	"sync/atomic"

	"readout/ingest/scatter"
	"readout/ingest/tables"
)

// dateOnlyFlag marks the code of a conversion whose time is a date.
const dateOnlyFlag = 1 << 31

// scanRules is what the visitors of a run share.
type scanRules struct {
	looks lookTable
	parts partitioning
	arms  []*armRules
	// oneExperiment says that the exposures have no experiment column.
	oneExperiment bool
	variants      *tables.OpenNames
	variantColumn string
	segments      *segmentValues // nil without segments
	kinds         *eventKinds
	valued        []bool // events of which a metric reads the value
	exposuresFrom int64
	historyFrom   int64
	exposed       *atomic.Pointer[exposedUsers] // see screen
}

// exposureVisitor takes in exposures: it counts them all and keeps those that decide who
// was exposed when to what.
type exposureVisitor struct {
	*scanRules
	readCounts
	kept        *scatter.Tuples[exposureTuple]
	segmented   *scatter.Tuples[segmentedTuple] // instead of kept, if there are segments
	sets        segmentCoder
	experiments []exposureCounts
	unknown     *scatter.Tuples[unknownTuple]
	overflow
	tally *keptTally // nil unless rows are kept
	// met are the names by segment column, where rows are kept; metUnknown those of unknown variants.
	met        []metNames
	metUnknown metNames
	picked     pickedExposures
}

// exposureCounts counts an experiment's rows by look.
type exposureCounts struct{ rows, before, after []int64 }

func newExposureVisitor(r *scanRules) *exposureVisitor {
	v := &exposureVisitor{
		scanRules:   r,
		readCounts:  newReadCounts(r.looks, r.exposuresFrom),
		kept:        scatter.New[exposureTuple](r.parts.count()),
		segmented:   scatter.New[segmentedTuple](r.parts.count()),
		unknown:     scatter.New[unknownTuple](r.parts.count()),
		sets:        segmentCoder{values: r.segments, known: map[string]uint32{}},
		experiments: make([]exposureCounts, len(r.arms)),
	}
	for i := range v.experiments {
		n := len(r.looks)
		v.experiments[i] = exposureCounts{make([]int64, n), make([]int64, n), make([]int64, n)}
	}
	return v
}

// rows takes in a batch, all at once where the same look is the first to see all of it.
func (v *exposureVisitor) rows(b *tables.Batch) error {
	v.group.dates, v.group.wallClock = b.DateOnly, b.WallClock
	variants := b.Text[0][:b.N]
	var experiments []uint32
	segments := b.Text[1:]
	if !v.oneExperiment {
		experiments, segments = b.Text[1][:b.N], b.Text[2:]
	}
	if v.segments != nil {
		for i := range v.met {
			v.met[i].meet(segments[i][:b.N])
		}
		v.anyRows(b, experiments, variants, segments)
	} else if look, takePart, ok := v.together(b.User, b.Time[:b.N]); !ok {
		v.anyRows(b, experiments, variants, nil)
	} else if takePart {
		v.rowsOfLook(b, experiments, variants, look)
	}
	return v.variants.Check(v.variantColumn)
}

// anyRows takes in rows of any looks, with or without segments.
func (v *exposureVisitor) anyRows(b *tables.Batch, experiments, variants []uint32, segments [][]uint32) {
	times, users := b.Time[:len(variants)], b.User[:len(variants)]
	for i, variant := range variants {
		look, ok := v.row(users[i], times[i])
		if !ok {
			continue
		}
		experiment := uint32(0)
		if experiments != nil {
			experiment = experiments[i]
		}
		if v.segments == nil || experiment >= tables.OtherCode || variant == tables.NullCode {
			v.exposure(users[i], times[i], look, experiment, variant, 0)
			continue
		}
		v.exposure(users[i], times[i], look, experiment, variant, v.sets.of(segments, i))
	}
}

// exposure takes in a row that has a user and is seen by a look.
func (v *exposureVisitor) exposure(user tables.UserID, t int64, look int, experiment, variant, set uint32) {
	switch {
	case experiment == tables.NullCode:
		v.byLook[look].NoExperiment++
		return
	case variant == tables.NullCode:
		v.byLook[look].NoVariant++
		return
	case experiment == tables.OtherCode:
		return
	}
	arms, counts := v.arms[experiment], &v.experiments[experiment]
	if t < arms.counted {
		return
	}
	counts.rows[look]++
	switch {
	case t < arms.start:
		counts.before[look]++
	case t >= arms.end:
		counts.after[look]++
	case int(variant) >= len(arms.rank) || arms.rank[variant] < 0:
		hi, lo := keyOf(user)
		v.unknown.Put(v.parts.of(user), unknownTuple{hi, t, lo, unknownArm{experiment, variant}})
		v.metUnknown.add(variant)
	default:
		hi, lo := keyOf(user)
		tuple := exposureTuple{hi, t, lo, experiment<<16 | uint32(arms.rank[variant])}
		if v.segments == nil {
			v.kept.Put(v.parts.of(user), tuple)
		} else {
			v.segmented.Put(v.parts.of(user), segmentedTuple{tuple, set})
		}
	}
}

func (v *exposureVisitor) end(order int64) int64 {
	v.kept.EndGroup(order)
	v.segmented.EndGroup(order)
	v.unknown.EndGroup(order)
	earliest := v.readCounts.end()
	v.tally.exposures(v, order)
	return earliest
}

// conversionVisitor takes in conversions: it counts them all and keeps those of events
// that a metric wants.
type conversionVisitor struct {
	*scanRules
	readCounts
	events *scatter.Tuples[eventTuple]
	values *scatter.Tuples[valueTuple]
	coder  *kindCoder // nil where there are no filters
	// By kind and look: all kept rows, and those without the value that a metric reads.
	wanted, noValue [][]int64
	valued          []bool // by kind
	screen          screen
	overflow
	tally  *keptTally // nil unless rows are kept
	picked pickedConversions
}

func newConversionVisitor(r *scanRules) *conversionVisitor {
	v := &conversionVisitor{
		scanRules:  r,
		readCounts: newReadCounts(r.looks, r.historyFrom),
		events:     scatter.New[eventTuple](r.parts.count()),
		values:     scatter.New[valueTuple](r.parts.count()),
		screen:     screen{made: r.exposed},
	}
	if len(r.kinds.columns) > 0 {
		v.coder = newKindCoder(r.kinds)
	}
	v.picked = newPickedConversions()
	for event := range r.valued {
		v.countKind(event)
	}
	return v
}

// countKind makes room for the counts of the next kind, which is one of an event.
func (v *conversionVisitor) countKind(event int) {
	v.wanted = append(v.wanted, make([]int64, len(v.looks)))
	v.noValue = append(v.noValue, make([]int64, len(v.looks)))
	v.valued = append(v.valued, v.scanRules.valued[event])
	v.picked.addKind(v.scanRules.valued[event])
}

// kindsOf returns the kinds of a batch's rows.
func (v *conversionVisitor) kindsOf(b *tables.Batch) ([]uint32, error) {
	events := b.Text[0][:b.N]
	if v.coder == nil {
		return events, nil
	}
	for _, c := range v.kinds.columns {
		if err := c.Check(); err != nil {
			return nil, err
		}
	}
	kinds, err := v.coder.of(events, b.Text[1:])
	for _, event := range v.kinds.eventsFrom(len(v.wanted)) {
		v.countKind(event)
	}
	return kinds, err
}

// rows takes in a batch, all at once where the same look is the first to see all of it.
func (v *conversionVisitor) rows(b *tables.Batch) error {
	v.group.dates, v.group.wallClock = b.DateOnly, b.WallClock
	flag := uint32(0)
	if b.DateOnly {
		flag = dateOnlyFlag
	}
	kinds, err := v.kindsOf(b)
	if err != nil {
		return err
	}
	v.screen.begin()
	if look, takePart, ok := v.together(b.User, b.Time[:b.N]); !ok {
		v.anyRows(b, kinds, flag)
	} else if takePart {
		v.rowsOfLook(b, kinds, look, flag)
	}
	return nil
}

// anyRows takes in rows of any looks.
func (v *conversionVisitor) anyRows(b *tables.Batch, kinds []uint32, flag uint32) {
	times, users := b.Time[:len(kinds)], b.User[:len(kinds)]
	for i, kind := range kinds {
		look, ok := v.row(users[i], times[i])
		if !ok {
			continue
		}
		if kind >= tables.OtherCode {
			if kind == tables.NullCode {
				v.byLook[look].NoEvent++
			}
			continue
		}
		v.wanted[kind][look]++
		valued := v.valued[kind]
		if valued && math.IsNaN(b.Value[i]) {
			v.noValue[kind][look]++
		}
		if !v.screen.passes(users[i]) {
			continue
		}
		hi, lo := keyOf(users[i])
		t := eventTuple{hi, times[i], lo, kind | flag}
		if valued {
			v.values.Put(v.parts.of(users[i]), valueTuple{t, b.Value[i]})
		} else {
			v.events.Put(v.parts.of(users[i]), t)
		}
	}
}

func (v *conversionVisitor) end(order int64) int64 {
	v.endTally()
	v.events.EndGroup(order)
	v.values.EndGroup(order)
	earliest := v.readCounts.end()
	v.tally.conversions(v, order)
	return earliest
}
