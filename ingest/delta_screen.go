package ingest

// userScreen tells most users apart from the few who were added to it, by one bit of a table
// that stays in the first cache, where looking up a user takes a line of a table that does not:
// a day concerns few users, and their rows are looked for among those of all.
type userScreen [1 << 10]uint64

// reset makes the screen of the marked users of a table.
func (s *userScreen) reset(users *userTable, marked []bool) {
	clear(s[:])
	for i := range users.slots {
		if slot := &users.slots[i]; slot.number > 0 && marked[slot.number-1] {
			s.add(slot.hi)
		}
	}
}

func (s *userScreen) add(hi uint64) { s[hi>>6%uint64(len(s))] |= 1 << (hi & 63) }

// has reports whether a user with the hash may have been added.
func (s *userScreen) has(hi uint64) bool {
	return s[hi>>6%uint64(len(s))]>>(hi&63)&1 != 0
}
