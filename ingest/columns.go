package ingest

import (
	"math"
	"slices"

	"readout/ingest/raw"
)

// conversion is a conversion of a user that a partition has grouped.
type conversion struct {
	time  int64
	at    int64   // time, or the day in µs where the time is a date; see exposedAt
	value float64 // NaN if there is none
	code  uint32  // kind, see eventKinds; with dateOnlyFlag
	look  int32   // the first that sees it
}

// userNumbers is a user's numbers by slot, then the spare one; NaN where there is no value
// yet.
type userNumbers []float64

// columnState is a columnProgram at work on one user.
//
// Sums of one user are plain float64 sums in path order, then row order.
type columnState struct {
	program *columnProgram
	acc     userNumbers
	initial []float64
	when    []int64   // of first and last values
	days    [][]int64 // seen, of DistinctDays
	touched bundleSet // whose numbers may have changed
}

func newColumnState(p *columnProgram) *columnState {
	n := len(p.aggregates) + 1
	s := &columnState{program: p, acc: make(userNumbers, n), initial: make([]float64, n), when: make([]int64, n)}
	if p.days > 0 {
		s.days = make([][]int64, n)
	}
	for slot, aggregate := range p.aggregates {
		switch aggregate {
		case Max, Min, FirstValue, LastValue:
			s.initial[slot] = math.NaN()
		}
	}
	return s
}

// reset forgets the last user. The next one's numbers use the memory of into.
func (s *columnState) reset(into userNumbers) {
	s.acc = append(into[:0], s.initial...)
	s.touched = 0
	for i := range s.days {
		s.days[i] = s.days[i][:0]
	}
}

// take takes in the conversions at some places, all inside the program's spans.
func (s *columnState) take(conversions []conversion, places []int32, from *exposedAt, days *calendar) {
	acc, spans, touched := s.acc, &s.program.spans, s.touched
	for _, i := range places {
		c := &conversions[i]
		ops := spans.at(c, from.since(c))
		touched |= ops.bundles
		acc[ops.count]++
		if c.value == c.value {
			acc[ops.sum] += c.value
		}
		for _, op := range ops.more {
			s.do(op, c, days)
		}
	}
	s.touched = touched
}

// do does one thing with a conversion, of those that spanOps has no place of its own for.
func (s *columnState) do(op slotOp, c *conversion, days *calendar) {
	switch op.kind {
	case Count:
		s.acc[op.slot]++
	case Sum:
		if c.value == c.value {
			s.acc[op.slot] += c.value
		}
	default:
		s.addOther(op, c, days)
	}
}

// addOther is do for the aggregates that are rarely asked for.
func (s *columnState) addOther(op slotOp, c *conversion, days *calendar) {
	if op.kind == DistinctDays {
		if day := days.day(c.time); !slices.Contains(s.days[op.slot], day) {
			s.days[op.slot] = append(s.days[op.slot], day)
			s.acc[op.slot]++
		}
		return
	}
	if math.IsNaN(c.value) {
		return
	}
	if op.kind == Each {
		s.acc[op.slot]++
		return
	}
	now := s.acc[op.slot]
	take := math.IsNaN(now)
	switch op.kind {
	case Max:
		take = take || c.value > now
	case Min:
		take = take || c.value < now
	case FirstValue:
		take = take || c.time < s.when[op.slot]
	case LastValue:
		take = take || c.time >= s.when[op.slot]
	}
	if take {
		s.acc[op.slot] = c.value
		s.when[op.slot] = c.time
	}
}

// number returns the user's number of a column; 0 without conversions.
func (u userNumbers) number(c columnSource) float64 {
	v := u[c.slot]
	switch {
	case v != v:
		return 0
	case c.any && v > 0:
		return 1
	}
	return v
}

// marks returns where a bundle counts the user as converted.
func (u userNumbers) marks(b *bundle) raw.Marks {
	var m raw.Marks
	for i, slot := range b.converted {
		// A count is 0 or positive, and all bits of 0 are 0.
		m |= raw.Marks((math.Float64bits(u[slot])+math.MaxInt64)>>63) << i
	}
	return m
}

// counts fills y with the user's numbers of columns that hold whole ones.
func (u userNumbers) counts(columns []columnSource, y []int64) {
	for i := range columns {
		c := &columns[i]
		y[i] = min(int64(u[c.slot]), c.most)
	}
}
