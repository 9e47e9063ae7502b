package ingest

import (
	"testing"

	"pgregory.net/rapid"

	"readout/ingest/tables"
)

// Rows counted at once are counted as they are one by one, and take part or not alike.
func TestTogetherCountsAsRowByRow(t *testing.T) {
	often(t, 8, func(t *rapid.T) {
		looks := lookTable{10, 20, 30}
		from := rapid.Int64Range(0, 30).Draw(t, "from")
		lo := rapid.Int64Range(0, 35).Draw(t, "lo")
		one, all := newReadCounts(looks, from), newReadCounts(looks, from)
		for range rapid.IntRange(1, 3).Draw(t, "batches") {
			n := rapid.IntRange(1, 6).Draw(t, "n")
			users, times := make([]tables.UserID, n), make([]int64, n)
			for i := range times {
				users[i].Lo = rapid.Uint64Range(0, 2).Draw(t, "user")
				times[i] = lo + rapid.Int64Range(0, 6).Draw(t, "time")
				if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
					times[i] = noTime
				}
			}
			look, takePart, ok := all.together(users, times)
			for i := range times {
				at, takes := one.row(users[i], times[i])
				if !ok {
					all.row(users[i], times[i])
					continue
				}
				if takes && (!takePart || at != look) {
					t.Fatalf("row %d takes part at look %d: %v at %d for all", i, at, takePart, look)
				}
				if takePart && times[i] != noTime && users[i] == (tables.UserID{}) {
					all.byLook[look].NoUser++
				}
			}
		}
		if one.group != all.group {
			t.Errorf("%+v, want %+v", all.group, one.group)
		}
		for look := range looks {
			if one.byLook[look] != all.byLook[look] {
				t.Errorf("look %d: %+v, want %+v", look, all.byLook[look], one.byLook[look])
			}
		}
	})
}
