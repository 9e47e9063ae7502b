package scatter

import (
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Tuples of all workers come back in the order of row groups, whoever read which when, and
// within a row group in the order in which they were read, also if some of it was dumped.
func TestOrderIsKept(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	to := NewFile(file, false)
	rapid.Check(t, func(t *rapid.T) {
		workers := []*Tuples[int]{New[int](2), New[int](2)}
		groups := rapid.Permutation([]int{0, 1, 2, 3, 4, 5}).Draw(t, "groups")
		want := map[int][]int{}
		sizes := make([]int, len(groups))
		for _, g := range groups {
			sizes[g] = rapid.SampledFrom([]int{0, 1, 7, 50, 400, 1000}).Draw(t, "size")
			s := workers[rapid.IntRange(0, 1).Draw(t, "worker")]
			dumpAt := rapid.IntRange(-3*sizes[g], sizes[g]).Draw(t, "dump at")
			for i := range sizes[g] {
				if i == dumpAt {
					s.EndGroup(int64(g))
					if err := s.DumpHalf(to); err != nil {
						t.Fatal(err)
					}
				}
				s.Put(i%2, g*1000+i)
			}
			s.EndGroup(int64(g))
		}
		for g, size := range sizes {
			for i := range size {
				want[i%2] = append(want[i%2], g*1000+i)
			}
		}
		var all Source[int]
		for _, s := range workers {
			all.Add(s)
		}
		reader := all.Reader()
		for p := range 2 {
			tuples, err := reader.Partition(p)
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			tuples.InOrder(func(tuples []int) { got = append(got, tuples...) })
			if !slices.Equal(got, want[p]) {
				t.Fatalf("partition %d: %d, want %d", p, got, want[p])
			}
		}
	})
}
