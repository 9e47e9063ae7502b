package parallel

import (
	"errors"
	"sync/atomic"
	"testing"
)

// Every piece is done once, and errors stand where they belong.
func TestEach(t *testing.T) {
	odd := errors.New("odd")
	for _, n := range []int{0, 1, 2, 1000} {
		done := make([]atomic.Int32, n)
		errs := Each(n, func(i int) error {
			done[i].Add(1)
			if i%2 == 1 {
				return odd
			}
			return nil
		})
		if len(errs) != n {
			t.Fatalf("%d errors of %d", len(errs), n)
		}
		for i, err := range errs {
			if times := done[i].Load(); times != 1 || (err == odd) != (i%2 == 1) {
				t.Errorf("%d of %d: done %d times, %v", i, n, times, err)
			}
		}
	}
}
