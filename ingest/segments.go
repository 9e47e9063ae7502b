package ingest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"readout/ingest/raw"
)

// Values of a segment are told apart, at each look, as long as they are among the
// mostSegments with the most users and have at least leastSegmentUsers; the others are
// pooled. A column of at most mostSegmentSlots values, null being one, is added up by each of
// them, and which are told apart is seen from what that comes to; in one with more, users are
// counted first.
// A column of maxSegmentNames values is no segment: nobody wants to read so many, and what
// clients say of themselves may have any number. Nothing is broken down by it.
const (
	mostSegments      = 50
	leastSegmentUsers = 100
	mostSegmentSlots  = 64
	maxSegmentNames   = 1 << 12
)

// segmentRanks is segmentValues once all rows have been read: combinations in the order of
// their values, which does not depend on which was met first.
type segmentRanks struct {
	// texts are the values of each column in order; the first is null. Of a column with too
	// many, which is wide, all are.
	texts [][]string
	wide  []bool
	// rank is the place of each combination, values the places of its values in texts, by
	// rank and column.
	rank   []uint32
	values [][]int
}

// newSegmentRanks ranks the values and combinations that were met.
func newSegmentRanks(s *segmentValues) *segmentRanks {
	r := &segmentRanks{rank: make([]uint32, len(s.sets))}
	places := make([]map[uint32]int, len(s.names)) // of codes
	for i, names := range s.names {
		texts, others := []string{""}, names.Others()
		r.wide = append(r.wide, s.wide(i))
		if r.wide[i] {
			others = nil
		}
		texts = append(texts, slices.Sorted(slices.Values(others))...)
		r.texts = append(r.texts, texts)
		places[i] = map[uint32]int{}
		for code, name := range others {
			places[i][uint32(code)], _ = slices.BinarySearch(texts, name)
		}
	}
	values := make([][]int, len(s.sets))
	order := make([]int, len(s.sets))
	for n, set := range s.sets {
		order[n] = n
		for i, code := range set {
			values[n] = append(values[n], places[i][code])
		}
	}
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(values[a], values[b]) })
	for rank, n := range order {
		r.rank[n] = uint32(rank)
		r.values = append(r.values, values[n])
	}
	return r
}

// segmentCounts counts an experiment's users by segment, before it is known which are told
// apart: by column and value, what is new at each own look.
type segmentCounts []map[int][]int64

func newSegmentCounts(r *segmentRanks) segmentCounts {
	c := make(segmentCounts, len(r.texts))
	for i := range c {
		c[i] = map[int][]int64{}
	}
	return c
}

// add counts n more users with a value from a look on.
func (c segmentCounts) add(column, value, look, looks int, n int64) {
	counts := c[column][value]
	if counts == nil {
		counts = make([]int64, looks)
		c[column][value] = counts
	}
	counts[look] += n
}

func (c segmentCounts) merge(o segmentCounts) {
	for column, values := range o {
		for value, counts := range values {
			for look, n := range counts {
				c.add(column, value, look, len(counts), n)
			}
		}
	}
}

// segmentSlots says where the values of a segment column stand in the totals of an
// experiment: slot 0 is for those that have none of their own.
type segmentSlots struct {
	slot   []int // by value
	values []int // by slot; of slot 0 nothing
	// apart is, by own look and slot, whether the value is told apart; nil until it is known.
	apart [][]bool
}

// experimentSegments is what is known of segments before users are added up.
type experimentSegments struct {
	ranks *segmentRanks    // nil without segments
	slots [][]segmentSlots // by experiment and column
	// counted says that users had to be counted first, so that slots depend on all of them.
	counted bool
}

// of returns the slots of an experiment by column, nil without segments.
func (s *experimentSegments) of(experiment int) []segmentSlots {
	if s.ranks == nil {
		return nil
	}
	return s.slots[experiment]
}

// namedSlots are the slots of a column with the values as text, in order.
type namedSlots struct {
	texts []string
	segmentSlots
}

// named returns the same with the texts of the values.
func (s *experimentSegments) named(experiment int) []namedSlots {
	var named []namedSlots
	for column, slots := range s.of(experiment) {
		named = append(named, namedSlots{s.ranks.texts[column], slots})
	}
	return named
}

