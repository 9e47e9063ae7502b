package sticky

import (
	"fmt"
	"sync/atomic"
	"testing"

	"readout/decision"
)

// benchStore returns Pebble on the disk with visitors that are in so many experiments.
func benchStore(b *testing.B, visitors, experiments int) (s decision.Store, names []string) {
	b.Helper()
	s, err := OpenPebble(b.TempDir(), PebbleOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { closeStore(b, s) })
	for i := range experiments {
		names = append(names, fmt.Sprintf("experiment-%02d", i))
	}
	for v := range visitors {
		var changes []decision.Change
		for _, x := range names {
			changes = append(changes, first(x, fmt.Sprint("u", v), "big"))
		}
		commit(b, s, changes...)
	}
	return s, names
}

// BenchmarkGet reads what is remembered of one visitor, who is in so many experiments.
func BenchmarkGet(b *testing.B) {
	for _, experiments := range []int{0, 1, 50} {
		b.Run(fmt.Sprint(experiments), func(b *testing.B) {
			s, names := benchStore(b, 100, experiments)
			if experiments == 0 {
				// Of somebody never seen.
				names = []string{"experiment-00"}
			}
			into := make([]decision.Assignment, len(names))
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Get(background, "u50", names, into); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCommit makes changes of new visitors durable, by so many goroutines per processor
// at once.
func BenchmarkCommit(b *testing.B) {
	for _, goroutines := range []int{1, 16} {
		for _, experiments := range []int{1, 50} {
			b.Run(fmt.Sprintf("goroutines=%d/experiments=%d", goroutines, experiments), func(b *testing.B) {
				s, _ := benchStore(b, 0, 0)
				var id atomic.Int64
				b.SetParallelism(goroutines)
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						who := fmt.Sprint("u", id.Add(1))
						changes := make([]decision.Change, experiments)
						for i := range changes {
							changes[i] = first(fmt.Sprint("experiment-", i), who, "big")
						}
						if lost, err := s.Commit(background, changes); err != nil || len(lost) > 0 {
							b.Errorf("lost %v, error %v", lost, err)
						}
					}
				})
			})
		}
	}
}
