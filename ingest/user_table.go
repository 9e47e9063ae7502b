package ingest

// userTable numbers the users of a partition by their key: open addressing with linear
// probing, at most half full.
type userTable struct {
	slots []userSlot
	used  int
}

type userSlot struct {
	hi     uint64
	lo     uint32
	number int32 // plus one; 0 is an empty slot
}

// reset empties the table and makes room for some users.
func (t *userTable) reset(users int) {
	size := 64
	for size < 2*users {
		size *= 2
	}
	if len(t.slots) >= size && len(t.slots) <= 8*size {
		clear(t.slots)
	} else {
		t.slots = make([]userSlot, size)
	}
	t.used = 0
}

// find returns the number of a user, -1 if there is none.
func (t *userTable) find(hi uint64, lo uint32) int32 {
	mask := uint64(len(t.slots) - 1)
	for i := hi & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.number == 0 {
			return -1
		}
		if s.hi == hi && s.lo == lo {
			return s.number - 1
		}
	}
}

// add returns the number of a user, the next one for a new user.
func (t *userTable) add(hi uint64, lo uint32) int32 {
	mask := uint64(len(t.slots) - 1)
	for i := hi & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.number == 0 {
			t.used++
			*s = userSlot{hi, lo, int32(t.used)}
			if 2*t.used > len(t.slots) {
				t.grow()
			}
			return int32(t.used - 1)
		}
		if s.hi == hi && s.lo == lo {
			return s.number - 1
		}
	}
}

// grow doubles the room.
func (t *userTable) grow() {
	old := t.slots
	t.slots = make([]userSlot, 2*len(old))
	mask := uint64(len(t.slots) - 1)
	for _, s := range old {
		if s.number == 0 {
			continue
		}
		i := s.hi & mask
		for t.slots[i].number != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
}
