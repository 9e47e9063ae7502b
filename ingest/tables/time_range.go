package tables

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/format"
)

// TimeRange returns bounds of the times in a row group, in microseconds since 1970 UTC,
// from its statistics. ok is false where these are missing, or not of a kind that can be
// trusted: a row group can then hold any time. exact says that the bounds are the earliest
// and the latest time themselves. Rows with a null time are not covered.
//
// Times without a zone get bounds a day wider, because clocks that are set back do not
// keep the order of instants.
func (t *OpenFile) TimeRange(g int) (lo, hi int64, exact, ok bool) {
	typ := t.schema.types[t.time]
	lo, hi, ok = t.bounds(g)
	return lo, hi, typ.utc || typ.meaning == dateValue, ok
}

// bounds is TimeRange but for exact.
func (t *OpenFile) bounds(g int) (lo, hi int64, ok bool) {
	if t.schema.leaves[t.time] == absent {
		return t.folderMicros, t.folderMicros, t.folderMicros != NullTime
	}
	typ := t.schema.types[t.time]
	stats := &t.meta.RowGroups[g].Columns[t.schema.leaves[t.time]].MetaData.Statistics
	least, okLeast := statistic(typ.physical, stats.MinValue, stats.Min)
	most, okMost := statistic(typ.physical, stats.MaxValue, stats.Max)
	if !okLeast || !okMost || least > most || least == notATime {
		return 0, 0, false
	}
	switch typ.meaning {
	case timestampValue:
		lo, okLeast = toMicros(least, typ.unit)
		hi, okMost = toMicros(most, typ.unit)
	case dateValue:
		lo, okLeast = dayToMicros(least)
		hi, okMost = dayToMicros(most)
	default:
		return 0, 0, false
	}
	if !typ.utc {
		clock := wallClock{location: t.spec.Location}
		lo, hi = clock.instant(lo), clock.instant(hi)
	}
	if !typ.utc && typ.meaning == timestampValue {
		lo, hi = lo-microsPerDay, hi+microsPerDay
	}
	return lo, hi, okLeast && okMost
}

// statistic reads a smallest or largest integer, as newer or as older writers put it. For
// signed integers both mean the same.
func statistic(physical format.Type, newer, older []byte) (int64, bool) {
	raw := newer
	if raw == nil {
		raw = older
	}
	switch {
	case physical == format.Int64 && len(raw) == 8:
		return int64(binary.LittleEndian.Uint64(raw)), true
	case physical == format.Int32 && len(raw) == 4:
		return int64(int32(binary.LittleEndian.Uint32(raw))), true
	}
	return 0, false
}
