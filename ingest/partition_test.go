package ingest

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the order of the rows, the first exposure is the earliest, of the arm that sorts
// first, and of rows alike the segments that do; the second is the earliest to any other arm.
func TestFirstExposure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type row struct {
			time     int64
			arm, set uint32
		}
		var rows []row
		for range rapid.IntRange(1, 6).Draw(t, "rows") {
			rows = append(rows, row{rapid.Int64Range(0, 3).Draw(t, "time"), rapid.Uint32Range(0, 2).Draw(t, "arm"), rapid.Uint32Range(0, 2).Draw(t, "set")})
		}
		got := member{first: rows[0].time, second: latestTime, arm: rows[0].arm, set: rows[0].set}
		for _, r := range rows[1:] {
			got.see(r.time, r.arm, r.set)
		}
		first := slices.MinFunc(rows, func(a, b row) int {
			return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.arm, b.arm), cmp.Compare(a.set, b.set))
		})
		want := member{first: first.time, second: latestTime, arm: first.arm, set: first.set}
		for _, r := range rows {
			if r.arm != want.arm {
				want.second = min(want.second, r.time)
			}
		}
		if got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
	})
}

// Users are told apart by all bits of their key, and keep their numbers while the table
// grows.
func TestUserTable(t *testing.T) {
	type key struct {
		hi uint64
		lo uint32
	}
	random := rand.New(rand.NewPCG(1, 2))
	var table userTable
	for range 3 {
		table.reset(10)
		numbers := map[key]int32{}
		for range 5000 {
			// Few different high halves: long chains.
			k := key{random.Uint64N(300), random.Uint32N(40)}
			want, ok := numbers[k]
			if found := table.find(k.hi, k.lo); ok && found != want || !ok && found != -1 {
				t.Fatalf("found %d, want %d (%v)", found, want, ok)
			}
			if !ok {
				want = int32(len(numbers))
				numbers[k] = want
			}
			if got := table.add(k.hi, k.lo); got != want {
				t.Fatalf("number %d, want %d", got, want)
			}
		}
	}
}