// segmentLimits says which values are told apart.
type segmentLimits struct {
	most  int
	least int64
	slots int // the most values of a column that have a slot each
}

// few reports whether each value of a column with these has its slot.
func (l segmentLimits) few(texts []string) bool { return len(texts) <= l.slots }

// largest returns the values told apart at each look. The counts, by value what is new at each
// look, are used up.
func (l segmentLimits) largest(counts map[int][]int64, looks int) [][]int {
	seen := slices.Sorted(maps.Keys(counts))
	for _, n := range counts {
		cumulate(n)
	}
	largest := make([][]int, looks)
	for look := range looks {
		large := slices.DeleteFunc(slices.Clone(seen), func(v int) bool { return counts[v][look] < l.least })
		slices.SortStableFunc(large, func(a, b int) int { return cmp.Compare(counts[b][look], counts[a][look]) })
		largest[look] = large[:min(len(large), l.most)]
	}
	return largest
}

// slotsOfLargest gives a slot to each of so many values that is told apart at some look.
func slotsOfLargest(values int, largest [][]int) segmentSlots {
	s := segmentSlots{slot: make([]int, values), values: []int{-1}}
	for _, value := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(largest...)))) {
		s.slot[value] = len(s.values)
		s.values = append(s.values, value)
	}
	s.tellApart(largest)
	return s
}

// slotsOfAll gives a slot to each of so many values.
func slotsOfAll(values int) segmentSlots {
	s := segmentSlots{values: []int{-1}}
	for value := range values {
		s.slot = append(s.slot, len(s.values))
		s.values = append(s.values, value)
	}
	return s
}

// tellApart notes which values are told apart at each look.
func (s *segmentSlots) tellApart(largest [][]int) {
	s.apart = make([][]bool, len(largest))
	for look, values := range largest {
		s.apart[look] = make([]bool, len(s.values))
		for _, value := range values {
			s.apart[look][s.slot[value]] = true
		}
	}
}

// counts returns, by value, what users by slot and arm come to: how many are new at each look.
func (s *segmentSlots) counts(users []int64, looks int) map[int][]int64 {
	counts := map[int][]int64{}
	for slot := 1; slot < len(s.values); slot++ {
		n := make([]int64, looks)
		for arms := raw.Part(users, slot, len(s.values)); len(arms) > 0; arms = arms[looks:] {
			raw.AddInts(n, arms[:looks])
		}
		counts[s.values[slot]] = n
	}
	return counts
}

// at returns the slot in which a value is found at a look.
func (s *segmentSlots) at(value, look int) int {
	if slot := s.slot[value]; s.apart[look][slot] {
		return slot
	}
	return 0
}

// pooled returns cells by slot and arm at a look, those of slots not told apart there in
// slot 0.
func (s *segmentSlots) pooled(m *raw.Cells, arms, look, looks int) *raw.Cells {
	now := m.Pick(look, looks)
	for slot := 1; slot < len(s.values); slot++ {
		for arm := 0; arm < arms && !s.apart[look][slot]; arm++ {
			now.Accumulate(arm, slot*arms+arm)
		}
	}
	return now
}

// pooledCounts does the same for counts that have been cumulated.
func (s *segmentSlots) pooledCounts(byLook []int64, arms, look, looks int) []int64 {
	out := make([]int64, len(s.values)*arms)
	for slot := range s.values {
		for arm := range arms {
			at := arm
			if s.apart[look][slot] {
				at = slot*arms + arm
			}
			out[at] += byLook[(slot*arms+arm)*looks+look]
		}
	}
	return out
}

// pooledPlaces returns those of the places by slot that a slot has at a look, in pieces.
func (s *segmentSlots) pooledPlaces(bySlot [][]uint32, slot, look int) [][]uint32 {
	pieces := [][]uint32{bySlot[slot]}
	if slot > 0 {
		return pieces
	}
	for other := 1; other < len(bySlot); other++ {
		if !s.apart[look][other] {
			pieces = append(pieces, bySlot[other])
		}
	}
	return pieces
}

// name makes the entry of a slot.
func (s *segmentSlots) name(texts []string, slot int) Segment {
	switch {
	case slot == 0:
		return Segment{Other: true}
	case s.values[slot] == 0:
		return Segment{Null: true}
	}
	return Segment{Value: strings.Clone(texts[s.values[slot]])}
}
