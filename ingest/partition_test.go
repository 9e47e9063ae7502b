package ingest

import (
	"cmp"
	"math/rand/v2"
	"os"
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

// Tuples of all workers come back in the order of row groups, whoever read which when, and
// within a row group in the order in which they were read, also if some of it was dumped.
func TestScatterKeepsOrder(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	to := &dumpFile{file: file}
	rapid.Check(t, func(t *rapid.T) {
		workers := []*scatter[int]{newScatter[int](2), newScatter[int](2)}
		groups := rapid.Permutation([]int{0, 1, 2, 3, 4, 5}).Draw(t, "groups")
		want := map[int][]int{}
		sizes := make([]int, len(groups))
		for _, g := range groups {
			sizes[g] = rapid.SampledFrom([]int{0, 1, 7, 50, 400, 1000}).Draw(t, "size")
			s := workers[rapid.IntRange(0, 1).Draw(t, "worker")]
			dumpAt := rapid.IntRange(-3*sizes[g], sizes[g]).Draw(t, "dump at")
			for i := range sizes[g] {
				if i == dumpAt {
					s.endGroup(int64(g))
					if err := s.dumpHalf(to); err != nil {
						t.Fatal(err)
					}
				}
				s.put(i%2, g*1000+i)
			}
			s.endGroup(int64(g))
		}
		for g, size := range sizes {
			for i := range size {
				want[i%2] = append(want[i%2], g*1000+i)
			}
		}
		var all tupleSource[int]
		for _, s := range workers {
			all.add(s)
		}
		reader := all.reader()
		for p := range 2 {
			tuples, err := reader.partition(p)
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			tuples.inOrder(func(tuples []int) { got = append(got, tuples...) })
			if !slices.Equal(got, want[p]) {
				t.Fatalf("partition %d: %d, want %d", p, got, want[p])
			}
		}
	})
}
