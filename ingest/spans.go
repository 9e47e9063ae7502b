package ingest

import (
	"math/bits"
	"slices"
)

// spanTable is the windows of a columnProgram cut at all their bounds: within a span
// between two neighbouring bounds a conversion does the same wherever it lies. So the loop
// over conversions, which sees each of them once for every experiment of its user, finds
// what to do in one step, without trying windows in turn.
type spanTable struct {
	// All windows lie in [lo, lo + width) after the first exposure; cuts are the bounds
	// between.
	lo    int64
	width uint64
	cuts  []int64
	// end is the instant at which windows with an end close; latestTime if there are none.
	end int64
	// ops are by kind, then whether the conversion is before end or not, then span.
	ops []spanOps
}

// spanOps is what to do with a conversion in a span.
type spanOps struct {
	bundles bundleSet // whose numbers change
	// count is a slot to be raised by one, sum one to be raised by the value: the spare
	// slot after all others where there is none.
	count, sum int32
	more       []slotOp
}

// seal makes the spans of the windows, all of which must be known.
func (p *columnProgram) seal() {
	t := &p.spans
	t.end = latestTime
	var bounds []int64
	for _, windows := range p.kinds {
		for i := range windows {
			bounds = append(bounds, windows[i].lo, windows[i].hi)
			t.end = min(t.end, windows[i].end)
		}
	}
	if len(bounds) == 0 {
		return
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	last := len(bounds) - 1
	t.lo, t.width = bounds[0], uint64(bounds[last])-uint64(bounds[0])
	if last > 0 {
		t.cuts = bounds[1:last]
	}
	for _, windows := range p.kinds {
		for _, late := range []bool{false, true} {
			for _, lo := range bounds[:max(last, 1)] {
				t.ops = append(t.ops, p.span(windows, lo, late))
			}
		}
	}
}

// span returns what the windows do in the span that begins at lo, before their end or after.
func (p *columnProgram) span(windows []windowOps, lo int64, late bool) spanOps {
	spare := int32(len(p.aggregates))
	s := spanOps{count: spare, sum: spare}
	for i := range windows {
		w := &windows[i]
		if lo < w.lo || lo >= w.hi || late && w.end != latestTime {
			continue
		}
		s.bundles |= w.bundles
		for _, op := range w.ops {
			switch {
			case op.kind == Count && s.count == spare:
				s.count = int32(op.slot)
			case op.kind == Sum && s.sum == spare:
				s.sum = int32(op.slot)
			default:
				s.more = append(s.more, op)
			}
		}
	}
	return s
}

// at returns what to do with a conversion dt after the first exposure, which must be inside
// [lo, lo + width).
func (t *spanTable) at(c *conversion, dt int64) *spanOps {
	span := 0
	for _, cut := range t.cuts {
		span += notBefore(dt, cut)
	}
	spans := len(t.cuts) + 1
	if c.time >= t.end {
		span += spans
	}
	return &t.ops[int(c.code&^dateOnlyFlag)*2*spans+span]
}

// notBefore returns 1 if a ≥ b, otherwise 0. Both are far from overflow or b is latestTime.
// It has no branch: which side of a bound a conversion lies on is past predicting.
func notBefore(a, b int64) int {
	return 1 - int(uint64(a-b)>>63)
}

// exposedAt is what conversion.at is compared with: the first exposure for conversions with
// a time, the day of it for those with a date.
type exposedAt [2]int64

// since returns how long after the first exposure a conversion was; a date is that many
// days after the day of the first exposure.
func (x *exposedAt) since(c *conversion) int64 { return c.at - x[c.code>>31] }

// inside returns the places of the conversions that lie in [lo, lo + width) after the first
// exposure. It uses the memory of into.
//
// This loop, and survey, run more often than any others: over all conversions of a user for
// each experiment of the user. Most lie outside, which ones is past predicting, and so
// there is no branch: the next place overwrites one that was not wanted.
func (t *spanTable) inside(into []int32, conversions []conversion, from *exposedAt) []int32 {
	into = slices.Grow(into[:0], len(conversions))[:len(conversions)]
	n := 0
	lo, width := t.lo, t.width
	for i := range conversions {
		into[n] = int32(i)
		_, is := bits.Sub64(uint64(from.since(&conversions[i])-lo), width, 0)
		n += int(is)
	}
	return into[:n]
}

// survey is inside, and counts besides how many of all conversions since an instant are of
// kinds that are wanted, and how many of these came before the first exposure. wanted is 0 or 1
// by kind.
func (t *spanTable) survey(into []int32, conversions []conversion, from *exposedAt, wanted []uint8, since int64) (near []int32, all, before int64) {
	into = slices.Grow(into[:0], len(conversions))[:len(conversions)]
	n := 0
	lo, width := t.lo, t.width
	for i := range conversions {
		c := &conversions[i]
		into[n] = int32(i)
		dt := from.since(c)
		_, is := bits.Sub64(uint64(dt-lo), width, 0)
		n += int(is)
		w := int64(wanted[c.code&^dateOnlyFlag]) &^ ((c.time - since) >> 63)
		all += w
		before += w & (dt >> 63)
	}
	return into[:n], all, before
}
