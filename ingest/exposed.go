package ingest

import (
	"math/bits"
	"sync/atomic"

	"readout/ingest/tables"
)

// exposedUsers is a Bloom filter of users who were exposed: it finds all of them, and few
// others.
//
// A user sets four bits of one word of 64. With λ users to a word on average, it finds of those
// who were not exposed the share
//
//	Σ_j e^−λ λ^j / j! · (1 − (63/64)^4j)^4
//
// over the numbers j of users that share a word: 0.5% for λ = 4, the most that there are.
//
// Source: F. Putze, P. Sanders, J. Singler (2007), "Cache-, hash- and space-efficient Bloom
// filters".
type exposedUsers struct {
	words []uint64
	shift uint
}

// newExposedUsers makes an empty filter for so many users.
func newExposedUsers(users int) *exposedUsers {
	words := bits.Len(uint(users) / 4)
	return &exposedUsers{make([]uint64, 1<<words), 64 - uint(words)}
}

// bit returns the word of a user and the bits there. None of what chooses them chooses the
// partition too, which all users of a partition have in common.
func (e *exposedUsers) bit(hi uint64, lo uint32) (word *uint64, mask uint64) {
	mask = 1<<(lo&63) | 1<<(lo>>6&63) | 1<<(lo>>12&63) | 1<<(lo>>18&63)
	return &e.words[hi>>e.shift], mask
}

func (e *exposedUsers) add(hi uint64, lo uint32) {
	word, mask := e.bit(hi, lo)
	*word |= mask
}

// find returns 1 for a user who may have been exposed, and 0 for one who was not.
func (e *exposedUsers) find(hi uint64, lo uint32) int {
	word, mask := e.bit(hi, lo)
	_, found := bits.Sub64(mask&^*word, 1, 0)
	return int(found)
}

// screen leaves out conversions of users who were never exposed, before they are put aside:
// often most of all that there are. Those that it does not find are left out later.
type screen struct {
	// made is nil until all exposures are known, and stays so where the filter would cost more
	// than it saves.
	made *atomic.Pointer[exposedUsers]
	// users is made, as long as it is of use.
	users       *exposedUsers
	seen, found int
	useless     bool
}

// bytesPerExposure is how many bytes of conversions there are to be for each exposure, so that
// a filter is made: about four conversions.
const bytesPerExposure = 96

// screenTrial is how many conversions show whether a filter is of use: it is if it leaves out
// one of usefulScreen. Otherwise its 6 ns for each conversion are for nothing.
const (
	screenTrial  = 1 << 16
	usefulScreen = 8
)

// screenFor makes the filter of all users in tuples. It returns nil where that is not worth its
// while, and where some tuples have been dumped.
func screenFor(visitors []*exposureVisitor, conversions int64) *exposedUsers {
	n := 0
	for _, v := range visitors {
		if len(v.kept.Dumps())+len(v.segmented.Dumps()) > 0 {
			return nil
		}
		n += v.kept.Len() + v.segmented.Len()
	}
	if int64(n) > conversions/bytesPerExposure {
		return nil
	}
	users := newExposedUsers(n)
	for _, v := range visitors {
		v.kept.Each(func(t *exposureTuple) { users.add(t.hi, t.lo) })
		v.segmented.Each(func(t *segmentedTuple) { users.add(t.hi, t.lo) })
	}
	return users
}

// begin is called before each batch.
func (s *screen) begin() {
	if s.useless || s.made == nil {
		return
	}
	s.users = s.made.Load()
	if s.seen >= screenTrial && s.found > s.seen-s.seen/usefulScreen {
		s.users, s.useless = nil, true
	}
}

// pick returns the rows, of those given, of users who may have been exposed. It overwrites
// them. There is no branch in the loop: who was exposed is past predicting.
func (s *screen) pick(rows []uint16, users []tables.UserID) []uint16 {
	if s.users == nil {
		return rows
	}
	n := 0
	for _, i := range rows {
		rows[n] = i
		n += s.users.find(keyOf(users[i]))
	}
	s.seen += len(rows)
	s.found += n
	return rows[:n]
}

// passes reports whether a user may have been exposed.
func (s *screen) passes(user tables.UserID) bool {
	if s.users == nil {
		return true
	}
	found := s.users.find(keyOf(user))
	s.seen++
	s.found += found
	return found == 1
}
